"""Providers of one's own, written exactly as the document shows; and what an import costs."""

import subprocess
import sys
from typing import Any, Dict, List  # noqa: UP035 - the document writes them so

import pytest

from pettingllms import errors
from pettingllms.providers.dispatch import Dispatcher, RetryPolicy
from pettingllms.utils.api_client import (
    CLIENT_CLASSES,
    APIConfig,
    BaseAPIClient,
    batch_generate,
    create_api_client,
    register_client,
    require_sdk,
)

HELLO = [{"role": "user", "content": "hello"}]


class NewAPIClient(BaseAPIClient):
    """New API client"""

    def __init__(self, config: APIConfig):
        super().__init__(config)
        self.asked = []

    async def generate(self, messages: List[Dict[str, str]], **kwargs) -> str:  # noqa: UP006
        self.asked.append((messages, kwargs))
        return f"{self.config.model}: {messages[-1]['content']}"


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch):
    """Registers for the length of a test."""

    def registered(client_class: type[BaseAPIClient], **settings: Any) -> Any:
        monkeypatch.setattr(f"{register_client.__module__}.CLIENT_CLASSES", dict(CLIENT_CLASSES))
        register_client("New", client_class)
        client = create_api_client("new", **settings)
        client.dispatcher = Dispatcher(policy=RetryPolicy(3, base_s=0.001))
        return client

    return registered


def raising(*script):
    """A provider whose `generate` raises each of `script` in turn, then answers."""
    left = list(script)

    class Failing(BaseAPIClient):
        async def generate(self, messages, **kwargs):
            if left:
                raise left.pop(0)
            return "answer"

    return Failing


async def test_the_documents_class_works_everywhere(register):
    """Created by name, it generates, batches with system prompt and overrides, and completes."""
    client = register(NewAPIClient, model="m")

    assert await client.generate(HELLO) == "m: hello"
    assert await batch_generate(client, ["a", "b"], "system", top_p=1) == ["m: a", "m: b"]
    completion = await client.complete(HELLO)

    assert (completion.text, completion.model) == ("m: hello", "m")
    assert completion.received_at
    assert client.asked[1] == (
        [{"role": "system", "content": "system"}, {"role": "user", "content": "a"}],
        {"top_p": 1},
    )


async def test_it_needs_no_key_no_sdk_and_no_list_of_models(register):
    """What a class does not say, nobody asks of it."""
    client = register(NewAPIClient)
    require_sdk("NEW")
    assert client.config.api_key is None
    assert client.config.model == ""
    assert await client.list_models() is None
    await client.aclose()


async def test_it_may_name_its_defaults_and_key(register, monkeypatch):
    """Class attributes fill in what the caller leaves out."""

    class Named(NewAPIClient):
        default_model = "their-best"
        default_base_url = "https://api.example.com"
        key_env = "NEW_API_KEY"

    with pytest.raises(ValueError, match="API key not provided for new"):
        register(Named)
    monkeypatch.setenv("NEW_API_KEY", "key")
    config = register(Named).config
    assert (config.api_key, config.model) == ("key", "their-best")
    assert config.base_url == "https://api.example.com"


async def test_a_class_can_be_named_by_its_path():
    """`package.module:Class` registers nowhere."""
    client = create_api_client(f"{__name__}:NewAPIClient", model="m")
    assert await client.generate(HELLO) == "m: hello"


async def test_its_request_holds_all_that_can_change_its_answer(register):
    """What the cache key is made of: model, settings, overrides and messages."""
    config = register(NewAPIClient, model="m", base_url="https://x", temperature=0.1).config
    request = NewAPIClient.request(config, HELLO, sample=2, top_p=0.5)
    assert (request.provider, request.scope, request.sample) == ("new", "https://x", 2)
    assert request.body == {
        "model": "m", "temperature": 0.1, "max_tokens": 2048, "top_p": 0.5, "messages": HELLO,
    }  # fmt: skip


class APITimeoutError(Exception):
    """As the SDKs call theirs, which is no TimeoutError."""


class ServerDisconnectedError(ConnectionError):
    pass


class APIConnectionError(Exception):
    pass


class ReadTimeout(Exception):  # noqa: N818 - httpx calls it so
    pass


class StatusError(Exception):
    def __init__(self, status: int, message: str = "said", **attributes: Any) -> None:
        super().__init__(message)
        self.status_code = status
        self.__dict__.update(attributes)


class Response:
    def __init__(self, status_code: int, **headers: str) -> None:
        self.status_code = status_code
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class ResponseError(Exception):
    """As httpx and requests: the status is the response's."""

    def __init__(self, response: Response) -> None:
        super().__init__("said")
        self.response = response


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (TimeoutError(), errors.RequestTimeoutError),
        (APITimeoutError("slow"), errors.RequestTimeoutError),
        (ReadTimeout(), errors.RequestTimeoutError),
        (ConnectionResetError("reset"), errors.ConnectionFailedError),
        (ServerDisconnectedError(), errors.ConnectionFailedError),
        (APIConnectionError("refused"), errors.ConnectionFailedError),
        (StatusError(429), errors.RateLimitError),
        (StatusError(503), errors.ServerError),
        (ResponseError(Response(529)), errors.ServerError),
        (errors.MalformedResponseError("odd"), errors.MalformedResponseError),
    ],
)
async def test_transient_errors_of_its_own_are_sent_again(register, raised, expected):
    """Told by what they look like; in the end the error of this project that fits."""
    client = register(raising(raised, raised))
    assert await batch_generate(client, ["x"]) == ["answer"]

    client = register(raising(*[raised] * 9))
    (error,) = await batch_generate(client, ["x"], return_exceptions=True)
    assert type(error) is expected
    if expected is errors.RequestTimeoutError:
        assert str(error).startswith("Error getting API response: timeout")
        assert "API_TIMEOUT" in str(error)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (StatusError(401), errors.KeyRefusedError),
        (StatusError(429, body={"code": "insufficient_quota", "message": "m"}), errors.QuotaError),
        (StatusError(400, "context length exceeded"), errors.ContextLengthError),
        (ResponseError(Response(404)), errors.BaseURLError),
        (KeyError("choices"), errors.RowRefusedError),
        (RuntimeError("its own bug"), errors.RowRefusedError),
    ],
)
async def test_other_errors_of_its_own_are_not_sent_again(register, raised, expected):
    """Each fails its prompt at once, and says which exception it was."""
    client = register(raising(raised))
    (error,) = await batch_generate(client, ["x"], return_exceptions=True)
    assert type(error) is expected
    if expected is errors.RowRefusedError:
        assert type(raised).__name__ in str(error)


async def test_retry_after_of_its_own_errors_is_kept(register):
    """The response that the exception carries says how long to wait."""
    client = register(raising(ResponseError(Response(429, retry_after="7"))))
    with pytest.raises(errors.RateLimitError) as caught:
        await client.complete(HELLO)
    assert caught.value.retry_after_s == 7.0


async def test_a_bug_in_complete_fails_its_prompt_alone(register):
    """Even an exception that no error stands for lets the other prompts finish."""

    class Buggy(BaseAPIClient):
        async def complete(self, messages, **kwargs):
            if messages[-1]["content"] == "b":
                raise RuntimeError("bug")
            return await NewAPIClient(self.config).complete(messages)

    with pytest.raises(errors.BatchError, match="at positions 1") as caught:
        await batch_generate(register(Buggy, model="m"), ["a", "b", "c"])
    assert caught.value.results == ["m: a", None, "m: c"]


@pytest.mark.parametrize("answer", [None, 5, b"bytes", ["text"]])
async def test_an_answer_that_is_no_text(register, answer):
    """`generate` that returns nothing is an error, not the answer None."""

    class Odd(BaseAPIClient):
        async def generate(self, messages, **kwargs):
            return answer

    with pytest.raises(errors.BatchError, match=type(answer).__name__):
        await batch_generate(register(Odd), ["x"])


async def test_a_class_that_overrides_nothing(register):
    """It says so, rather than calling itself for ever."""
    with pytest.raises(NotImplementedError, match="overrides neither generate nor complete"):
        await register(BaseAPIClient).generate(HELLO)


@pytest.mark.parametrize(
    "module", ["utils.api_client", "providers.dispatch", "providers.wire.failures", "cache.store"]
)
def test_imports_are_light(module):
    """No SDK, no Prefect, no pandas: they load where they are needed."""
    script = f"import sys, pettingllms.{module}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"openai", "anthropic", "prefect", "pandas", "pyarrow", "aiohttp", "httpx2"}
    assert not heavy & set(ran.stdout.split())


@pytest.mark.parametrize(
    ("provider", "loaded", "other"),
    [("openai", "openai", "anthropic"), ("claude", "anthropic", "openai")],
)
def test_a_provider_loads_its_own_sdk_alone(provider, loaded, other):
    """Creating a client brings in one SDK, not both."""
    script = (
        "import sys; from pettingllms.utils.api_client import create_api_client\n"
        f"create_api_client({provider!r}, api_key='k'); print(*sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    modules = set(ran.stdout.split())
    assert loaded in modules
    assert other not in modules
