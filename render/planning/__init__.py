"""From rows to jobs in shards."""
