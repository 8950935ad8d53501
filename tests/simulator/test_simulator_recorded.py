"""Recorded answers: found by prompt and turn, their faults played once, bad lines named."""

import json

import openai
import pytest

from pettingllms.agreement import question
from pettingllms.errors import ProblemFileError
from pettingllms.records import Message, Problem
from pettingllms.simulator import AskedMessage, ChatBody, RecordedAnswers, Reply, Simulator

SUM = Problem("sum", (Message(role="user", content="Add two numbers."),))
SHOWN = Problem(
    "shown",
    (
        Message(role="system", content="Be brief."),
        Message(role="user", content="1 + 1?"),
        Message(role="assistant", content="2"),
        Message(role="user", content="2 + 2?"),
    ),
)


def record(text, turn=0, problem_id="sum", **more):
    fields = {
        "problem_id": problem_id,
        "turn": turn,
        "text": text,
        "finish_reason": "stop",
        "prompt_tokens": 5,
        "completion_tokens": 6,
    }
    return fields | more


@pytest.fixture
def recorded(tmp_path):
    def answers(*records):
        path = tmp_path / "recorded_answers.jsonl"
        path.write_text("".join(json.dumps(r) + "\n" for r in records))
        return RecordedAnswers([SUM, SHOWN], path)

    return answers


@pytest.fixture
async def replay(serve, callers, recorded):
    async def ask_of(*records):
        sim = await serve(Simulator(recorded(*records)))
        client = await callers.openai(sim.base_url)

        async def ask(*messages):
            return await client.chat.completions.create(model="m", messages=messages)

        return ask

    return ask_of


async def test_turn_is_the_number_of_assistant_messages(replay):
    """A conversation that goes on gets the answer recorded for its turn."""
    ask = await replay(record("first"), record("second", turn=1))
    feedback = [{"role": "assistant", "content": "first"}, {"role": "user", "content": "Wrong."}]

    first = await ask(*SUM.messages)
    second = await ask({"role": "system", "content": "Any."}, *SUM.messages, *feedback)

    assert first.choices[0].message.content == "first"
    assert (first.usage.prompt_tokens, first.usage.completion_tokens) == (5, 6)
    assert second.choices[0].message.content == "second"


async def test_a_problems_own_assistant_messages_are_no_turns(replay):
    """Turn 0 of a problem that shows an example comes after that example's answer."""
    ask = await replay(record("4", problem_id="shown"))

    assert (await ask(*SHOWN.messages)).choices[0].message.content == "4"


async def test_faults_are_played_once_each_in_order(replay):
    """First the 429, then the silence that ends in a lost connection, then always the answer."""
    faults = [{"status": 429, "retry_after_s": 1}, {"hang_s": 0.01}]
    ask = await replay(record("at last", faults=faults))

    with pytest.raises(openai.RateLimitError) as caught:
        await ask(*SUM.messages)
    with pytest.raises(openai.APIConnectionError):
        await ask(*SUM.messages)
    answers = [await ask(*SUM.messages) for _ in range(2)]

    assert caught.value.response.headers["retry-after"] == "1"
    assert [answer.choices[0].message.content for answer in answers] == ["at last"] * 2


async def test_unknown_prompt_or_turn_is_a_bad_request(replay):
    """What was never recorded is a 400 that says which turn of which prompt is missing."""
    ask = await replay(record("first"))

    with pytest.raises(openai.BadRequestError, match=r"no recorded answer .*turn 0.*Subtract"):
        await ask({"role": "user", "content": "Subtract."})
    with pytest.raises(openai.BadRequestError, match=r"turn 1"):
        await ask(*SUM.messages, {"role": "assistant", "content": "first"})


async def test_records_of_other_problems_are_left_aside(replay):
    """A choice of the problems can be served with the records of all."""
    ask = await replay(record("other", problem_id="elsewhere"), record("first"))

    assert (await ask(*SUM.messages)).choices[0].message.content == "first"


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("{", "Invalid JSON"),
        ("[]", "object"),
        (record("x", turn=-1), "turn: "),
        (record("x", finish_reason="done"), "finish_reason: "),
        (record("x", colour="red"), "colour: "),
        (record("x", faults=[{"status": 429, "hang_s": 3}]), "faults.0"),
        (record("again"), "answered twice"),
    ],
)
def test_bad_record_is_named_by_file_and_line(tmp_path, bad, said):
    """The error says the file, the line (blank ones counted), and what is wrong there."""
    path = tmp_path / "recorded_answers.jsonl"
    line = bad if isinstance(bad, str) else json.dumps(bad)
    path.write_text(f"{json.dumps(record('first'))}\n\n{line}\n")

    with pytest.raises(ProblemFileError) as caught:
        RecordedAnswers([SUM], path)

    assert caught.value.message.startswith(f"{path}:3: ")
    assert said in caught.value.message


def test_missing_file_is_named(tmp_path):
    """A file that is not there is an error with its path."""
    with pytest.raises(ProblemFileError, match=r"nowhere\.jsonl: cannot be read"):
        RecordedAnswers([SUM], tmp_path / "nowhere.jsonl")


def test_a_test_writer_is_played(tmp_path):
    """A record of the test agent answers who asks for tests, and not who asks for a solution."""
    path = tmp_path / "answers.jsonl"
    path.write_text(f"{json.dumps(record('code'))}\n{json.dumps(record('tests', agent='test'))}\n")
    answers = RecordedAnswers([SUM], path)
    for messages, said in ((SUM.messages, "code"), (question(SUM, 5), "tests")):
        asked = tuple(AskedMessage(m["role"], m["content"]) for m in messages)
        reply = answers.answer(ChatBody("m", asked))
        assert isinstance(reply, Reply)
        assert reply.text == said
