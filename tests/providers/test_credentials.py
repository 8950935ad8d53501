"""Where keys come from, and where none is needed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.errors import KeyRefusedError, MissingKeyError
from pettingllms.providers.credentials import from_environment, header_names, is_loopback, key_for

VARIABLE = "PETTINGLLMS_TEST_VALUE"
FAR = "https://api.example.com"


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost", True),
        ("http://LOCALHOST:8000/v1", True),
        ("http://127.0.0.1:1/v1", True),
        ("http://127.255.0.9", True),
        ("http://[::1]:8000", True),
        ("http://user@localhost/v1", True),
        ("http://localhost@evil.example/v1", False),
        ("http://localhost.example", False),
        ("http://127.0.0.1.example", False),
        ("http://0.0.0.0:8000", False),
        ("http://192.168.0.1", False),
        ("http://[::2]", False),
        ("localhost:8000", False),
        ("", False),
        (None, False),
    ],
)
def test_loopback(url, loopback):
    """This machine alone: not the local network, not a name that only begins alike."""
    assert is_loopback(url) == loopback


def test_an_empty_variable_is_unset(monkeypatch):
    """`export KEY=` sets nothing."""
    monkeypatch.setenv(VARIABLE, "")
    assert from_environment(VARIABLE) is None
    monkeypatch.setenv(VARIABLE, "value")
    assert from_environment(VARIABLE) == "value"
    assert from_environment(None) is None


def test_the_given_key_wins_and_is_stripped(monkeypatch):
    """Given, then the variable, then none where none is needed."""
    monkeypatch.setenv(VARIABLE, " env \n")
    assert key_for("p", " given\n", VARIABLE, FAR) == "given"
    assert key_for("p", None, VARIABLE, FAR) == "env"
    monkeypatch.delenv(VARIABLE)
    assert key_for("p", None, VARIABLE, "http://localhost") is None
    assert key_for("p", None, None, FAR) is None
    with pytest.raises(MissingKeyError, match=f"^API key not provided for p\nSet it.*{VARIABLE}"):
        key_for("p", None, VARIABLE, FAR)


@given(st.text(st.characters(categories=["Cc", "L", "N"]), min_size=1))
def test_any_key_is_sendable_or_refused_unquoted(key):
    """What comes back fits a header; what does not is refused, without being shown."""
    try:
        found = key_for("p", key, None, FAR)
    except KeyRefusedError as error:
        assert len(key) < 3 or key not in str(error)  # noqa: PT017
        return
    assert found is None or (found.isascii() and found.isprintable())


def test_header_names(monkeypatch):
    """One `Name: value` a line, as the SDKs read them."""
    monkeypatch.setenv(VARIABLE, "X-One: 1\n\nnonsense\n X-Two :a:b")
    assert header_names(VARIABLE) == ("X-One", "X-Two")
    monkeypatch.delenv(VARIABLE)
    assert header_names(VARIABLE) == ()
