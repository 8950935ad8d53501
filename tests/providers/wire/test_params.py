"""Fields of the request by name: read, written, and refused where the program fills them in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.providers.wire.params import param_words, parse_params

names = st.from_regex(r"[a-z_]{1,6}", fullmatch=True).map(lambda name: f"x_{name}")
values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
tables = st.recursive(
    st.dictionaries(names, values | st.lists(values, max_size=3), max_size=3),
    lambda inner: st.dictionaries(names, inner | values, max_size=3),
    max_leaves=6,
)


@given(tables)
def test_what_is_written_is_read_again(params: dict[str, object]) -> None:
    """Any table of fields survives as words, as the settings keep them."""
    assert parse_params(param_words(params)) == params


@pytest.mark.parametrize(
    ("words", "params"),
    [
        (["top_p=0.9", "seed=7"], {"top_p": 0.9, "seed": 7}),
        (["reasoning_effort=high"], {"reasoning_effort": "high"}),
        (['stop=["a b", "c"]'], {"stop": ["a b", "c"]}),
        (["thinking.type=disabled"], {"thinking": {"type": "disabled"}}),
        (["a.b.c=1", "a.b.d=true"], {"a": {"b": {"c": 1, "d": True}}}),
        (["user=a=b"], {"user": "a=b"}),
        (["seed=1", "seed=2"], {"seed": 2}),
        (["temperature=null"], {"temperature": None}),
    ],
)
def test_values_are_json_or_text(words: list[str], params: dict[str, object]) -> None:
    """Dots go one level down; the later of two wins; null leaves a field out."""
    assert parse_params(words) == params


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("messages=[]", "--problems"),
        ("model=x", "--model"),
        ("n=3", "--samples"),
        ("stream=true", "leave it out"),
        ("max_tokens=5", "--max-tokens"),
        ("max_completion_tokens=5", "--max-tokens"),
        ("temperature=1", "--temperature"),
        ("system=x", "--system-prompt"),
        ("top_p", "NAME=VALUE"),
        ("=1", "NAME=VALUE"),
        ("a..b=1", "NAME=VALUE"),
        ("stop=[a]", "no JSON"),
    ],
)
def test_what_the_program_owns_is_refused_with_the_setting_to_use(word: str, said: str) -> None:
    """And what is no field at all."""
    with pytest.raises(ValueError, match=said):
        parse_params([word])


def test_a_field_is_a_value_or_a_table() -> None:
    """Whichever comes first."""
    with pytest.raises(ValueError, match="goes below a"):
        parse_params(["a=1", "a.b=2"])
    with pytest.raises(ValueError, match="takes the place"):
        parse_params(["a.b=2", "a=1"])


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("top_p=0.9,seed=1", "put a space between"),
        ("seed=1; stop=a", "put a space between"),
        ("extra_body.top_k=5", "name the fields in it"),
    ],
)
def test_what_is_meant_otherwise_is_told(word: str, said: str) -> None:
    """It would be sent as the text of one field, or as a field that no server knows."""
    with pytest.raises(ValueError, match=said):
        parse_params([word])
