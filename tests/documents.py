"""The code blocks of the documents, which tests run."""

from __future__ import annotations

import re
from pathlib import Path

from tests.processes import ROOT

README = ROOT / "README.md"
README_ZH = ROOT / "README.zh-CN.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(document: Path, language: str | None = None) -> list[str]:
    """In order; of one language, or of all."""
    found = _BLOCK.findall(document.read_text(encoding="utf-8"))
    return [code for named, code in found if language in (None, named)]


def deploying() -> list[str]:
    """The README's lines that lead to a nightly run."""
    (block,) = (code for code in blocks(README, "bash") if "prefect server start" in code)
    return block.splitlines()
