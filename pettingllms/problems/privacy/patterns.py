"""What private things look like, and what only looks like them: examples and placeholders."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """One kind of private thing. Without one of `marks`, which are looked for first, `expression`
    cannot match; its group `private`, or all of it, counts where `is_real` says that it does.
    """

    kind: str
    marks: tuple[str, ...]
    expression: re.Pattern[str]
    is_real: Callable[[str], bool]


_LEAST_VARIETY = 8
"""Different characters in a real key, at least: `sk-xxxxxxxxxxxxxxxxxxxxxxxx` has four."""
_PLACEHOLDER = re.compile(
    r"example|your|placeholder|dummy|fake|sample|test|changeme|redacted|insert|replace|xxxx"
    r"|12345|abcde",
    re.IGNORECASE,
)
_WORD_START = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))"
"""Also after an escaped line end, as in the source of a test."""


def _is_key(found: str) -> bool:
    return len(set(found)) >= _LEAST_VARIETY and not _PLACEHOLDER.search(found)


def _is_mixed_key(found: str) -> bool:
    """Letters and digits: no word, no path, no number."""
    digits = sum(map(str.isdigit, found))
    return _is_key(found) and 3 <= digits <= len(found) - 3


def _key(
    kind: str, marks: str, expression: str, is_real: Callable[[str], bool] = _is_key
) -> Pattern:
    whole_word = re.compile(rf"{_WORD_START}(?:{expression})")
    return Pattern(kind, tuple(marks.split()), whole_word, is_real)


_KEYS = (
    _key("Anthropic key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{20,}"),
    _key("API key", "sk-", r"sk-(?!ant-)[A-Za-z0-9_-]{20,}", _is_mixed_key),
    _key("AWS key", "AKIA ASIA", r"A[KS]IA[0-9A-Z]{16}(?![0-9A-Z])"),
    _key("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{36,}"),
    _key("GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9_]{22,}"),
    _key("GitLab token", "glpat-", r"glpat-[A-Za-z0-9_-]{20,}"),
    _key("Google key", "AIza", r"AIza[A-Za-z0-9_-]{35}"),
    _key("Hugging Face token", "hf_", r"hf_[A-Za-z0-9]{30,}"),
    _key("Slack token", "xox", r"xox[abeprs]-[A-Za-z0-9-]{10,}"),
    _key("Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/services/T\w+/B\w+/\w{16,}"),
    _key("Stripe key", "k_live_", r"[rs]k_live_[A-Za-z0-9]{20,}"),
    _key("npm token", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _key("PyPI token", "pypi-", r"pypi-AgE[A-Za-z0-9_-]{50,}"),
    _key("JSON web token", "eyJ", r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    _key("bearer token", "Bearer", r"Bearer (?P<private>[A-Za-z0-9._~+/-]{20,}=*)"),
    Pattern(
        "private key",
        ("PRIVATE KEY",),
        re.compile(
            r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[^-]{0,300}?"
            r"(?P<private>[A-Za-z0-9+/]{40,})"
        ),
        _is_key,
    ),
)


_ASSIGNED = Pattern(
    "secret value",
    ("key", "KEY", "Key", "oken", "OKEN", "assw", "ASSW", "ecret", "ECRET"),
    re.compile(
        r"(?i:(?:api|access|secret|private|auth)_?key|(?:access|auth|api|bearer|refresh)_?token"
        r"|passw(?:or)?d|secret)"
        r"""["']?\s{0,4}[:=]\s{0,4}["'](?P<private>[A-Za-z0-9_\-./+=]{20,})["']"""
    ),
    _is_mixed_key,
)

_WEAK_PASSWORD = re.compile(r"user|pass|pwd|secret|key|token|admin|foo|bar|[*.<{$%]", re.IGNORECASE)


def _is_password(found: str) -> bool:
    return not _WEAK_PASSWORD.match(found) and not _PLACEHOLDER.search(found)


_PASSWORD_IN_URL = Pattern(
    "password in a URL",
    ("://",),
    re.compile(
        r"[a-z][a-z0-9+.-]{1,20}://[^\s:/@\"']{1,100}:(?P<private>[^\s:/@\"']{3,200})@"
        r"(?!localhost|127\.|[\w.-]*example)[\w.-]+"
    ),
    _is_password,
)

_LABEL = r"[A-Za-z0-9][A-Za-z0-9-]{0,62}"
_PUBLIC_TOP = (
    r"(?:[a-z]{2}|com|org|net|edu|gov|mil|int|info|biz|dev|app|xyz|tech|cloud|online|site|name"
    r"|email|agency|digital|systems|software|solutions|company|group|team|work|world|live|pro)"
)
_EXAMPLE_DOMAIN = re.compile(
    r"(?:^|\.)(?:example(?:\.\w+)?|test|invalid|localhost"
    r"|(?:domain|mydomain|yourdomain|e?mail|test|company|site|mysite|website|server|host"
    r"|foo|bar|abc|xyz|acme|sample|provider|\w)\.\w+)$",
    re.IGNORECASE,
)
_EXAMPLE_PERSON = re.compile(
    r"^(?:(?:first|last|full|your|user)?[._-]?names?|users?|tester?|foo|bar|baz|abc|xyz"
    r"|alice|bob|charlie|dave|eve|me|you|someone|somebody|person|hello|mail|email|example"
    r"|(?:john|jane|joe|jon)(?:[._-]?(?:doe|smith))?|git|no-?reply|info|support|contact|admin"
    r"|postmaster|webmaster|\w)\d*$",
    re.IGNORECASE,
)


def _is_address(found: str) -> bool:
    person, _, domain = found.rpartition("@")
    return not _EXAMPLE_DOMAIN.search(domain) and not _EXAMPLE_PERSON.search(person)


_ADDRESS = Pattern(
    "e-mail address",
    ("@",),
    re.compile(
        rf"(?<![\w.+:/-])[A-Za-z0-9][\w.+-]{{0,63}}@(?:{_LABEL}\.){{1,5}}{_PUBLIC_TOP}"
        r"(?![\w(\[-]|\.\w)"
    ),
    _is_address,
)

_PRIVATE_TOPS = ("internal", "intranet", "corp", "lan", "local", "home.arpa")
_PRIVATE_TOP = rf"(?:{'|'.join(map(re.escape, _PRIVATE_TOPS))})"


def _is_host(found: str) -> bool:
    """A host, and no chain of attributes such as `self.state.local`."""
    return not found.startswith(("self.", "cls.", "this.")) and not _PLACEHOLDER.search(found)


def _host(expression: str) -> Pattern:
    marks = tuple(f".{top}" for top in _PRIVATE_TOPS)
    return Pattern("private host name", marks, re.compile(expression), _is_host)


_TELLING_LABEL = r"(?=[A-Za-z-]{1,62}[0-9-])[A-Za-z][A-Za-z0-9-]{0,62}"
"""One that no attribute has: with a digit or a hyphen, as in `db-1.internal`."""
_HOSTS = (
    _host(
        rf"://(?:[^\s/@]{{1,100}}@)?(?P<private>(?:{_LABEL}\.){{1,6}}{_PRIVATE_TOP})(?![\w-]|\.\w)"
    ),
    _host(
        rf"(?<![\w.@/-])(?:(?:{_LABEL}\.){{2,6}}|{_TELLING_LABEL}\.){_PRIVATE_TOP}"
        r"(?![\w(\[=-]|\.\w|\s*=)"
    ),
)

PATTERNS = (*_KEYS, _ASSIGNED, _PASSWORD_IN_URL, _ADDRESS, *_HOSTS)
