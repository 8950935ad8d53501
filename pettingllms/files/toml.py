"""A settings file, read as TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pettingllms.errors import SettingError


def read_settings_file(path: Path) -> dict[str, Any]:
    """Raises: SettingError where there is none, or it is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(
            f"The settings file {path} cannot be read: {error.strerror}.", "Check --config."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(
            f"The settings file {path} is no TOML: {error}.",
            'Write each setting as name = value, text in "quotes", and save it as UTF-8.',
        ) from error
