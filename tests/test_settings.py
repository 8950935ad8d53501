"""The settings table: where a value comes from, and what is said of one that is wrong."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.errors import SettingError, UnknownProviderError
from pettingllms.providers.wire.params import parse_params
from pettingllms.settings import Settings, check_needs, environment_name, flag_of, resolve


def test_nothing_configured_is_the_demo() -> None:
    """The only way to get it without naming it."""
    resolved = resolve({}, {})
    assert resolved.is_embedded_demo
    assert resolved.settings.api_type == "replay"
    assert not resolve({"api_type": "replay"}, {}).is_embedded_demo


@pytest.mark.parametrize("name", ["problems", "model", "base_url", "api_key_block"])
def test_whoever_asks_for_something_real_gets_no_demo(name: str) -> None:
    """A forgotten API_TYPE is an error, never a fall back to recorded answers."""
    with pytest.raises(SettingError, match=f"{name} is set .* no provider is"):
        resolve({name: "x"}, {})


@pytest.mark.parametrize(
    ("environment", "api_type"),
    [
        ({"USE_API": "true"}, "openai"),
        ({"USE_API": "TRUE", "API_TYPE": "claude"}, "claude"),
        ({"USE_API": "false"}, "local"),
        ({"USE_API": "false", "API_TYPE": "claude"}, "local"),
        ({"API_TYPE": "DeepSeek"}, "deepseek"),
        ({"API_TYPE": "anthropic"}, "claude"),
        ({"API_TYPE": "vllm"}, "local"),
        ({"USE_API": "", "API_TYPE": "openai"}, "openai"),
    ],
)
def test_the_variables_of_the_guide_choose_the_provider(
    environment: dict[str, str], api_type: str
) -> None:
    """USE_API says whether, API_TYPE which."""
    assert resolve({}, environment).settings.api_type == api_type


def test_flags_then_environment_then_file_then_default(tmp_path: Path) -> None:
    """The first place that has a value wins; an empty variable has none."""
    file = tmp_path / "sft.toml"
    file.write_text('api_type = "openai"\nmodel = "file"\nsamples = 7\nmax_turns = 9\n')
    environment = {"SFT_CONFIG": str(file), "API_MODEL": "variable", "SFT_MAX_TURNS": ""}
    environment["SFT_SAMPLES"] = "5"
    resolved = resolve({"samples": 2, "timeout": None}, environment)
    settings = resolved.settings
    assert (settings.samples, settings.model, settings.max_turns) == (2, "variable", 9)
    assert settings.timeout == 60.0
    assert resolved.origins["model"] == "variable API_MODEL"
    assert resolved.given() == {
        "api_type": "openai", "model": "variable", "samples": 2, "max_turns": 9,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "environment", "said"),
    [
        ({"samples": "many"}, {}, "samples = 'many' (flag): "),
        ({}, {"SFT_SAMPLES": "-1"}, "samples = '-1' (variable SFT_SAMPLES): "),
        ({"temperature": 3}, {}, "temperature = 3 (flag): "),
        ({"smaples": 1}, {}, "Did you mean 'samples'?"),
        ({"config": "no-such.toml"}, {}, "no-such.toml cannot be read"),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(
    given: dict[str, object], environment: dict[str, str], said: str
) -> None:
    """What it is, where it was set, why it will not do."""
    with pytest.raises(SettingError) as error:
        resolve(given, {"API_TYPE": "local"} | environment)
    assert said in str(error.value)


def test_a_file_that_is_no_toml_says_where(tmp_path: Path) -> None:
    """With the line that does not parse, or the setting that does not exist."""
    file = tmp_path / "sft.toml"
    file.write_text("samples = \n")
    with pytest.raises(SettingError, match="line 1"):
        resolve({"config": file}, {})
    file.write_text("sample = 1\n")
    with pytest.raises(SettingError, match=r"Unknown setting 'sample' \(file .*sft.toml\)"):
        resolve({"config": file}, {})


def test_an_unknown_provider_lists_the_known_ones() -> None:
    """Before anything else is looked at."""
    with pytest.raises(UnknownProviderError, match="openai, deepseek, claude, local"):
        resolve({"api_type": "gemini"}, {})


def test_several_problem_sources_fit_in_one_variable() -> None:
    """As a shell would split them."""
    environment = {"API_TYPE": "local", "SFT_PROBLEMS": "a.jsonl 'my file.json' hf:o/n"}
    assert resolve({}, environment).settings.problems == ("a.jsonl", "my file.json", "hf:o/n")


@given(st.sampled_from(sorted(Settings.model_fields)), st.text(max_size=20))
def test_no_text_of_a_user_brings_a_traceback(name: str, text: str) -> None:
    """Any value for any setting: accepted, or a SettingError."""
    variable = environment_name(Settings.model_fields[name])
    for flags, environment in (({name: text}, {}), ({}, {variable: text})):
        with suppress(SettingError, UnknownProviderError):
            resolve({"api_type": "local"} | flags, environment)


def test_what_a_run_is_shown_with_makes_the_same_run() -> None:
    """The flow's parameters come from here: resolved again they give the same settings."""
    given = {"api_type": "local", "problems": ["a"], "samples": "3", "output_dir": "x"}
    first = resolve(given, {})
    assert resolve(first.given(), {}).settings == first.settings


@pytest.mark.parametrize(
    ("given", "environment", "toml"),
    [
        ({"params": ["top_p=0.9", 'stop=["a b"]']}, {}, ""),
        ({}, {"SFT_PARAMS": "top_p=0.9 'stop=[\"a b\"]'"}, ""),
        ({}, {"SFT_PARAMS": '{"top_p": 0.9, "stop": ["a b"]}'}, ""),
        ({}, {}, '[params]\ntop_p = 0.9\nstop = ["a b"]\n'),
    ],
)
def test_fields_of_the_request_come_from_all_places(
    given: dict[str, object], environment: dict[str, str], toml: str, tmp_path: Path
) -> None:
    """Flags, the variable as words or JSON, and a table of the TOML file."""
    file = tmp_path / "sft.toml"
    file.write_text(f'api_type = "openai"\n{toml}')
    settings = resolve({**given, "config": str(file)}, environment).settings
    assert parse_params(settings.params) == {"top_p": 0.9, "stop": ["a b"]}
    assert settings.params == ("top_p=0.9", 'stop=["a b"]')


def test_a_field_that_the_program_owns_is_refused_with_its_setting() -> None:
    """As every wrong setting is."""
    with pytest.raises(SettingError, match="--samples"):
        resolve({"api_type": "openai", "params": ["n=3"]}, {})


IN_VAIN = [
    ({"test_model": "openai:gpt-4o"}, "without write_tests"),
    ({"agreement": "answers=2,share=0.5,tests=1"}, "without write_tests"),
    ({"agents": "code,test"}, "without write_tests"),
    ({"collect_mode": "env"}, "without agents = code,test"),
    ({"write_tests": 3, "samples": 4, "agent_ratios": "code=2,test=1"}, "agents = code,test"),
    ({"grader": "openai:gpt-4o"}, "without rubric"),
    ({"rubric_threshold": 8}, "without rubric"),
    ({"batch_repairs": True}, "without batch"),
    ({"batch_wait": 0}, "without batch"),
    ({"pairs": 3}, "without format = preference"),
    ({"balance_lengths": True, "format": "alpaca"}, "without format = preference"),
    ({"max_row_tokens": 100}, "without tokenizer"),
    ({"keep": 1, "format": "rl"}, "with format = rl"),
    ({"dedup": 1, "format": "rl"}, "with format = rl"),
    ({"dialogue": True, "format": "preference"}, "with format = preference"),
    ({"dialogue": True, "max_turns": 1}, "with max_turns = 1"),
    ({"feedback": "full", "max_turns": 1}, "with max_turns = 1"),
    ({"accept": 1}, "with samples = 1"),
]


@pytest.mark.parametrize(("given", "why"), IN_VAIN)
def test_a_setting_that_would_have_no_effect_is_refused(given: dict[str, object], why: str) -> None:
    """With the one that it belongs to and both ways out, whatever name it was set by."""
    settings = resolve({"api_type": "local"} | given, {}).settings
    with pytest.raises(SettingError) as refused:
        check_needs(settings)
    assert " has no effect " in refused.value.message
    assert why in refused.value.message
    assert refused.value.remedy.startswith("Set ")
    assert ", or leave out " in refused.value.remedy


def test_settings_that_have_what_they_need_are_taken() -> None:
    """The same ones, each with what it belongs to; and all defaults."""
    whole = [
        {},
        {"write_tests": 3, "samples": 4, "agents": "code,test", "collect_mode": "env",
         "agent_ratios": "code=2,test=1", "test_model": "openai:gpt-4o"},
        {"rubric": "r.txt", "grader": "openai:gpt-4o", "rubric_threshold": 8},
        {"batch": True, "batch_repairs": True, "batch_wait": 0},
        {"format": "preference", "pairs": 3, "balance_lengths": True},
        {"tokenizer": "t", "max_row_tokens": 9, "dialogue": True, "feedback": "full"},
        {"samples": 2, "accept": 1, "keep": 1, "dedup": 1},
    ]  # fmt: skip
    for chosen in whole:
        check_needs(resolve({"api_type": "local"} | chosen, {}).settings)


def test_what_each_setting_needs_is_in_the_table() -> None:
    """A need that names no setting would never be met, or always."""
    for name, field in Settings.model_fields.items():
        for need in field.json_schema_extra["needs"].split():
            other = need.replace("!", "=").replace(">", "=").split("=")[0]
            assert other in Settings.model_fields, f"{flag_of(name)}: {need}"
