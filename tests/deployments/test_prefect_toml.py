"""`prefect.toml`: what holds for each Prefect server that is started in the project's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.processes import ROOT, clean_environment, run

SETTINGS = """
from flows.home import home_without_server
from prefect.settings import get_current_settings
server = get_current_settings().server
print(server.analytics_enabled, server.concurrency.lease_storage.rpartition(".")[2])
print(home_without_server() is not None)
"""
A_LEASE = """
import asyncio, sys
from datetime import timedelta
from uuid import UUID, uuid4
from prefect.server.concurrency.lease_storage import get_concurrency_lease_storage
storage = get_concurrency_lease_storage()
if sys.argv[1:]:
    print((asyncio.run(storage.read_lease(UUID(sys.argv[1])))).resource_ids)
else:
    print(asyncio.run(storage.create_lease([uuid4()], timedelta(hours=1))).id)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a user who has set nothing."""
    variables = clean_environment(tmp_path)
    del variables["PREFECT_SERVER_ANALYTICS_ENABLED"]
    return variables


def test_what_a_server_here_goes_by(environment: dict[str, str]) -> None:
    """It tells nobody of its use, and keeps what runs hold in files; the file names no server, so
    that a run by hand begins its own at once."""
    told = run("python", "-c", SETTINGS, cwd=ROOT, environment=environment).stdout
    assert told.split() == ["False", "filesystem", "True"]


def test_the_environment_has_the_last_word(environment: dict[str, str]) -> None:
    """As that of a cluster with Redis."""
    more = {"PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage"}
    told = run("python", "-c", SETTINGS, cwd=ROOT, environment=environment | more).stdout
    assert told.split()[1] == "lease_storage"


def test_what_a_night_holds_outlives_the_server(environment: dict[str, str]) -> None:
    """The next process finds it."""
    made = run("python", "-c", A_LEASE, cwd=ROOT, environment=environment)
    assert made.exit_code == 0, made.output
    found = run("python", "-c", A_LEASE, made.stdout.strip(), cwd=ROOT, environment=environment)
    assert "UUID(" in found.stdout, found.output
