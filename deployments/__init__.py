"""Nightly runs: the deployments, and what a machine needs to serve them."""
