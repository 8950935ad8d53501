"""The promised face of the program: `python -m flows.collect`, and `sft_collect` for deployments.

As a program it loads Prefect only where a command runs the flow.
"""

from __future__ import annotations

from flows.cli import main

if __name__ == "__main__":
    raise SystemExit(main())

from flows.flow import sft_collect

__all__ = ["sft_collect"]
