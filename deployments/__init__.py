"""Nightly runs: the deployments, and what a machine needs to serve them."""

# Before all else: Ctrl+C has nothing to say yet.
import pettingllms  # noqa: F401  # pyright: ignore[reportUnusedImport]
