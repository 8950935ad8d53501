"""Chat markup: known in all its dialects, defused where it is sent back."""

import pytest

from pettingllms.judge.answer.chat_markup import has_chat_markup, without_chat_markup
from pettingllms.records import Completion, Failure, Outcome, Verdict
from pettingllms.run.prompts import repair_turn


@pytest.mark.parametrize(
    "token",
    [
        "<|im_start|>", "<|im_end|>", "<|eot_id|>", "<|start_header_id|>", "<|endoftext|>",
        "<|channel|>", "<\uff5cAssistant\uff5c>", "<start_of_turn>", "<end_of_turn>", "[INST]",
        "[/INST]", "<<SYS>>", "<</SYS>>", "[gMASK]", "<|turn>", "<turn|>", "<eos>", "</s>", "<s>",
        "<|eom_id|>", "<|python_tag|>", "<|header_start|>",  # Llama 3 and 4
        "<tool_call>", "</tool_response>", "<think>", "</think>",  # Qwen
        "[TOOL_CONTENT]", "[/SYSTEM_PROMPT]", "[CALL_ID]",  # Mistral
        "<end_of_image>", "<unused94>",  # Gemma
        "<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5ctool\u2581calls\u2581begin\uff5c>",
        "<|start|>", "<|message|>", "<|return|>", "<|constrain|>",  # gpt-oss
        "<|im_sep|>", "<|end|>", "<|assistant|>",  # Phi
        "<|START_OF_TURN_TOKEN|>", "<|CHATBOT_TOKEN|>",  # Command R
        "[|assistant|]", "[|endofturn|]",  # EXAONE
        "<SPECIAL_10>", "<reserved_106>", "<end_of_sentence>",
    ],
)  # fmt: skip
def test_chat_markup_can_be_read_but_is_no_token_any_more(token: str) -> None:
    """Of the common chat templates, wherever in a failure it stands."""
    defused = without_chat_markup(f"got '{token}'")
    assert token not in defused
    assert defused.replace(" ", "") == f"got'{token}'"
    assert not has_chat_markup(defused)
    failed = Verdict(Outcome.WRONG_ANSWER, failure=Failure(token, token, token, token))
    *_, said = repair_turn((), Completion("def f(): ..."), failed)
    assert token not in said["content"]


@pytest.mark.parametrize("text", ["a <|> b", "x |> f", "if a<b and c>d: [INST]", "<html><s>x</s>"])
def test_operators_and_html_are_no_chat_markup(text: str) -> None:
    """Pipes of other languages, comparisons; `[INST]` is one."""
    assert has_chat_markup(text) == ("[INST]" in text)
