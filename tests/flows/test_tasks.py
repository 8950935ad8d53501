"""The steps as Prefect tasks, without Prefect around them."""

from __future__ import annotations

from pathlib import Path

from flows import tasks
from pettingllms.run.check import Checked, check
from pettingllms.settings import resolve
from tests.flows.conftest import add_problem, write_problems


async def test_what_was_checked_is_not_checked_again(tmp_path: Path) -> None:
    """What the command line found is taken over by the flow, but only for the same settings."""
    write_problems(tmp_path / "p.jsonl", [add_problem(1)])
    given = {
        "api_type": "replay", "problems": str(tmp_path / "p.jsonl"),
        "cache_dir": str(tmp_path / "cache"), "output_dir": str(tmp_path / "out"),
    }  # fmt: skip
    checked = check(resolve(given).settings)
    (tmp_path / "p.jsonl").unlink()
    assert await tasks.value_of(await tasks.load.fn(resolve(given).settings, checked)) is checked
    write_problems(tmp_path / "p.jsonl", [add_problem(1), add_problem(2)])
    other = resolve({**given, "samples": 2}).settings
    found: Checked = await tasks.value_of(await tasks.load.fn(other, checked))
    assert (found.settings, found.samples) == (other, 4)
