"""`sft-collect rehearse`: the run of the same flags against a simulated provider."""

from pathlib import Path

import orjson

from tests.flows.conftest import add_problem, write_problems
from tests.processes import clean_environment, run


def test_a_rehearsal_is_a_run_that_costs_nothing(tmp_path: Path, prefect_api_url: str) -> None:
    """Any model, faults as they were asked for, prices of the model; no key, and a cache apart."""
    problems = [
        {**add_problem(n), "reference": f"def add(x):\n    return x + {n}"} for n in range(8)
    ]
    environment = clean_environment(tmp_path, PREFECT_API_URL=prefect_api_url)
    file = write_problems(tmp_path / "p.jsonl", problems)
    ended = run(
        "sft-collect", "rehearse", "--problems", str(file), "--model", "gpt-4o",
        "--fault", "500=0.5", "--right", "0.5",
        cwd=tmp_path, environment=environment,
    )  # fmt: skip
    assert ended.exit_code == 0, ended.output
    assert "a simulated openai at http://127.0.0.1:" in ended.stdout
    (stats,) = (tmp_path / "sft_rehearsal").glob("*_stats.json")
    counted = orjson.loads(stats.read_bytes())
    assert counted["accepted"] == 8
    assert counted["accepted_by_turn"]["1"] > 0
    assert counted["retries"]["server_error"] > 0
    assert counted["cost"]["usd"] > 0
    assert (tmp_path / "sft_rehearsal" / "cache").is_dir()
    assert not (tmp_path / ".cache" / "pettingllms-sft").exists()


def test_every_model_of_a_rehearsal_is_simulated(tmp_path: Path, prefect_api_url: str) -> None:
    """One of another provider too, which would else be asked, and paid: here one that writes
    tests, and gets those of the problems from the simulator."""
    problems = [
        {**add_problem(n), "reference": f"def add(x):\n    return x + {n}"} for n in range(3)
    ]
    environment = clean_environment(tmp_path, PREFECT_API_URL=prefect_api_url)
    file = write_problems(tmp_path / "p.jsonl", problems)
    ended = run(
        "sft-collect", "rehearse", "--problems", str(file), "--model", "gpt-4o", "--right", "1",
        "--write-tests", "2", "--agents", "code,test", "--test-model", "claude:claude-opus-4-5",
        cwd=tmp_path, environment=environment,
    )  # fmt: skip
    assert ended.exit_code == 0, ended.output
    (stats,) = (tmp_path / "sft_rehearsal").glob("*_stats.json")
    counted = orjson.loads(stats.read_bytes())
    assert counted["test_sets"]["kept"] == {"passed": 3}
    assert counted["models"]["claude:claude-opus-4-5"]["answers"] == 3


def test_a_rehearsal_answers_in_the_language_of_the_problem(
    tmp_path: Path, prefect_api_url: str
) -> None:
    problem = {**add_problem(1), "language": "javascript", "reference": "const add = x => x + 1"}
    file = write_problems(tmp_path / "p.jsonl", [problem])
    ended = run(
        "sft-collect", "rehearse", "--problems", str(file), "--right", "1",
        cwd=tmp_path, environment=clean_environment(tmp_path, PREFECT_API_URL=prefect_api_url),
    )  # fmt: skip
    assert "wrong language" not in ended.output
