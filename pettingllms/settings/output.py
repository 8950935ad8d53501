"""Where results and paid answers are kept."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, BeforeValidator

from pettingllms.files.remote import is_url
from pettingllms.settings.setting import setting
from pettingllms.utils.kept_answers import CACHE_DIR_ENV, default_cache_dir

_setting = partial(setting, "Output and cache", changes="nothing")
_MANGLED_URL = re.compile(r"[a-z][a-z0-9+]+:/")


def _place(value: object) -> object:
    """One spelling for each place, so that a URL has one folder here."""
    if isinstance(value, str) and is_url(value):
        return value.rstrip("/")
    return str(Path(value)) if isinstance(value, str | Path) else value


def _check_here(value: Path) -> Path:
    if _MANGLED_URL.match(str(value)):
        raise ValueError("the cache is a folder on this machine, and no URL")
    return value


def _read_in_a_browser(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("browsers read a URL such as https://nights.example.com/sft")
    return value.rstrip("/")


class OutputSettings(BaseModel):
    output_dir: Annotated[str, BeforeValidator(_place)] = _setting(
        "OUTPUT_DIR",
        "where results go: a folder, or a URL such as s3://BUCKET/NAME",
        "sft_data_code",
    )
    report_url: Annotated[str, AfterValidator(_read_in_a_browser)] | None = _setting(
        "SFT_REPORT_URL",
        "where a browser finds what is in OUTPUT_DIR; each run then writes its report, and its page"
        " in Prefect links to it",
    )
    cache_dir: Annotated[Path, AfterValidator(_check_here)] = _setting(
        CACHE_DIR_ENV, "where paid answers are kept", default_factory=default_cache_dir
    )

    @property
    def output_url(self) -> str | None:
        return self.output_dir if is_url(self.output_dir) else None

    @property
    def output_folder(self) -> Path:
        """Where a run works. That of a URL keeps what has not been uploaded yet, and the bill."""
        if self.output_url is None:
            return Path(self.output_dir)
        return self.cache_dir / "outputs" / quote(self.output_url, safe="")
