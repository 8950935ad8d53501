"""Prefect, and the command line. What a run is about stays here: Prefect's telemetry is off,
unless DO_NOT_TRACK says otherwise."""

import os

os.environ.setdefault("DO_NOT_TRACK", "1")
