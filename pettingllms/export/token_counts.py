"""How long a row is for the model that is to be trained on it, in its own tokens.

A file `tokenizer.json` is read by `tokenizers`, and counts what is said; a folder or a name of the
hub is loaded by `transformers`, and counts the row as the model's chat template writes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from pettingllms.errors import MissingSDKError, SettingError

Said = Sequence[Mapping[str, str]]
_INSTALL = 'Install what counts tokens: pip install "pettingllms-sft[tokenizer]".'


@dataclass(frozen=True, slots=True)
class TokenCounter:
    """`digest` is of all that a count depends on: rows that were counted by it go by that."""

    name: str
    digest: str
    count: Callable[[Said], int] = field(repr=False, compare=False)


def load_tokenizer(name: str) -> TokenCounter:
    """Raises: SettingError where it cannot be loaded, MissingSDKError."""
    path = Path(name).expanduser()
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
            "Name a tokenizer.json, the folder of a model, or OWNER/NAME on the hub (--tokenizer).",
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
    tokenizer: Any = import_module("transformers").AutoTokenizer.from_pretrained(path)
    template: str | None = tokenizer.chat_template
    if not template:
        raise ValueError("it has no chat template; its tokenizer.json counts texts alone")

    def count(said: Said) -> int:
        written = tokenizer.apply_chat_template(list(said), tokenize=True, return_dict=True)
        return len(written["input_ids"])

    return TokenCounter(name, _digest(tokenizer.backend_tokenizer.to_str(), str(template)), count)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
