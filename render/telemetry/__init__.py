"""What operators see of a process: log lines that say what they are about, measurements, traces.

``context`` is what a line is about; ``logs`` how it looks; ``instruments`` everything that is measured; ``spans`` the
tree from a batch to the stages of a clip; ``stages`` where the time of one clip goes; ``export`` sends measurements
and spans by OTLP, if the standard ``OTEL_*`` variables name somebody to send them to.
"""
