"""Ours beside its peers: `python -m benchmarks`. Everything stays on loopback."""
