"""Object layout, commit protocol, receipts, catalog.

Import the modules, not this package: ``from render.store import batches, clips, layout, objects, receipts``;
``render.store.catalog`` is apart because it brings Delta Lake and DuckDB with it.
"""
