"""An API key that a server quotes goes no further: it is taken out of all that the server says.

Whole, in part, masked, or encoded as base64, hex or for a URL; whole, also backwards, in letters of
another case or form, turned by rot13, as numbers, in base85, or with something between its
characters. A part counts from so many characters on that it is no word by chance; what all keys of
a vendor begin with is no part.
"""

from __future__ import annotations

import base64
import codecs
import json
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import takewhile

from pettingllms.errors import CollectError

MARK = "[key]"
_LEAST_SECRET, _SURELY_SECRET = 6, 16
"""What is shorter, or is short and looks like words, is a placeholder such as `EMPTY` or
`not-needed`: it is no secret, and may well stand in an answer."""
_KEYS_BEGIN = "sk-"
"""No placeholder begins so: keys of all three providers do."""
_PART, _HEAD, _END_PART, _MASKED_END = 16, 8, 8, 4
_STEP = _PART // 2
_VENDOR = re.compile(r"(?:[a-z]{2,7}[-_])+(?:(?:api|v)\d+-)?")
_MASK = r"(?:[*•…xX]{2,}|\.{2,}|…)"
_ESCAPED = re.compile(r"(\\[^u])|\\u00([2-7][0-9a-fA-F])")
_ESCAPED_OTHER = re.compile(rb"\\u(?!00[2-7])[0-9a-fA-F]{4}")
_BETWEEN = r"(?:\\u[0-9a-fA-F]{4}|\\[nrt]|[^A-Za-z0-9{}\[\]]){0,16}"
_CODES = {"x": r"(?:\\{1,4}|&#)x", "0x": "0x", "u00": r"\\{1,4}u00", "25": "%25"}
"""What stands before each character's number: squeezed, and as a pattern."""
_TO_WIDE = 0xFEE0
_WIDE = b"\xef\xbc", b"\xef\xbd", b"\\uff", b"\\uFF"
"""What begins a full-width form of an ASCII character, or JSON's escape of one."""
_NO_LETTERS = bytes(code for code in range(256) if not (code < 128 and chr(code).isalnum()))
_PLAIN = re.compile(r"[\w-]", re.ASCII)


class Redactor:
    """Of one key, or of none."""

    def __init__(self, key: str | None) -> None:
        self._key = key or ""
        self._secret = self._key[_vendor_length(self._key) :]
        is_secret = _is_secret(self._key)
        self._whole = tuple(dict.fromkeys(_encodings(self._key))) if is_secret else ()
        self._pieces = tuple(_pieces(self._secret)) if is_secret else ()
        vendor = len(self._key) - len(self._secret)
        self._head = self._key[: max(_HEAD, vendor + _HEAD // 2)]
        ends = (self._head, self._key[-_MASKED_END:]) if is_secret else ()
        self._hints = (*self._whole, *self._pieces, *ends)
        spread = tuple(dict.fromkeys(_spread_forms(self._key))) if is_secret else ()
        self._spread = {squeezed: pattern for squeezed, pattern in spread if squeezed}
        self._wide = re.compile("".join(map(_wide, self._key)), re.IGNORECASE)

    def content(self, content: bytes) -> bytes:
        """A response's content without the key; JSON stays JSON."""
        if not self._hints:
            return content
        squeezed = _squeezed(content)
        is_spread = any(form in squeezed for form in self._spread)
        if not (
            is_spread
            or self._is_wide_in(content)
            or b"\\u00" in content
            or self._is_hinted_in(content)
        ):
            return content
        told = content.decode("utf-8", "surrogateescape")
        redacted = self.text(_ESCAPED.sub(_unescaped, told))
        return redacted.encode("utf-8", "surrogateescape")

    def text(self, text: str) -> str:
        """A message without the key."""
        if not self._hints:
            return text
        for form in self._whole:
            text = text.replace(form, MARK)
        squeezed = _squeezed(text.encode("utf-8", "replace"))
        for form, pattern in self._spread.items():
            if form in squeezed:
                text = re.sub(pattern, MARK, text, flags=re.IGNORECASE)
        text = self._wide.sub(MARK, text)
        text = re.sub(re.escape(self._head) + r"[\w.*-]*", MARK, text)
        return self._without_parts(self._without_masked(text))

    @contextmanager
    def guarding_errors(self) -> Generator[None]:
        """What is raised inside is raised on without the key."""
        try:
            yield
        except CollectError as error:
            error.message, error.args = self.text(error.message), (self.text(str(error)),)
            raise

    def _is_wide_in(self, content: bytes) -> bool:
        if not any(form in content for form in _WIDE):
            return False
        return self._wide.search(content.decode("utf-8", "replace")) is not None

    def _is_hinted_in(self, content: bytes) -> bool:
        """Each response is searched, so this is to be fast: in text it takes half the time that
        it does in bytes, and every text that counts is ASCII."""
        told = content.decode("latin-1")
        return any(hint in told for hint in self._hints)

    def _without_parts(self, text: str) -> str:
        """Whatever stretch of the key is found, as far as it goes."""
        told, done = list[str](), 0
        for start, end in sorted(self._parts_in(text)):
            if start >= done:
                told += (text[done:start], MARK)
            done = max(done, end)
        return "".join((*told, text[done:]))

    def _parts_in(self, text: str) -> Iterator[tuple[int, int]]:
        end = self._secret[-_END_PART:]
        if _is_random(end):
            yield from ((place, place + len(end)) for place in _places(end, text))
        for offset, piece in enumerate(self._pieces):
            for place in _places(piece, text):
                start, stop = self._stretch(text, place, offset * _STEP)
                if stop - start >= _PART:
                    yield start, stop

    def _stretch(self, text: str, place: int, offset: int) -> tuple[int, int]:
        """How far `text` is the key in both directions, from a piece of it at `place` on, which
        stands at `offset` in the key."""
        secret = self._secret
        before = _alike(reversed(secret[:offset]), reversed(text[max(0, place - offset) : place]))
        after = _alike(secret[offset:], text[place : place + len(secret)])
        return place - before, place + after

    def _without_masked(self, text: str) -> str:
        """Such as `sk-ab***wxyz`: what is left of the key at both ends, or at its end alone."""
        end = re.escape(self._key[-_MASKED_END:])
        pattern = rf"[\w-]*{_MASK}[\w-]*{end}(?![\w-])"
        return re.sub(pattern, MARK, text) if self._key[-_MASKED_END:] in text else text


def _squeezed(content: bytes) -> str:
    """Its letters and digits, in lower case; without JSON's escapes of other characters."""
    if b"\\u" in content:
        content = _ESCAPED_OTHER.sub(b"", content)
    return content.translate(None, _NO_LETTERS).lower().decode("ascii")


def _spread_forms(key: str) -> Iterator[tuple[str, str]]:
    """Forms of a key in which something may stand between its characters, or that take more than
    one step to read: squeezed, and as a pattern."""
    raw = key.encode()
    twice = base64.b64encode(base64.b64encode(raw)).decode()
    in_32 = base64.b32encode(raw).decode().rstrip("=")
    turned = codecs.encode(key, "rot13")
    for form in (key, key[::-1], turned, raw.hex(), twice[:-4], in_32[:-1], *_lines_in_base64(raw)):
        letters = [c for c in form if c.isascii() and c.isalnum()]
        yield "".join(letters).lower(), _BETWEEN.join(map(re.escape, letters))
    for squeezed, written in _CODES.items():
        codes = [f"{code:02x}" for code in raw]
        pattern = r"[\s,;]{0,3}".join(written + code for code in codes)
        yield "".join(squeezed + code for code in codes), pattern
    numbers = r"[^0-9{}\[\]]{1,8}".join(f"0{{0,4}}{code}" for code in raw)
    yield "".join(map(str, raw)), rf"(?:&#)?{numbers};?"


def _wide(character: str) -> str:
    """The pattern of its full-width form, or of JSON's escape of that."""
    code = ord(character) + _TO_WIDE
    return rf"(?:{chr(code)}|\\u{code:04x})" if "!" <= character <= "~" else re.escape(character)


def _lines_in_base64(raw: bytes) -> Iterator[str]:
    """Parts, since a line of base64 may end anywhere in the key."""
    for before in range(3):
        form = _inner(base64.b64encode(bytes(before) + raw).decode(), before, len(raw))
        yield from (form[n : n + _PART] for n in range(0, len(form) - _PART + 1, _PART))


def _is_secret(key: str) -> bool:
    if len(key) >= _SURELY_SECRET:
        return True
    return len(key) >= _LEAST_SECRET and (key.startswith(_KEYS_BEGIN) or _is_random(key))


def _vendor_length(key: str) -> int:
    found = _VENDOR.match(key)
    return found.end() if found and len(key) - found.end() >= _HEAD else 0


def _pieces(secret: str) -> Iterator[str]:
    """One of them lies in every part of `secret` that counts."""
    for start in range(0, len(secret) - _STEP + 1, _STEP):
        yield secret[start : start + _STEP]


def _places(part: str, text: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + len(part))


def _alike(one: Iterable[str], other: Iterable[str]) -> int:
    """How many characters both begin with."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _encodings(key: str) -> Iterator[str]:
    """All that a server is likely to make of a key that it quotes whole."""
    raw = key.encode()
    yield key
    yield json.dumps(key)[1:-1]
    for digits in (raw.hex(), raw.hex().upper()):
        yield digits
        yield "".join(f"%{digits[n : n + 2]}" for n in range(0, len(digits), 2))
    yield "".join(c if _PLAIN.match(c) or c in ".~" else f"%{ord(c):02X}" for c in key)
    yield "".join(c if c.isalnum() else f"%{ord(c):02X}" for c in key)
    yield "".join(c if c.isalnum() else f"%{ord(c):02x}" for c in key)
    for in_85 in (base64.b85encode(raw).decode(), base64.a85encode(raw).decode()):
        yield in_85
        yield json.dumps(in_85)[1:-1]
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield _inner(encode(bytes(before) + raw).decode(), before, len(raw))


def _inner(encoded: str, before: int, length: int) -> str:
    """The characters that follow from the key alone, whatever stands around it."""
    start = -(-before * 8 // 6)
    return encoded[start : (before + length) * 8 // 6]


def _is_random(part: str) -> bool:
    """No word: it has digits among its letters, or letters of both cases."""
    letters = [c for c in part if c.isalpha()]
    mixed = any(map(str.isupper, letters)) and any(map(str.islower, letters))
    return mixed or (bool(letters) and any(map(str.isdigit, part)))


def _unescaped(found: re.Match[str]) -> str:
    """The character itself, where JSON would not need to escape it."""
    if found[1]:
        return found[1]
    character = chr(int(found[2], 16))
    return character if _PLAIN.match(character) else found[0]
