"""Keys: given by the environment or by a block, used, and found nowhere on the server."""

import json
from collections.abc import Iterator
from pathlib import Path

from prefect.blocks.system import Secret
from prefect.settings import PREFECT_API_URL, temporary_settings

from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from tests.flows.conftest import right_answer

from .site import KEY, Site

BLOCK_KEY = "sk-in-a-secret-block"
ANSWERS = (
    "flow_runs", "task_runs", "logs", "artifacts", "events", "deployments", "block_documents",
    "automations", "work_pools",
)  # fmt: skip


def test_no_key_is_on_the_server(site: Site, tmp_path: Path) -> None:
    """Neither in its database nor in a log, a file of a run, or an answer of its API."""
    site.command("python -m deployments.automations")
    with temporary_settings({PREFECT_API_URL: site.api_url}):
        Secret(value=BLOCK_KEY).save("sft-key", overwrite=True)
    with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("m",))) as simulator:
        run_id = site.begin(simulator, tmp_path, range(2), api_key_block="sft-key")
        assert site.ended(run_id)["type"] == "COMPLETED"
    used = {request.headers["Authorization"] for request in simulator.requests}
    assert used == {f"Bearer {BLOCK_KEY}"}
    for key in (KEY, BLOCK_KEY):
        assert [where for where, content in kept(site, tmp_path) if key.encode() in content] == []


def kept(site: Site, output: Path) -> Iterator[tuple[str, bytes]]:
    """Whatever is written down. The worker's own key was in its environment all the while."""
    assert (site.home / ".prefect" / "prefect.db").stat().st_size > 0
    for path in (*site.home.rglob("*"), *output.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()
    for kind in ANSWERS:
        answer = json.dumps(site.stored(kind)).encode()
        assert len(answer) > len("[]"), kind
        yield kind, answer
