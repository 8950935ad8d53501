"""Nightly runs: the deployments, and what a machine needs to serve them."""

import pettingllms  # noqa: F401 - before all else: Ctrl+C has nothing to say yet
