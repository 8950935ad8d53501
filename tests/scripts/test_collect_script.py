"""`code_sft_collect_only.sh` as the guide shows it: both modes, every variable, any folder."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from pettingllms.simulator import ErrorReply, FunctionAnswers, Simulator, SimulatorThread
from tests.flows.conftest import add_problem, right_answer, write_problems
from tests.processes import ROOT, Ended, clean_environment, free_port, run

SCRIPT = ROOT / "scripts" / "sft_train" / "code_sft_collect_only.sh"
Collect = Callable[..., Ended]


@pytest.fixture
def collect(tmp_path: Path, prefect_api_url: str) -> Collect:
    """Runs the script from a folder that has nothing to do with the project."""
    problems = write_problems(tmp_path / "problems.jsonl", [add_problem(n) for n in range(4)])

    def command(*arguments: str, **variables: str) -> Ended:
        given = {"PREFECT_API_URL": prefect_api_url, "SFT_PROBLEMS": str(problems), **variables}
        environment = clean_environment(tmp_path) | given
        return run("bash", str(SCRIPT), *arguments, cwd=tmp_path, environment=environment)

    return command


@pytest.fixture
def provider() -> Iterator[Simulator]:
    with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("m", "n"))) as simulator:
        yield simulator


def plain(*arguments: str, tmp_path: Path, **variables: str) -> Ended:
    """The script where it gets nowhere near a provider."""
    environment = clean_environment(tmp_path, **variables)
    return run("bash", str(SCRIPT), *arguments, cwd=tmp_path, environment=environment)


def test_help_lists_every_variable(tmp_path: Path) -> None:
    """With the guide's names for them, and without a run."""
    ended = plain("--help", tmp_path=tmp_path)
    assert ended.exit_code == 0
    for name in (
        "USE_API",
        "API_TIMEOUT",
        "MODEL_PATH",
        "training.sft_num_episodes",
        "SFT_PROBLEMS",
    ):
        assert name in ended.stdout
    lines = ended.stdout.replace(str(SCRIPT), SCRIPT.name).splitlines()  # as it was called
    assert max(map(len, lines)) <= 105


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("openai", "'openai' is no NAME=VALUE"), ("--api-type", "'--api-type' is no NAME=VALUE"),
        ("training.sft_num_episode=2", "there is no setting 'training.sft_num_episode'"),
        ("PATH=/", "there is no setting 'PATH'"),
        ("SFT_SAMPLE=2", "there is no setting 'SFT_SAMPLE'"),
        ("USE_API=flase", "neither true nor false"),
    ],
)  # fmt: skip
def test_what_it_does_not_know_is_refused(tmp_path: Path, argument: str, said: str) -> None:
    """By name, before anything else happens; never a run with other settings than were meant."""
    ended = plain(argument, tmp_path=tmp_path)
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert "--help" in ended.stderr
    assert not list(tmp_path.iterdir())


def test_a_misspelt_use_api_is_refused(tmp_path: Path) -> None:
    """In the environment too, where it would else mean a local server."""
    ended = plain(tmp_path=tmp_path, USE_API="flase", API_TYPE="openai")
    assert ended.exit_code == 2
    assert "USE_API=flase is neither true nor false" in ended.stderr


def last_lines(ended: Ended) -> list[str]:
    return ended.stdout.splitlines()[-3:]


@pytest.mark.parametrize("api_type", ["openai", "deepseek", "claude"])
def test_api_mode_collects_and_ends_with_the_lines_of_the_guide(
    collect: Collect, provider: Simulator, tmp_path: Path, api_type: str
) -> None:
    """Each provider of the guide; results land in the folder that the user stands in."""
    base_url = provider.base_url if api_type != "claude" else provider.anthropic_base_url
    ended = collect(USE_API="true", API_TYPE=api_type, API_MODEL="m", API_BASE_URL=base_url)
    assert ended.exit_code == 0, ended.output
    assert last_lines(ended) == [
        "SFT data collection completed!",
        "Collected data saved to: ./sft_data_code",
        "To train on this data, use code_sft_train_only.sh",
    ]
    (rows,) = (tmp_path / "sft_data_code").glob("sft_data_*.jsonl")
    assert len(rows.read_bytes().splitlines()) == 4


def test_every_variable_is_honoured(collect: Collect, provider: Simulator, tmp_path: Path) -> None:
    """What goes over the wire, how often, and where it ends up."""
    ended = collect(
        USE_API="True", API_TYPE="OpenAI", API_MODEL="n", API_BASE_URL=provider.base_url,
        API_TEMPERATURE="0.25", API_MAX_TOKENS="321", API_TIMEOUT="12.5", OUTPUT_DIR="here/it is",
        SFT_NUM_EPISODES="2", OPENAI_API_KEY="sk-script",
    )  # fmt: skip
    assert ended.exit_code == 0, ended.output
    assert last_lines(ended)[1] == "Collected data saved to: here/it is"
    body = provider.requests[-1].body
    assert (body["model"], body["temperature"]) == ("n", 0.25)
    assert 321 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    assert provider.requests[-1].headers["Authorization"] == "Bearer sk-script"
    assert provider.counts[200] == 2
    (stats,) = (tmp_path / "here" / "it is").glob("*_stats.json")
    assert '"timeout": 12.5' in stats.read_text()


def test_what_of_the_problems_is_asked_is_said_before_it_is(
    collect: Collect, provider: Simulator
) -> None:
    """How many of how many, with the name of what cut them; that none were named."""
    api = {"USE_API": "true", "API_MODEL": "m", "API_BASE_URL": provider.base_url}
    ended = collect("training.sft_num_episodes=3", **api)
    assert ended.exit_code == 0, ended.output
    assert "3 of 4 problems (SFT_NUM_EPISODES=3)" in ended.output
    ended = collect("SFT_PROBLEMS=", "training.sft_num_episodes=2", **api)
    assert "No problems are named by SFT_PROBLEMS (--problems): openai is asked" in ended.output
    assert "2 of 30 problems (SFT_NUM_EPISODES=2)" in ended.output


def test_settings_behind_the_script_have_the_last_word(
    collect: Collect, provider: Simulator, tmp_path: Path
) -> None:
    """By the guide's names, as Hydra takes them, and by the variables'."""
    ended = collect(
        "training.sft_num_episodes=2", "+training.use_api=true", "training.api_model=n",
        "training.api_base_url=" + provider.base_url, "training.api_temperature=0.25",
        "training.sft_data_dir=here", "SFT_SAMPLES=2",
        USE_API="false", API_MODEL="m", SFT_NUM_EPISODES="4", OPENAI_API_KEY="sk-script",
    )  # fmt: skip
    assert ended.exit_code == 0, ended.output
    assert last_lines(ended)[1] == "Collected data saved to: here"
    assert provider.counts[200] == 4
    body = provider.requests[-1].body
    assert (body["model"], body["temperature"]) == ("n", 0.25)


def test_local_mode_is_the_default_and_uses_the_server_that_runs(
    collect: Collect, provider: Simulator
) -> None:
    """API_TYPE is for API mode only; the model is the one that the server lists."""
    ended = collect(API_BASE_URL=provider.base_url, API_TYPE="claude")
    assert ended.exit_code == 0, ended.output
    assert provider.requests[-1].body["model"] == "m"


def test_local_mode_without_a_server_says_what_to_start(collect: Collect) -> None:
    """With the port; no "completed", and an exit code of its own."""
    ended = collect(API_BASE_URL=f"http://127.0.0.1:{(port := free_port())}/v1")
    assert ended.exit_code == 24
    assert f"vllm serve MODEL --port {port}" in ended.stderr
    assert "MODEL_PATH" in ended.stderr
    assert "completed" not in ended.output


def test_a_model_path_needs_vllm(collect: Collect) -> None:
    """No server and no vLLM: the install line."""
    ended = collect(API_BASE_URL=f"http://127.0.0.1:{free_port()}/v1", MODEL_PATH="some/model")
    assert ended.exit_code == 22
    assert "pip install vllm" in ended.stderr


def test_a_model_path_that_is_wrong_is_said_before_vllm_starts(collect: Collect) -> None:
    """A folder that is not there."""
    ended = collect(API_BASE_URL=f"http://127.0.0.1:{free_port()}/v1", MODEL_PATH="./gone")
    assert ended.exit_code == 2
    assert "MODEL_PATH ./gone is not there" in ended.stderr


def test_a_trained_adapter_is_served_and_asked(collect: Collect, vllm: str, tmp_path: Path) -> None:
    """The project's simulator stands in for vLLM: it is started for the run, told how to serve, and
    gone afterwards; its log is kept; what is asked is the adapter, not the model below it."""
    base, adapter = tmp_path / "base", tmp_path / "sft_model_1"
    write_json(base / "config.json", {"num_attention_heads": 4})
    write_json(adapter / "adapter_config.json", {"base_model_name_or_path": str(base), "r": 64})
    port = free_port()
    ended = collect(
        API_BASE_URL=f"http://127.0.0.1:{port}/v1", MODEL_PATH="sft_model_1", VLLM=vllm,
        SERVE_ARGS="--max-num-seqs 8",
    )  # fmt: skip
    assert ended.exit_code == 0, ended.output
    assert last_lines(ended)[0] == "SFT data collection completed!"
    assert f"serve {base} --host 127.0.0.1 --port {port} --max-model-len auto" in ended.stdout
    assert "--lora-modules sft_model_1=sft_model_1 --max-num-seqs 8" in ended.stdout
    assert "vLLM is ready after" in ended.stdout
    (rows,) = (tmp_path / "sft_data_code").glob("sft_data_*.jsonl")
    assert b'"model":"sft_model_1"' in rows.read_bytes()
    (log,) = (tmp_path / "sft_data_code").glob("vllm_*.log")
    assert "Loading weights" in log.read_text()
    assert collect(API_BASE_URL=f"http://127.0.0.1:{port}/v1").exit_code == 24


def test_a_server_that_dies_while_loading_is_shown(collect: Collect, vllm: str) -> None:
    """What it died of, what to do, and its last words, rather than a wait without end."""
    ended = collect(
        API_BASE_URL=f"http://127.0.0.1:{free_port()}/v1", MODEL_PATH="some/model", VLLM=vllm,
        SERVE_ARGS="--no-memory",
    )  # fmt: skip
    assert ended.exit_code == 24
    assert "vLLM ended before it was ready: it ran out of memory" in ended.stderr
    assert "torch.OutOfMemoryError" in ended.stderr
    assert "--max-model-len 8192" in ended.stderr
    assert "completed" not in ended.output


def test_a_server_that_dies_in_mid_run_costs_no_answer(collect: Collect, vllm: str) -> None:
    """The run ends at once and says why; run again, it asks for the rest only."""
    url = f"http://127.0.0.1:{free_port()}/v1"
    one_at_a_time = {"SFT_MAX_CONCURRENCY": "1", "API_BASE_URL": url, "MODEL_PATH": "some/model"}
    ended = collect(**one_at_a_time, VLLM=vllm, SERVE_ARGS="--answers 3")
    assert ended.exit_code == 24, ended.output
    assert "vLLM ended while it was in use: it ran out of memory" in ended.stderr
    assert "Every answer that arrived is kept" in ended.stderr
    assert "completed" not in ended.output
    again = collect(**one_at_a_time, VLLM=vllm, SERVE_ARGS="--answers 1")
    assert again.exit_code == 0, again.output


@pytest.fixture
def vllm(tmp_path: Path) -> str:
    """A program that takes vLLM's command line, and answers rightly."""
    program = tmp_path / "vllm"
    stand_in = Path(__file__).parent / "serve_right_answers.py"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {stand_in} "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    return str(program)


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir()
    path.write_bytes(orjson.dumps(content))


def test_a_failed_run_is_not_called_completed(collect: Collect) -> None:
    """No key: the error, its exit code, and nothing that a script could take for success."""
    ended = collect(USE_API="true", API_TYPE="openai")
    assert ended.exit_code == 20
    assert "API key not provided for openai" in ended.stderr
    assert "completed" not in ended.output


def test_a_partial_run_says_so_and_is_not_called_completed(collect: Collect) -> None:
    """Some rows failed: exit code 3, and what to do."""
    refusal = ErrorReply(400, "too long", code="context_length_exceeded")
    source = FunctionAnswers(
        lambda body: refusal if "x + 2" in body.first_user_content else right_answer(body)
    )
    with SimulatorThread(Simulator(source, models=("m",))) as simulator:
        ended = collect(API_BASE_URL=simulator.base_url)
    assert ended.exit_code == 3
    assert "asks only for what is missing" in ended.stderr
    assert "completed" not in ended.output


def test_the_guide_s_way_works_from_the_script_s_folder(
    provider: Simulator, tmp_path: Path, prefect_api_url: str
) -> None:
    """`cd scripts/sft_train`, then the script by its name."""
    environment = clean_environment(
        tmp_path, PREFECT_API_URL=prefect_api_url, USE_API="true", API_TYPE="openai",
        API_MODEL="m", API_BASE_URL=provider.base_url, OUTPUT_DIR=str(tmp_path / "out"),
        SFT_PROBLEMS=os.fspath(write_problems(tmp_path / "p.jsonl", [add_problem(1)])),
    )  # fmt: skip
    ended = run("bash", SCRIPT.name, cwd=SCRIPT.parent, environment=environment)
    assert ended.exit_code == 0, ended.output
