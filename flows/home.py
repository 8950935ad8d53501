"""Prefect's home, and whether a server is named there or anywhere else."""

from __future__ import annotations

from pathlib import Path

from flows import environment, has_home

_NAME_A_SERVER = frozenset({"PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"})


def home_without_server() -> Path | None:
    """Prefect's home, where nothing can name a server: neither the environment nor a file that
    Prefect would read. None where something may; Prefect itself knows then, once it is imported."""
    named = environment("PREFECT_")
    if _NAME_A_SERVER & named.keys() or not has_home():
        return None
    home = Path(named.get("PREFECT_HOME") or "~/.prefect").expanduser()
    files = {
        ".env": ("PREFECT_",),
        "prefect.toml": ("url", "home", "profile"),
        "pyproject.toml": ("[tool.prefect",),
        home / "profiles.toml": ("PREFECT_API_URL",),
    }
    return None if any(_says(Path(file), words) for file, words in files.items()) else home


def _says(file: Path, words: tuple[str, ...]) -> bool:
    """Any of them."""
    try:
        said = file.read_text(errors="replace")
    except OSError:
        return False
    return any(word in said for word in words)
