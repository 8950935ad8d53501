"""Answers that say what another one says already: the same code, or nearly the same.

Nearly: the share of five-token runs that two codes have in common, as MinHash estimates it.
Memory holds half a kilobyte an answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from pettingllms.errors import SettingError

_TOKENS_IN_A_ROW = 5
_PERMUTATIONS = 128
_TOKEN = re.compile(r"\w+|[^\w\s]")
_INSTALL = 'pip install "pettingllms-sft[dedup]"'
_NEVER_PASSED = 1.0
_HIGHEST_INDEXED = 0.9
"""What the index finds is compared again; looking from here on, it misses next to nothing."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """`to` is the answer it is like, `share` how much of it is the same, as far as is known."""

    to: str
    share: float
    is_equal: bool = False


class SeenAnswers:
    """The answers exported so far; `similarity` is the share from which on two are alike."""

    def __init__(self, similarity: float) -> None:
        self._similarity = similarity
        self._exact: dict[bytes, str] = {}
        self._near = _NearIndex(similarity) if similarity < _NEVER_PASSED else None

    def like(self, code: str) -> Likeness | None:
        """The answer that `code` is most like, if any is alike."""
        tokens = _TOKEN.findall(code)
        same = self._exact.get(_digest(tokens))
        if same is not None:
            return Likeness(same, 1.0, is_equal=True)
        return self._near.like(tokens) if self._near else None

    def add(self, name: str, code: str) -> None:
        tokens = _TOKEN.findall(code)
        self._exact.setdefault(_digest(tokens), name)
        if self._near:
            self._near.add(name, tokens)


class _NearIndex:
    """datasketch's; the library ships no types."""

    def __init__(self, similarity: float) -> None:
        self._similarity = similarity
        self._library: Any = import_minhash()
        threshold = min(similarity, _HIGHEST_INDEXED)
        self._index: Any = self._library.MinHashLSH(threshold, _PERMUTATIONS)
        self._hashes: dict[str, Any] = {}

    def like(self, tokens: Sequence[str]) -> Likeness | None:
        minhash = self.minhash(tokens)
        found = [
            Likeness(name, float(minhash.jaccard(self._hashes[name])))
            for name in self._index.query(minhash)
        ]
        best = max(found, key=lambda likeness: (likeness.share, likeness.to), default=None)
        # Banding finds candidates, some of them less alike than was asked for.
        return best if best and best.share >= self._similarity else None

    def add(self, name: str, tokens: Sequence[str]) -> None:
        self._hashes[name] = self.minhash(tokens)
        self._index.insert(name, self._hashes[name])

    @property
    def ranges(self) -> Sequence[tuple[int, int]]:
        """The permutations of each band."""
        return self._index.hashranges

    def minhash(self, tokens: Sequence[str]) -> Any:
        minhash = self._library.MinHash(_PERMUTATIONS, seed=1, scheme="affine32")
        last = max(1, len(tokens) - _TOKENS_IN_A_ROW + 1)
        runs = (tokens[start : start + _TOKENS_IN_A_ROW] for start in range(last))
        minhash.update_batch([" ".join(run).encode(errors="replace") for run in runs])
        return minhash


class Signatures:
    """MinHash signatures as bytes, for an index that is not in memory: two codes whose signatures
    share one of their `bands` may be alike, and `likeness` says how much. Raises: SettingError."""

    def __init__(self, similarity: float) -> None:
        self._near = _NearIndex(similarity)

    def of(self, code: str) -> bytes:
        return self._near.minhash(_TOKEN.findall(code)).hashvalues.astype("<u4").tobytes()

    def bands(self, signature: bytes) -> list[bytes]:
        return [
            hashlib.blake2b(
                signature[4 * first : 4 * last], digest_size=8, salt=bytes([number])
            ).digest()
            for number, (first, last) in enumerate(self._near.ranges)
        ]

    @staticmethod
    def likeness(one: bytes, other: bytes) -> float:
        pairs = zip(memoryview(one).cast("I"), memoryview(other).cast("I"), strict=True)
        return sum(a == b for a, b in pairs) / _PERMUTATIONS


def import_minhash() -> Any:
    """Raises: SettingError where the library is not installed."""
    try:
        return import_module("datasketch")
    except ImportError as error:
        raise SettingError(
            "Dropping near-duplicates needs the package datasketch.",
            f"Install it: {_INSTALL}; or set --dedup 1 for equal answers only.",
        ) from error


def digest_of(code: str) -> bytes:
    """Of 16 bytes; the same for two codes that differ in white space alone."""
    return _digest(_TOKEN.findall(code))


def _digest(tokens: Sequence[str]) -> bytes:
    return hashlib.blake2b(" ".join(tokens).encode(errors="replace"), digest_size=16).digest()
