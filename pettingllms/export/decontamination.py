"""Whether a row gives away a benchmark: its task, or its solution.

Two texts meet when one of them is the other but for white space and case, or when they share so
many words in a row that chance does not explain it. Memory holds 8-byte hashes of a benchmark,
and where each of its problems was read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from pettingllms.problems.prompts import without_contract
from pettingllms.records import Messages, Problem

WORDS_IN_A_ROW = 13
"""Of a task's text, as GPT-3's authors counted them."""
TOKENS_IN_A_ROW = 60
"""Of code, where names and signs count and much is said the same way by everyone."""
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_FENCE = re.compile(r"^```.*$", re.MULTILINE)
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Build it with `Benchmark.of`."""

    places: Sequence[str]
    _seen: dict[bytes, int] = field(default_factory=dict[bytes, int])

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> Benchmark:
        places: list[str] = []
        benchmark = cls(places)
        for number, problem in enumerate(problems):
            places.append(f"{problem.id} ({problem.origin})")
            texts = (
                ("task", asked(problem.messages)),
                ("code", problem.reference or ""),
            )
            for kind, text in texts:
                for fingerprint, _ in _fingerprints(kind, text):
                    # 8 bytes: chance makes two meet once in 10^19, for each pair that is compared.
                    benchmark._seen.setdefault(fingerprint, number)
        return benchmark

    @property
    def digest(self) -> bytes:
        """Another one for other problems."""
        told = hashlib.sha256("\0".join(self.places).encode(errors="replace"))
        told.update(b"".join(self._seen))
        return told.digest()

    def match(self, task: str, code: str) -> str | None:
        """Which problem it is, and the text that is the same; or None."""
        for kind, text in (("task", task), ("code", code)):
            for fingerprint, shared in _fingerprints(kind, text):
                if (number := self._seen.get(fingerprint)) is not None:
                    return f"{kind} of {self.places[number]}: {shared[:_SHOWN]}"
        return None


def asked(messages: Messages) -> str:
    """What the user says: the task, in its own words."""
    return "\n".join(without_contract(m["content"]) for m in messages if m["role"] == "user")


def _fingerprints(kind: str, text: str) -> Iterator[tuple[bytes, str]]:
    """A hash of the whole and of each run of words, with the words. No run goes over a fence: on
    one side of it stand the words by which readers of problems ask, alike for all."""
    pattern, length = (_WORD, WORDS_IN_A_ROW) if kind == "task" else (_TOKEN, TOKENS_IN_A_ROW)
    parts = [pattern.findall(part) for part in _FENCE.split(text.lower())]
    whole = list(chain.from_iterable(parts))
    runs = (part[n : n + length] for part in parts for n in range(len(part) - length + 1))
    for words in chain([whole] if whole else [], runs):
        yield _hashed(kind, words), " ".join(words)


def _hashed(kind: str, words: Sequence[str]) -> bytes:
    return hashlib.blake2b(" ".join((kind, *words)).encode(), digest_size=8).digest()
