"""`docs/two-agents.md`: its commands are typed in, against a provider that plays both agents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pettingllms.simulator import ChatBody, FunctionAnswers, Simulator, SimulatorThread
from tests.documents import blocks, typed
from tests.processes import ROOT, run, without_environment

DOCUMENT = ROOT / "docs" / "two-agents.md"
PROGRAM = "Read a number n from standard input, and print n + {}."


def answer(body: ChatBody) -> str:
    """Right programs, and right tests for them."""
    number = int(body.first_user_content.split("n + ")[1].split(".")[0])
    if not body.messages[0].content.startswith("You write test cases"):
        return f"```python\nprint(int(input()) + {number})\n```"
    cases = [{"input": f"{n}\n", "output": f"{n + number}\n"} for n in (1, 5, -3)]
    return f"```json\n{json.dumps({'cases': cases})}\n```"


@pytest.fixture
def provider() -> Iterator[Simulator]:
    source = FunctionAnswers(answer)
    with SimulatorThread(Simulator(source, models=("gpt-4o", "gpt-4o-mini"))) as simulator:
        yield simulator


def test_the_commands_are_typed_in(
    provider: Simulator, tmp_path: Path, prefect_api_url: str
) -> None:
    """Answers agree; then PettingLLMs' parquet in whole rounds, with rows of both agents."""
    questions = [{"question": PROGRAM.format(n)} for n in range(2)]
    (tmp_path / "questions.jsonl").write_bytes(b"\n".join(map(orjson.dumps, questions)))
    table = pa.table({
        "question": [PROGRAM.format(n) for n in range(200)],
        "test_input": [["2\n", "7\n"]] * 200,
        "test_output": [[f"{2 + n}\n", f"{7 + n}\n"] for n in range(200)],
        "solution": [f"print(int(input()) + {n})" for n in range(200)],
    })  # fmt: skip
    pq.write_table(table.slice(0, 3), tmp_path / "code_train.parquet")
    environment = without_environment(
        tmp_path, OPENAI_API_KEY="k", API_BASE_URL=provider.base_url,
        PREFECT_API_URL=prefect_api_url,
    )  # fmt: skip
    alone, both = blocks(DOCUMENT, "bash")
    for command in (alone, both.replace("--num-episodes 400", "--num-episodes 7")):
        ended = run(*typed(DOCUMENT, command), cwd=tmp_path, environment=environment)
        assert ended.exit_code == 0, ended.output
    first, second = sorted((tmp_path / "sft_data_code").glob("*_stats.json"))
    agreed = orjson.loads(first.read_bytes())
    assert agreed["accepted_by_verdict"] == {"agreed": 16}
    assert agreed["test_sets"]["kept"] == {"agreed": 2}
    paired = orjson.loads(second.read_bytes())
    assert (paired["problems"], paired["samples"]) == (3, 6)
    assert paired["test_sets"]["kept"] == {"passed": 6}
    assert paired["test_sets"]["exported"] == 3
    assert "the 1 that are left over" in ended.output
