"""How long a row is for the model that is to be trained on it, in its own tokens.

A file `tokenizer.json` is read by `tokenizers`, and counts what is said; a folder or a name of the
hub is loaded by `transformers`, and counts the row as the model's chat template writes it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from pettingllms.errors import MissingSDKError, SettingError

Said = Sequence[Mapping[str, str]]
_INSTALL = 'Install what counts tokens: pip install "pettingllms-sft[tokenizer]".'
_NAME_ONE = "Name a tokenizer.json, the folder of a model, or OWNER/NAME on the hub (--tokenizer)."
_ON_THE_HUB = re.compile(r"(?!.*\.json$)\w[\w.-]*(/\w[\w.-]*)?")
"""A name that may be one of the hub; any other is of a file."""
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class TokenCounter:
    """`digest` is of all that a count depends on: rows that were counted by it go by that."""

    name: str
    digest: str
    count: Callable[[Said], int] = field(repr=False, compare=False)


def load_tokenizer(name: str) -> TokenCounter:
    """Raises: SettingError where it cannot be loaded, MissingSDKError."""
    path = Path(name).expanduser()
    if not (name and path.exists()) and not _ON_THE_HUB.fullmatch(name):
        raise SettingError(f"The tokenizer {name!r} is not there.", _NAME_ONE)
    is_file = path.is_file()
    load = _of_file if is_file else _of_model
    try:
        return load(str(path) if path.exists() else name, name)
    except ImportError as error:
        package = "tokenizers" if is_file else "transformers"
        raise MissingSDKError(f"{package} package is required", _INSTALL) from error
    except Exception as error:  # the libraries raise plain Exceptions for files that are none
        raise SettingError(
            f"The tokenizer {name} cannot be loaded: {' '.join(str(error).split())[:300]}",
            _NAME_ONE,
        ) from error


def _of_file(path: str, name: str) -> TokenCounter:
    tokenizer: Any = import_module("tokenizers").Tokenizer.from_file(path)

    def count(said: Said) -> int:
        texts = [message["content"] for message in said]
        return sum(
            len(encoded.ids)
            for encoded in tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        )

    return TokenCounter(name, _digest(tokenizer.to_str()), count)


def _of_model(path: str, name: str) -> TokenCounter:
    transformers: Any = import_module("transformers")
    is_away = not Path(path).is_dir() and not _hub_answers(name)
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(path, local_files_only=is_away)
    except (OSError, ValueError) as error:
        if is_away:
            raise ValueError("the hub does not answer, and it is not in its cache here") from error
        raise
    template: str | None = tokenizer.chat_template
    if not template:
        raise ValueError("it has no chat template; its tokenizer.json counts texts alone")

    def count(said: Said) -> int:
        written = tokenizer.apply_chat_template(list(said), tokenize=True, return_dict=True)
        return len(written["input_ids"])

    return TokenCounter(name, _digest(tokenizer.backend_tokenizer.to_str(), str(template)), count)


def _hub_answers(name: str) -> bool:
    """Asked once: `transformers` asks a hub that is away for file after file, for a minute."""
    hub: Any = import_module("huggingface_hub")
    errors: Any = import_module("huggingface_hub.errors")
    try:
        hub.HfApi().model_info(name, timeout=_PATIENCE_S)
    except errors.HfHubHTTPError:  # it says no: of what, `transformers` tells
        return True
    except (errors.HTTPError, OSError):
        return False
    return True


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
