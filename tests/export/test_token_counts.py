"""Tokens of the model that is to be trained: counted by its tokenizer, and too many a reason."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from pettingllms.errors import MissingSDKError, SettingError
from pettingllms.export import RowOptions, find_drops, sft_rows
from pettingllms.export.token_counts import load_tokenizer
from pettingllms.run.write import gates_of, options_of, row_form
from pettingllms.settings import resolve

from .attempt_samples import answered

SAID = [{"role": "user", "content": "one two three"}, {"role": "assistant", "content": "four five"}]
TEMPLATE = (
    "{% for message in messages %}<s>{{ message.role }} {{ message.content }}</s>\n{% endfor %}"
)


@pytest.fixture
def words_file(tmp_path: Path) -> Path:
    """A tokenizer to which each word, and each sign, is a token."""
    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path / "tokenizer.json"


@pytest.fixture
def model_folder(words_file: Path) -> Path:
    """The same in the folder of a model, with a chat template."""
    from transformers import PreTrainedTokenizerFast

    folder = words_file.parent / "model"
    PreTrainedTokenizerFast(
        tokenizer_file=str(words_file), unk_token="?", chat_template=TEMPLATE
    ).save_pretrained(folder)
    return folder


def test_a_tokenizer_file_counts_what_is_said(words_file: Path) -> None:
    """The texts alone: no template is known."""
    assert load_tokenizer(str(words_file)).count(SAID) == 5


def test_a_model_counts_by_its_chat_template(model_folder: Path) -> None:
    """With the marks and the roles around each message, as a trainer has them."""
    assert load_tokenizer(str(model_folder)).count(SAID) == 5 + 2 * 7


def test_rows_say_their_tokens_and_too_many_is_a_reason(words_file: Path, tmp_path: Path) -> None:
    """Of the whole row as it is exported, with its thinking where that is in it."""
    attempts = [answered("p/0", text="a b"), answered("p/1", text="a b c d", reasoning="x " * 20)]
    given = {"tokenizer": str(words_file), "output_dir": str(tmp_path)}
    plain = resolve(given, {}).settings
    counted = [row.metadata.tokens for row in sft_rows(attempts, options=options_of(plain))]
    assert counted[1] - counted[0] == 2
    assert [row.metadata.tokens for row in sft_rows(attempts, options=RowOptions())] == [0, 0]
    short = resolve({**given, "max_row_tokens": counted[0]}, {}).settings
    drops = find_drops(attempts, gates_of(short, options_of(short)))
    assert {key: drop.reason for key, drop in drops.items()} == {("p/1", 0): "too_many_tokens"}
    thinking = resolve({**given, "max_row_tokens": counted[1] + 15, "reasoning": True}, {}).settings
    assert find_drops(attempts, gates_of(thinking, options_of(thinking))).keys() == {("p/1", 0)}


def test_kept_rows_go_by_the_tokenizer(words_file: Path, tmp_path: Path) -> None:
    """Rows of a finished shard are made again where another one counts."""
    settings = resolve({"tokenizer": str(words_file)}, {}).settings
    before = row_form(settings)
    assert row_form(settings) == before
    words_file.write_text(words_file.read_text().replace('"?": 0', '"?": 0, "one": 1'))
    assert row_form(settings) != before
    assert row_form(resolve({}, {}).settings) != before


@pytest.mark.parametrize("content", ["", "{}", "no json"])
def test_what_is_no_tokenizer_is_named(content: str, tmp_path: Path) -> None:
    """A file of something else, and a folder without one, before anything is asked."""
    file = tmp_path / "tokenizer.json"
    file.write_text(content)
    with pytest.raises(SettingError, match=r"tokenizer\.json cannot be loaded"):
        load_tokenizer(str(file))
    with pytest.raises(SettingError, match="cannot be loaded"):
        load_tokenizer(str(tmp_path))


@pytest.mark.parametrize("name", ["folder/missing.json", "/no/such/folder", "~/none", "", "a/b/c"])
def test_what_is_not_there_is_not_looked_for_on_the_hub(name: str) -> None:
    """No model is called so; the hub, asked, would be asked for a minute where it is away."""
    with pytest.raises(SettingError, match="is not there"):
        load_tokenizer(name)


def test_a_hub_that_is_away_is_asked_once(tmp_path: Path) -> None:
    """And told in words, as a model that is in the hub's cache neither is."""
    away = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path)}
    program = (
        "from pettingllms.errors import SettingError\n"
        "from pettingllms.export.token_counts import load_tokenizer\n"
        "try:\n    load_tokenizer('owner/model')\n"
        "except SettingError as error:\n    print(error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **away}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "the hub does not answer, and it is not in its cache here" in ended.stdout
    assert "Retry" not in ended.stderr


def test_a_model_without_a_template_is_told_what_to_name(model_folder: Path) -> None:
    """Its tokenizer.json counts."""
    (model_folder / "chat_template.jinja").unlink()
    with pytest.raises(SettingError, match=r"no chat template; its tokenizer\.json counts texts"):
        load_tokenizer(str(model_folder))


def test_what_is_not_installed_is_named(words_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra that has it."""
    monkeypatch.setitem(__import__("sys").modules, "tokenizers", None)
    with pytest.raises(MissingSDKError, match="tokenizers package is required") as caught:
        load_tokenizer(str(words_file))
    assert "pettingllms-sft[tokenizer]" in caught.value.remedy
