"""Prefect's server for those who have none: one for a home, there as long as somebody needs it."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from flows.temporary_server import use_server
from pettingllms.errors import OrchestratorError
from tests.processes import ROOT, clean_environment, run, wait_until

USER = """
import asyncio, sys
from pathlib import Path
from flows.temporary_server import use_server
server = use_server(Path(sys.argv[1]))
asyncio.run(server.ready())
print(server.api_url, flush=True)
sys.stdin.read()
"""


def user(home: Path) -> subprocess.Popen[str]:
    """A process that needs the server of `home` until its input ends, or it is killed."""
    environment = clean_environment(home, PYTHONPATH=str(ROOT), PREFECT_HOME=str(home))
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(home)], cwd=home, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def servers(home: Path) -> list[int]:
    """Processes of temporary servers of this home."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                command = (entry / "cmdline").read_bytes()
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if b"serve.py" in command and f"PREFECT_HOME={home}\0".encode() in environment:
                found.append(int(entry.name))
    return found


def test_one_server_for_all_and_it_ends_with_the_last(tmp_path: Path) -> None:
    """The first is killed, which nobody could be told; the second still has its server then."""
    first, second = user(tmp_path), user(tmp_path)
    url = url_of(first)
    assert url.startswith("http://127.0.0.1:")
    assert url_of(second) == url
    (server,) = servers(tmp_path)
    first.kill()
    first.wait()
    third = user(tmp_path)
    assert url_of(third) == url
    for process in (second, third):
        process.communicate("")
    wait_until(lambda: not servers(tmp_path))
    again = user(tmp_path)
    assert url_of(again)
    assert server not in servers(tmp_path)
    again.communicate("")
    wait_until(lambda: not servers(tmp_path))


def looks_for_migrations(home: Path) -> bool:
    """The server that starts now; it has the tables in any case."""
    process = user(home)
    assert url_of(process)
    (server,) = servers(home)
    variables = Path(f"/proc/{server}/environ").read_bytes().split(b"\0")
    process.communicate("")
    wait_until(lambda: not servers(home))
    with closing(sqlite3.connect(home / "prefect.db")) as database:
        assert database.execute("SELECT count(*) FROM flow_run").fetchall() == [(0,)]
    return b"PREFECT_API_DATABASE_MIGRATE_ON_START=0" not in variables


@pytest.mark.operations
def test_a_database_is_migrated_unless_it_is_as_the_last_server_left_it(tmp_path: Path) -> None:
    assert looks_for_migrations(tmp_path)
    assert not looks_for_migrations(tmp_path)
    for file in tmp_path.glob("prefect.db*"):
        file.unlink()
    assert looks_for_migrations(tmp_path)
    assert not looks_for_migrations(tmp_path)
    (note,) = tmp_path.glob("*.migrated")
    note.write_text("the revision of an older server")
    assert looks_for_migrations(tmp_path)


def test_a_run_without_a_server_is_in_the_list_of_a_later_one(tmp_path: Path) -> None:
    """With its tasks, and how it ended; nothing of the server is left."""
    home = tmp_path / "prefect"
    environment = clean_environment(tmp_path, PYTHONPATH=str(ROOT), PREFECT_HOME=str(home))
    command = (sys.executable, "-m", "flows.collect", "--num-episodes", "2")
    ended = run(*command, cwd=tmp_path, environment=environment)
    assert ended.exit_code == 0, ended.output
    wait_until(lambda: not servers(home))
    with sqlite3.connect(home / "prefect.db") as database:
        runs = database.execute("SELECT state_type FROM flow_run").fetchall()
        tasks = database.execute("SELECT name, state_type FROM task_run ORDER BY name").fetchall()
    assert runs == [("COMPLETED",)]
    assert tasks == [
        (name, "COMPLETED") for name in ("generate 1", "load", "validate 1", "write 1")
    ]


def test_a_wrong_setting_leaves_no_server(tmp_path: Path) -> None:
    """It was begun before the setting was read."""
    home = tmp_path / "prefect"
    own = {"PYTHONPATH": str(ROOT), "PREFECT_HOME": str(home), "API_TYPE": "openai"}
    environment = clean_environment(tmp_path, OPENAI_API_KEY="sk-test", **own)
    command = (sys.executable, "-m", "flows.collect", "--problems", "nowhere.jsonl")
    ended = run(*command, cwd=tmp_path, environment=environment)
    assert ended.exit_code == 10, ended.output
    wait_until(lambda: not servers(home))
    assert not (home / "prefect.db").exists()


def test_what_the_server_said_last_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here its database is none."""
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.setenv("PREFECT_API_DATABASE_CONNECTION_URL", "nonsense://")
    server = use_server(tmp_path)
    assert server is not None
    with pytest.raises(OrchestratorError, match=r"did not start: .*nonsense"):
        asyncio.run(server.ready())


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    """One message, and what to do."""
    tmp_path.chmod(0o500)
    with pytest.raises(OrchestratorError, match="PREFECT_HOME"):
        use_server(tmp_path / "prefect")
