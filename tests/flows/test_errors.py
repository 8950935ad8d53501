"""The ways to hold it wrong, side by side: what is typed, what is said, what to do, exit code."""

from __future__ import annotations

import gzip
import shlex
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from flows.cli import main
from pettingllms.cache.store import Store
from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from tests.processes import clean_environment, run

from .conftest import add_problem, become_a_new_user, right_answer, write_problems

GOOD = "--api-type openai --base-url {url} --model m --problems good.jsonl"
READ = "plan --api-type openai --model m --problems"
NO_SUCH_HOST = "http://provider.invalid/v1"


@dataclass(frozen=True, slots=True)
class Mistake:
    """`words` as typed, `{...}` filled in by `places`; `said` and `remedy` stand in the one message
    that comes of it. With a `wrapper` it is made by a process of its own."""

    name: str
    words: str
    exit_code: int
    said: str
    remedy: str
    variables: Mapping[str, str] = field(default_factory=dict)
    wrapper: str = ""
    needs_prefect: bool = False


def by_key(key: str) -> dict[str, str]:
    return {"OPENAI_API_KEY": key}


COMMAND_LINE = (
    Mistake("a typo in a command", "colect", 2, "'colect' is no command", "mean collect?"),
    Mistake("no such command", "frobnicate", 2, "'frobnicate' is no command", "--help"),
    Mistake("a file as command", "good.jsonl", 2, "is no command", "--problems good.jsonl"),
    Mistake("a typo in a flag", "--sampels 3", 2, "no flag --sampels", "mean --samples?"),
    Mistake("a flag shortened", "--sample 3", 2, "no flag --sample", "mean --samples?"),
    Mistake("one dash", "-samples 3", 2, "no flag -samples", "mean --samples?"),
    Mistake("an underscore", "--max_turns=3", 2, "no flag --max_turns.", "mean --max-turns?"),
    Mistake("no such flag", "--wat", 2, "no flag --wat", "--help"),
    Mistake("a flag of another command", "card x --samples 2", 2, "no flag --samples", "card --h"),
    Mistake("a word too many", "plan --samples 2 3", 2, "'3' belongs to no flag", "plan --help"),
    Mistake("a flag without its value", "--samples", 2, "--samples: expected one", "--help"),
    Mistake("a value where none goes", "--dialogue=yes", 2, "takes no value", "--help"),
    Mistake("no operand", "verify", 2, "required: FILE", "verify --help"),
    Mistake("an unknown shell", "completion csh", 2, "'csh'", "completion --help"),
)
SETTINGS = (
    Mistake("below its bound", GOOD + " --samples -1", 2, "samples = '-1' (flag)", "SFT_SAMPLES"),
    Mistake("above its bound", GOOD + " --temperature 3", 2, "'3' (flag)", "API_TEMPERATURE"),
    Mistake("not a number", GOOD + " --temperature nan", 2, "finite", "(--temperature)"),
    Mistake("infinite", GOOD + " --timeout inf", 2, "finite", "API_TIMEOUT (--timeout)"),
    Mistake("a price twice", GOOD + " --price in=1,in=2,out=3", 2, "second price for in=", "SFT_P"),
    Mistake("a field mapped twice", GOOD + " --map prompt=a,prompt=b", 2, "a second field for pro",
            "SFT_MAP"),
    Mistake("words for a number", GOOD + " --timeout soon", 2, "timeout = 'soon'", "seconds"),
    Mistake("half a sample", GOOD + " --samples 2.5", 2, "valid integer", "answers to ask for"),
    Mistake("no money", GOOD + " --max-cost-usd 0", 2, "greater than 0", "US dollars"),
    Mistake("a currency sign", GOOD + " --max-cost-usd $5", 2, "'$5'", "US dollars"),
    Mistake("no price to hold it to", GOOD + " --max-cost-usd 1", 2, "'m'", "--max-cost-usd"),
    Mistake("no such format", GOOD + " --format jsonl", 2, "messages, sharegpt", "SFT_FORMAT"),
    Mistake("more accepted than asked for", GOOD + " --accept 5", 2, "accept = 5", "(--samples)"),
    Mistake("a pair of one answer", GOOD + " --format preference --max-turns 1", 2,
            "pairs two answers", "SFT_SAMPLES"),
    Mistake("a share of one answer", GOOD + " --pass-rate 0.1..0.9", 2, "of 1 first answer",
            "SFT_SAMPLES"),
    Mistake("a share of one at a time", GOOD + " --samples 4 --accept 1 --pass-rate 0.1..0.9", 2,
            "of 1 first answer", "SFT_ACCEPT"),
    Mistake("no length is right", GOOD + " --min-chars 9 --max-chars 5", 2, "min_chars = 9",
            "SFT_MIN_CHARS"),
    Mistake("neither true nor false", GOOD, 2, "dialogue = 'maybe' (variable SFT_DIALOGUE)",
            "(--dialogue)", {"SFT_DIALOGUE": "maybe"}),
    Mistake("a quote not closed", GOOD.partition(" --problems")[0], 2, "No closing quotation",
            "SFT_PROBLEMS", {"SFT_PROBLEMS": "'my file.jsonl"}),
    Mistake("no settings file", "--config none.toml", 2, "none.toml cannot be read", "--config"),
    Mistake("no settings file, by variable", "", 2, "none.toml cannot be read", "--config",
            {"SFT_CONFIG": "none.toml"}),
    Mistake("no TOML", "--config wrong.toml", 2, "(at line 2, column", "name = value"),
    Mistake("TOML of another encoding", "--config utf16.toml", 2, "is no TOML", "UTF-8"),
    Mistake("TOML in a table", "--config table.toml", 2, "'provider' (file table.toml)", "[table]"),
    Mistake("a typo in TOML", "--config typo.toml", 2, "'sampels' (file typo.toml)", "'samples'?"),
    Mistake("a wrong type in TOML", "--config type.toml", 2, "samples = [3] (file type.toml)",
            "SFT_SAMPLES"),
)  # fmt: skip
PROVIDER = (
    Mistake("an unknown provider", "--api-type gemini", 21, "'gemini'", "API_TYPE (--api-type)"),
    Mistake("no module of that name", "--api-type no.mod:C", 21, "'no.mod:C'", "package.module"),
    Mistake("a class of another kind", "--api-type rules:number", 21, "no BaseAPIClient", "class"),
    Mistake("no provider named", "--model gpt-4o", 2, "no provider is", "API_TYPE"),
    Mistake("no key", "--api-type openai", 20, "API key not provided for openai",
            "export OPENAI_API_KEY="),
    Mistake("the key in another's variable", "--api-type openai", 20, "API key not provided",
            "ANTHROPIC_API_KEY is set, but", {"ANTHROPIC_API_KEY": "sk-secret"}),
    Mistake("a key of spaces", "--api-type openai", 20, "API key not provided",
            "OPENAI_API_KEY", by_key("  ")),
    Mistake("a key on two lines", "--api-type openai", 26, "one line", "Copy it again",
            by_key("sk-secret\nsk-secret")),
    Mistake("a key with a space", "--api-type openai", 26, "without spaces", "Copy it again",
            by_key("sk-secret sk-secret")),
    Mistake("a key in quotes", "--api-type openai", 26, "or quotes", "Copy it again",
            by_key('"sk-secret"')),
    Mistake("a key of other letters", "--api-type openai", 26, "plain ASCII", "Copy it again",
            by_key("sk-secret-ключ")),
    Mistake("a key that is refused", "{keyed}", 26, "was refused", "Check the key",
            by_key("sk-secret-of-others"), needs_prefect=True),
    Mistake("no such Secret block", GOOD + " --api-key-block none", 2, "named 'none'",
            "API_KEY_BLOCK", needs_prefect=True),
    Mistake("a base URL without its scheme", "--api-type openai --base-url localhost:8000/v1", 2,
            "'localhost:8000/v1' is no http(s) URL", "API_BASE_URL"),
    Mistake("a base URL of a port too high", "--api-type openai --base-url http://h:99999", 2,
            "is no http(s) URL", "API_BASE_URL"),
    Mistake("a base URL with a space", "--api-type openai", 2, "is no http(s) URL", "(--base-url)",
            {"API_BASE_URL": "http://h /v1"}),
    Mistake("a base URL with a login", "--api-type openai --base-url https://me:sk-secret@h/v1", 2,
            "may be in it", "OPENAI_API_KEY"),
    Mistake("a base URL with a key", "--api-type openai --base-url https://h/v1?key=sk-secret", 2,
            "may be in it", "OPENAI_API_KEY"),
    Mistake("a base URL of a wrong path", GOOD.replace("{url}", "{host}/nope"), 25,
            "No such API at {host}/nope", "ends in /v1", needs_prefect=True),
    Mistake("a base URL of a website", GOOD.replace("{url}", "{website}"), 25,
            "a web page answers", "API_BASE_URL", needs_prefect=True),
    Mistake("a retired model", GOOD.replace(" m ", " old "), 23, "Unknown model 'old'",
            "API_MODEL (--model) to one that it lists now: m", needs_prefect=True),
    Mistake("nothing listens", "plan --api-type local --base-url http://127.0.0.1:9/v1", 24,
            "Nothing answers at http://127.0.0.1:9/v1: connection refused.", "Start the server"),
    Mistake("no vLLM server", "plan", 24, "Nothing answers at http://localhost:8000/v1",
            "Start the server", {"USE_API": "false"}),
    Mistake("no such host", f"plan --api-type local --base-url {NO_SUCH_HOST}", 24,
            f"Nothing answers at {NO_SUCH_HOST}: no host of that name", "Check network and proxy"),
    Mistake("a host that none can be", "--api-type openai --base-url http://a..b/v1", 2,
            "is no http(s) URL", "API_BASE_URL"),
    Mistake("a host name too long", f"--api-type openai --base-url http://{'a' * 64}.org", 2,
            "is no http(s) URL", "API_BASE_URL"),
    Mistake("https where http is spoken", "plan --api-type local --base-url {https}", 24,
            "Nothing answers at {https}: it does not speak https.", "Write http in place of"),
    Mistake("a proxy without its password", f"plan --api-type local --base-url {NO_SUCH_HOST}", 24,
            "the proxy wants a password", "HTTP_PROXY", {"http_proxy": "{proxy}"}),
    Mistake("https by such a proxy", "plan --api-type local --base-url https://provider.invalid",
            24, "Proxy Authentication Required", "HTTPS_PROXY", {"https_proxy": "{proxy}"}),
    Mistake("no Prefect server", "", 16, "The Prefect server at http://127.0.0.1:9/api does not",
            "unset PREFECT_API_URL", {"PREFECT_API_URL": "http://127.0.0.1:9/api"}, wrapper="env"),
)  # fmt: skip
PROBLEMS = (
    Mistake("no such file", f"{READ} none.jsonl", 10, "none.jsonl: no such file", "Paths start"),
    Mistake("a URL of nothing", f"{READ} http://127.0.0.1:9/p.jsonl", 10,
            "http://127.0.0.1:9/p.jsonl: is not there: connection refused", "Check the address"),
    Mistake("a link to nothing", f"{READ} gone.jsonl", 10,
            "gone.jsonl: is a link to nowhere, which is not there", "Paths start"),
    Mistake("links in a circle", f"{READ} one.jsonl", 10, "is a link that leads back to itself",
            "Paths start"),
    Mistake("below links in a circle", f"{READ} one.jsonl/x.jsonl", 10, "leads back to itself",
            "Paths start"),
    Mistake("no such kind of URL", f"{READ} s4://b/p.jsonl", 10, "Protocol not known: s4", "s3://"),
    Mistake("a URL without its package", f"{READ} gs://b/p.jsonl", 10, "gs://b/p.jsonl: needs a",
            'pip install "pettingllms-sft[gcs]"'),
    Mistake("a password in a URL", f"{READ} ftp://me:s3cret@h/p.jsonl", 2, "in problems holds a",
            "in the environment"),
    Mistake("a signature in a URL", f"{READ} https://h/p.jsonl?X-Signature=s3cret", 2,
            "in problems holds a password or parameters", "in the environment"),
    Mistake("the cache elsewhere", f"{READ} good.jsonl --cache-dir s3://b/cache", 2,
            "a folder on this machine, and no URL", "SFT_CACHE_DIR"),
    Mistake("an empty name", f"{READ} ''", 2, "one of the names is empty", "SFT_PROBLEMS"),
    Mistake("an empty file", f"{READ} empty.jsonl", 10, "empty.jsonl: holds no rec", "Put problem"),
    Mistake("an empty array", f"{READ} array.json", 10, "array.json: holds no records", "Put pro"),
    Mistake("an empty folder", f"{READ} folder", 10, "folder: no problem files", "types are read"),
    Mistake("a glob of nothing", f"{READ} no-*.jsonl", 10, "no problem files", "types are read"),
    Mistake("another type", f"{READ} notes.txt", 10, "cannot tell its type", ".jsonl"),
    Mistake("a bad record", f"{READ} bad.jsonl", 10, "bad.jsonl:2: has the fields id",
            "--skip-bad-records"),
    Mistake("one object", f"{READ} object.json", 10, "one JSON object", "name such a file .jsonl"),
    Mistake("a comma after a record", f"{READ} comma.jsonl", 10, "comma.jsonl:1: ends with a comma",
            "Correct the record"),
    Mistake("no object", f"{READ} list.jsonl", 10, "is no JSON object", "Correct the record"),
    Mistake("no text", f"{READ} binary.jsonl", 10, "binary.jsonl:1: is not UTF-8", "Correct"),
    Mistake("half a gzip file", f"{READ} half.jsonl.gz", 10, "cannot be read", "that it is whole"),
    Mistake("no Parquet", f"{READ} no.parquet", 10, "no.parquet: is not Parquet", "Write the file"),
    Mistake("CSV without prompts", f"{READ} other.csv", 10, "no known shape", "Correct the record"),
    Mistake("CSV of no encoding", f"{READ} odd.csv", 10, "odd.csv:2: is not UTF-8",
            "Correct the record"),
    Mistake("CSV with a cell too many", f"{READ} cells.csv", 10, "cells.csv:2: has 3", "Correct"),
    Mistake("an id twice", f"{READ} twice.jsonl", 11, "`add-1` is taken by twice.jsonl:1", "--sk"),
    Mistake("an id that looks like a line", f"{READ} forged.jsonl", 11,
            r"the id `a\nall is lost` is taken", "--skip"),
    Mistake("a file that looks like a line", f"{READ} forging/*.jsonl", 10,
            r"forging/a\nwarning: x.jsonl: holds no records", "Put problems"),
    Mistake("tests of no function", f"{READ} nameless.jsonl", 10, "`entry_point` is missing",
            "Correct the record"),
    Mistake("tests that are no Python", f"{READ} syntax.jsonl", 10, "is not Python", "Correct"),
    Mistake("no tests, said twice", f"{READ} untested.jsonl", 10, "`tests` is empty", "Correct"),
    Mistake("no rubric", GOOD + " --rubric none.txt", 2, "none.txt cannot be read", "--rubric"),
    Mistake("an empty rubric", GOOD + " --rubric empty.jsonl", 2, "is empty", "a good answer"),
    Mistake("a rubric that is no text", GOOD + " --rubric binary.jsonl", 2, "cannot", "--rubric"),
    Mistake("no such validator", GOOD + " --validator none:f", 2, "'none:f' cannot be imported",
            "package.module:function"),
    Mistake("a validator without its function", GOOD + " --validator rules", 2, "cannot be import",
            "package.module:function"),
    Mistake("a validator that is no function", GOOD + " --validator rules:number", 2,
            "is no function", "(problem, answer, code)"),
    Mistake("a validator that ends the program", GOOD + " --validator ends:f", 2,
            "'ends:f' cannot be imported", "importable from here"),
    Mistake("no benchmarks", GOOD + " --benchmarks none.jsonl", 10, "none.jsonl: no such", "Paths"),
)  # fmt: skip
FILES = (
    Mistake("output is a file", GOOD + " --output-dir bad.jsonl", 12, "bad.jsonl cannot be written",
            "OUTPUT_DIR (--output-dir)"),
    Mistake("output in a file", GOOD + " --output-dir bad.jsonl/x", 12, "bad.jsonl/x cannot be wri",
            "OUTPUT_DIR (--output-dir)"),
    Mistake("output on a full disk", f"plan {GOOD} --output-dir /mnt", 15, "has 0 MB left",
            "Free some space", wrapper="bwrap --dev-bind / / --size 4096 --tmpfs /mnt"),
    Mistake("cache is a file", f"plan {GOOD} --cache-dir bad.jsonl", 13, "bad.jsonl cannot be used",
            "--cache-dir"),
    Mistake("cache of a newer version", f"plan {GOOD} --cache-dir newer", 13, "newer version",
            "Update this program"),
    Mistake("cache without write rights", f"{GOOD} --output-dir /mnt --cache-dir cache", 13,
            "Read-only file system", "Make it writable",
            wrapper="bwrap --dev-bind / / --tmpfs /mnt --ro-bind {folder} {folder}"),
    Mistake("verify what is not there", "verify none.jsonl", 12, "none.jsonl is not there", "Name"),
    Mistake("verify what is no export", "verify bad.jsonl --problems good.jsonl", 12,
            "bad.jsonl:1: no row of ours", "that this program has exported"),
    Mistake("verify what is no text", "verify binary.jsonl --problems good.jsonl", 12, "no JSON",
            "that this program has exported"),
    Mistake("verify without problems", "verify bad.jsonl", 2, "no stats beside", "--problems"),
    Mistake("rebuild what is no run", "rebuild bad.jsonl", 12, "is no attempts file", "Name one"),
    Mistake("rebuild with a file of settings", "rebuild bad.jsonl --config x.toml", 2,
            "for a rebuild from the cache", "as flags"),
    Mistake("a card of nothing", "card none.jsonl", 12, "none.jsonl is not there", "Name an ex"),
    Mistake("a card without stats", "card bad.jsonl", 12, "holds no stats", "keep the two"),
    Mistake("a report of nothing", "report none", 12, "none is not there", "Name an output folder"),
    Mistake("a report of links in a circle", "report one.jsonl", 12, "leads back to itself", "Na"),
    Mistake("the history of a link to nothing", "history gone.jsonl", 12, "a link to nowhere", "N"),
    Mistake("batches over a file", "batches --cache-dir bad.jsonl", 13, "no cache in bad.j", "N"),
    Mistake("batches over a folder", "batches collect --cache-dir folder", 13, "no cache", "Name"),
    Mistake("a batch over nothing", "batches release 1 --cache-dir none", 13, "no cache", "Name"),
    Mistake("no cache to look into", "cache stats --cache-dir none", 13, "no cache", "Name"),
)  # fmt: skip
MISTAKES = (*COMMAND_LINE, *SETTINGS, *PROVIDER, *PROBLEMS, *FILES)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_gets_one_message_with_its_remedy_and_its_own_exit_code(
    mistake: Mistake, places: Mapping[str, str], request: pytest.FixtureRequest
) -> None:
    """No traceback, no key, and nothing is sent."""
    words = shlex.split(mistake.words.format_map(places))
    variables = {name: value.format_map(places) for name, value in mistake.variables.items()}
    make = in_a_process if mistake.wrapper else in_this_process
    exit_code, output = make(mistake, words, variables, request)
    assert exit_code == mistake.exit_code, output
    assert mistake.said.format_map(places) in output
    assert mistake.remedy in output
    assert output.count("error: ") == 1
    assert "Traceback" not in output
    assert "sk-secret" not in output
    assert "hidden-password" not in output


def test_there_are_many_and_each_has_its_name() -> None:
    """Two rows of one name would be one mistake forgotten."""
    names = [mistake.name for mistake in MISTAKES]
    assert len(names) == len(set(names))
    assert len(names) >= 100


def in_this_process(
    mistake: Mistake,
    words: list[str],
    variables: Mapping[str, str],
    request: pytest.FixtureRequest,
) -> tuple[int, str]:
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    capsys: pytest.CaptureFixture[str] = request.getfixturevalue("capsys")
    become_a_new_user(monkeypatch, request.getfixturevalue("folder"))
    if mistake.needs_prefect:
        request.getfixturevalue("prefect")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    exit_code = main(words)
    return exit_code, capsys.readouterr().err


def in_a_process(
    mistake: Mistake,
    words: list[str],
    variables: Mapping[str, str],
    request: pytest.FixtureRequest,
) -> tuple[int, str]:
    folder: Path = request.getfixturevalue("folder")
    environment = clean_environment(folder, **variables)
    wrapper = mistake.wrapper.format(folder=folder).split()
    program = (*wrapper, sys.executable, "-m", "flows.collect", *words)
    ended = run(*program, cwd=folder, environment=environment)
    return ended.exit_code, ended.stderr


@pytest.fixture(scope="module")
def places(folder: Path) -> Iterator[dict[str, str]]:
    """A provider that knows one model, another that wants a key, a website and a proxy."""
    open_to_all = Simulator(FunctionAnswers(right_answer), models=("m",))
    keyed = Simulator(FunctionAnswers(right_answer), models=("m",), keys=("sk-right",))
    with SimulatorThread(open_to_all), SimulatorThread(keyed), web_server() as website:
        yield {
            "url": open_to_all.base_url,
            "host": open_to_all.anthropic_base_url,
            "https": open_to_all.base_url.replace("http", "https"),
            "keyed": GOOD.format(url=keyed.base_url),
            "website": website,
            "proxy": website.replace("//", "//me:hidden-password@"),
        }
    assert not open_to_all.counts[200] + keyed.counts[200]


@contextmanager
def web_server() -> Iterator[str]:
    """Answers everything with a page, and refuses to be a proxy without a password."""
    server = QuietServer(("127.0.0.1", 0), Website)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Who asked may be gone before the answer is: that is not for the program's output."""


class Website(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        page = b"<!doctype html><title>Welcome</title>"
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.send_response(200 if self.path.startswith("/") else 407)
        self.send_header("content-length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_POST = do_CONNECT = do_GET  # noqa: N815 - so the library calls them

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every wrong file that the table names, and one that is good."""
    folder = tmp_path_factory.mktemp("wrong")
    write_problems(folder / "good.jsonl", [add_problem(number) for number in range(3)])
    write_problems(folder / "twice.jsonl", [add_problem(1), add_problem(1)])
    for name, content in WRONG_FILES.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "folder").mkdir()
    (folder / "forging").mkdir()
    (folder / "forging" / "a\nwarning: x.jsonl").touch()
    for name, target in {"gone": "nowhere", "one": "two.jsonl", "two": "one.jsonl"}.items():
        (folder / f"{name}.jsonl").symlink_to(target)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pettingllms.cache.store.opening.SCHEMA_VERSION", 99)
        Store(folder / "newer").close()
    return folder


WRONG_FILES: Mapping[str, str | bytes] = {
    "wrong.toml": "# settings\nsamples =\n",
    "utf16.toml": "samples = 3\n".encode("utf-16"),
    "table.toml": '[provider]\nmodel = "m"\n',
    "typo.toml": "sampels = 3\n",
    "type.toml": 'api_type = "local"\nsamples = [3]\n',
    "rules.py": "number = 3\n",
    "ends.py": "raise SystemExit(3)\n",
    "forged.jsonl": 2 * '{"id": "a\\nall is lost", "prompt": "Say a."}\n',
    "empty.jsonl": "",
    "array.json": "[]",
    "notes.txt": "Write add(x).",
    "bad.jsonl": '{"id": "a", "prompt": "Say a."}\n{"id": "b"}\n',
    "object.json": '{"id": "a", "prompt": "Say a."}',
    "comma.jsonl": '{"id": "a", "prompt": "Say a."},\n',
    "list.jsonl": '["a", "Say a."]\n',
    "binary.jsonl": b"\xff\xfe\x00",
    "half.jsonl.gz": gzip.compress(b'{"id": "a", "prompt": "Say a."}\n')[:-10],
    "no.parquet": "id,prompt\n",
    "other.csv": "id,text_of_the_task\na,Say a.\n",
    "odd.csv": b"id,prompt\na,Say \xff\xfe\xe9.\n",
    "cells.csv": "id,prompt\na,Say,a.\n",
    "nameless.jsonl": '{"id": "a", "prompt": "Say a.", "tests": [{"args": [1], "expected": 2}]}\n',
    "syntax.jsonl": '{"id": "a", "prompt": "a", "entry_point": "f", "tests": "assert f(1) =="}\n',
    "untested.jsonl": '{"id": "a", "prompt": "Say a.", "entry_point": "f", "tests": []}\n',
}
