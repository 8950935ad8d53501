"""Who answers at a base URL."""

from __future__ import annotations

from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

import orjson

from pettingllms.errors import BaseURLError, KeyRefusedError
from pettingllms.files import json
from pettingllms.providers.wire.json_access import at, items, text

_ANSWER_S = 5
_LOADING = 503
_CANNOT_LIST = 500
"""As `transformers serve` answers where nothing was ever taken from the hub."""
_KEY_WANTED = (401, 403)
_direct = build_opener(ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class ServerState:
    """What a server says of itself: the models it lists, and whether it has loaded them."""

    models: tuple[str, ...] = ()
    is_ready: bool = True


def probe(base_url: str) -> ServerState | None:
    """Ask for the models; None where nothing listens.

    Raises: BaseURLError where something listens that is no such server, KeyRefusedError where
    it wants a key.
    """
    try:
        with _direct.open(f"{base_url.rstrip('/')}/models", timeout=_ANSWER_S) as response:
            return _state(base_url, response.read())
    except HTTPError as error:
        return _of_refusal(base_url, error)
    except TimeoutError as error:
        raise _no_such_server(base_url, f"gives no answer in {_ANSWER_S} s") from error
    except (HTTPException, ConnectionResetError) as error:
        raise _no_such_server(base_url, "does not speak HTTP") from error
    except URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise _no_such_server(base_url, f"gives no answer in {_ANSWER_S} s") from error
        return None


def _state(base_url: str, content: bytes) -> ServerState:
    try:
        listed = json.loads(content)
    except orjson.JSONDecodeError as error:
        raise _no_such_server(base_url, "answers without JSON") from error
    if not isinstance(at(listed, "data"), list):
        raise _no_such_server(base_url, "answers something else")
    return ServerState(tuple(text(model, "id") for model in items(listed, "data")))


def _of_refusal(base_url: str, error: HTTPError) -> ServerState:
    if error.code == _LOADING:
        return ServerState(is_ready=False)
    if error.code == _CANNOT_LIST:
        return ServerState()
    if error.code in _KEY_WANTED:
        raise KeyRefusedError(
            f"The server at {base_url} wants a key ({error.code}).",
            "Use it as an API: USE_API=true API_TYPE=openai OPENAI_API_KEY=...",
        ) from error
    raise _no_such_server(base_url, f"answers {error.code}") from error


def _no_such_server(base_url: str, what_it_does: str) -> BaseURLError:
    return BaseURLError(
        f"The port is taken: what listens at {base_url} is no OpenAI-compatible server;"
        f" asked for its models, it {what_it_does}.",
        "Stop it, or name another port: API_BASE_URL=http://localhost:8001/v1",
    )
