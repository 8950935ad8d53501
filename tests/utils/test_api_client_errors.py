"""The errors of the interface, word for word where the document fixes the words."""

import pickle
import subprocess
import sys
from textwrap import dedent

import pytest

from pettingllms import errors
from pettingllms.errors import typed
from pettingllms.simulator import ErrorReply, Faults, Simulator, SyntheticAnswers, fault_named
from pettingllms.utils.api_client import (
    APIConfig,
    batch_generate,
    create_api_client,
    require_sdk,
    resolve_config,
)
from tests.utils.conftest import KEYS

HELLO = [{"role": "user", "content": "hello"}]


def always(fault):
    return Simulator(SyntheticAnswers(), faults=Faults({fault: 1.0}))


@pytest.mark.parametrize("provider", KEYS)
@pytest.mark.parametrize("key", [None, "", "  \n"])
def test_missing_key(monkeypatch, provider, key):
    """A ValueError in the document's words that names the variable to set."""
    monkeypatch.setenv(KEYS[provider], "")
    with pytest.raises(ValueError, match=f"^API key not provided for {provider}\n") as caught:
        create_api_client(provider, api_key=key)
    assert isinstance(caught.value, errors.MissingKeyError)
    assert f"export {KEYS[provider]}=" in str(caught.value)


def test_the_alias_asks_for_the_providers_key():
    """`anthropic` is `claude` in the message too."""
    with pytest.raises(ValueError, match="API key not provided for claude"):
        create_api_client("anthropic")


@pytest.mark.parametrize(
    "url",
    ["http://localhost:1/v1", "http://127.0.0.1:1", "http://127.9.9.9/v1", "http://[::1]:8000/v1"],
)
@pytest.mark.parametrize("provider", KEYS)
def test_no_key_is_needed_on_loopback(provider, url):
    """A local server has no account."""
    assert resolve_config(provider, base_url=url).api_key is None


@pytest.mark.parametrize(
    "url",
    ["https://localhost.evil.example/v1", "https://127.0.0.1.evil.example", "http://10.0.0.1"],
)
def test_a_key_is_needed_anywhere_else(url):
    """What only looks like loopback is not."""
    with pytest.raises(errors.MissingKeyError):
        resolve_config("openai", base_url=url)


@pytest.mark.parametrize("provider", KEYS)
def test_the_key_comes_from_the_providers_variable(monkeypatch, provider):
    """And the one given wins; a line break at its end, as files have it, is no part of it."""
    monkeypatch.setenv(KEYS[provider], "from-environment\n")
    assert resolve_config(provider).api_key == "from-environment"
    assert resolve_config(provider, api_key="given").api_key == "given"


@pytest.mark.parametrize("key", ["sk-\u2013dash", "sk-\nbreak", "sk-é"])
def test_a_key_that_no_header_can_hold(key):
    """It is refused before anything is sent, and not quoted."""
    with pytest.raises(errors.KeyRefusedError, match="plain ASCII") as caught:
        create_api_client("openai", api_key=key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["not a url", "localhost:8000", "ftp://x/v1", "http://[::1", "http://x:99999", "http://"]
)
def test_a_base_url_that_is_none(url):
    """An error up front that names the setting, not a connection that fails row by row."""
    with pytest.raises(errors.SettingError, match="API_BASE_URL"):
        create_api_client("openai", api_key="key", base_url=url)


@pytest.mark.parametrize("name", ["gemini", "", "openai ", "no.such.module:Class", "json:loads"])
def test_unknown_type(name):
    """A ValueError; for a plain name it lists the known ones."""
    with pytest.raises(ValueError, match="Unknown API type") as caught:
        create_api_client(name, api_key="key")
    assert isinstance(caught.value, errors.UnknownProviderError)
    if ":" not in name:
        for known in ("openai", "deepseek", "claude", "local"):
            assert known in str(caught.value)


WITHOUT_SDK = """
    import sys
    from importlib.machinery import PathFinder
    from pettingllms.utils.api_client import create_api_client, require_sdk

    class Without(PathFinder):
        @classmethod
        def find_spec(cls, name, path=None, target=None):
            return None if name.partition(".")[0] == sys.argv[1] else super().find_spec(name, path)

    sys.meta_path = [Without if finder is PathFinder else finder for finder in sys.meta_path]
    for attempt in (create_api_client, require_sdk):
        try:
            attempt(sys.argv[2], **({"api_key": "key"} if attempt is create_api_client else {}))
        except ImportError as error:
            print(type(error).__name__, error, sep=": ")
"""


@pytest.mark.parametrize(
    ("provider", "package"),
    [("openai", "openai"), ("deepseek", "openai"), ("local", "openai"), ("claude", "anthropic")],
)
def test_missing_sdk(provider, package):
    """An ImportError in the document's words, with the command that helps, as it is typed here."""
    ran = subprocess.run(
        [sys.executable, "-c", dedent(WITHOUT_SDK), package, provider],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    said = (
        f"MissingSDKError: {package} package is required\n"
        f"Install it: {typed('pip')} install {package}\n"
    )
    assert ran.stdout == said * 2


def test_an_sdk_is_looked_for_without_importing_it():
    """`require_sdk` is cheap, and content where the SDK is there."""
    script = (
        "import sys; from pettingllms.utils.api_client import require_sdk\n"
        "require_sdk('openai'); require_sdk('claude')\n"
        "print(sorted({'openai', 'anthropic'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
    require_sdk("openai")


async def test_timeout(stage):
    """The document's words, and the setting to raise."""
    sim = await stage.serve(always(fault_named("hang")))
    client = stage.client("openai", sim, attempts=2, timeout=0.2)
    with pytest.raises(TimeoutError, match=r"^Error getting API response: timeout") as caught:
        await client.generate(HELLO)
    assert isinstance(caught.value, errors.RequestTimeoutError)
    assert "API_TIMEOUT" in str(caught.value)
    assert len(sim.requests) == 2


@pytest.mark.parametrize("provider", ["openai", "deepseek", "claude", "local"])
async def test_rate_limit_that_outlives_its_retries(stage, provider):
    """The document's words, and its three pieces of advice."""
    sim = await stage.serve(always(ErrorReply(429)))
    client = stage.client(provider, sim, attempts=3, model="m")
    with pytest.raises(errors.RateLimitError, match=r"^Rate limit exceeded") as caught:
        await client.generate(HELLO)
    for advice in ("fewer concurrent requests", "fewer episodes", "wait"):
        assert advice in str(caught.value)
    assert sim.counts == {429: 3}


@pytest.mark.parametrize("provider", ["openai", "deepseek", "claude"])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (ErrorReply(401), errors.KeyRefusedError),
        (ErrorReply(402), errors.QuotaError),
        (ErrorReply(403), errors.KeyRefusedError),
        (fault_named("quota"), errors.QuotaError),
        (ErrorReply(400, "Unsupported parameter", code="unsupported_parameter"),
         errors.RequestRefusedError),
    ],
)  # fmt: skip
async def test_what_every_row_would_meet_stops_a_batch_at_once(stage, provider, fault, error):
    """A refused key costs the requests in flight, not one per prompt; all get that error."""
    sim = await stage.serve(always(fault))
    client = stage.client(provider, sim, model="m")

    answers = await batch_generate(client, ["x"] * 200, return_exceptions=True)

    assert {type(answer) for answer in answers} == {error}
    assert len(sim.requests) <= 32, "no more than the limiter lets leave at first"


@pytest.mark.parametrize("provider", ["openai", "deepseek", "claude", "local"])
async def test_unknown_model(stage, provider):
    """Named in the error, with the setting to change."""
    sim = await stage.serve(Simulator(SyntheticAnswers(), models=["known"]))
    client = stage.client(provider, sim, model="retired-model")
    with pytest.raises(errors.UnknownModelError, match="Unknown model 'retired-model'") as caught:
        await client.generate(HELLO)
    assert "API_MODEL" in str(caught.value)
    assert sim.counts.total() == 1


@pytest.mark.parametrize("provider", ["openai", "claude"])
async def test_a_server_that_is_no_such_api(stage, provider):
    """A base URL with a wrong path: an error that shows the URL and names the setting."""
    sim = await stage.serve(Simulator(SyntheticAnswers()))
    client = stage.client(provider, sim, base_url=f"{sim.anthropic_base_url}/wrong")
    with pytest.raises(errors.BaseURLError, match="/wrong") as caught:
        await client.generate(HELLO)
    assert "API_BASE_URL" in str(caught.value)
    assert await client.list_models() is None


async def test_nothing_listens(stage):
    """A connection that cannot be made names the URL."""
    client = stage.closing(create_api_client("openai", base_url="http://127.0.0.1:9/v1"))
    with pytest.raises(errors.ConnectionFailedError, match=r"127\.0\.0\.1:9"):
        await client.generate(HELLO)


def test_errors_survive_pickling():
    """They cross process borders whole: Prefect keeps results that way."""
    limit = errors.RateLimitError("Rate limit exceeded", "wait", 1.5)
    batch = errors.BatchError(["a", None], {1: limit})
    for error in (limit, batch, errors.MissingKeyError("API key not provided for x", "do")):
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert str(again) == str(error)
    assert pickle.loads(pickle.dumps(limit)).retry_after_s == 1.5


def test_a_config_hides_its_key():
    """`repr` is what logs print."""
    assert "sk-secret" not in repr(APIConfig("openai", "sk-secret", "m"))
