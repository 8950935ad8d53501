"""One short script a client, each run in its own environment: see `harness`."""
