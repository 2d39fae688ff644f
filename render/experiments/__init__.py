"""A/B: comparison, report, hand-over."""
