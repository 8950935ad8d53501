"""The promised face of the program: `python -m flows.collect`, and `sft_collect` for deployments.

As a program it loads Prefect only where a command runs the flow.
"""

from __future__ import annotations

if __name__ == "__main__":
    from flows.start import main

    raise SystemExit(main())

from flows.flow import sft_collect

__all__ = ["sft_collect"]
