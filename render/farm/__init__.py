"""Where clips are made: a Dask cluster, what goes to it and when, and what a worker does with it.

``cluster`` starts a farm or connects to one; ``dispatch`` sends a batch's jobs to it; ``backlog`` decides what is
sent next, and again; ``control`` is how it is stopped from outside; ``worker`` and ``clip`` are what happens in a
worker process.
"""
