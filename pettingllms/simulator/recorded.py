"""Recorded answers: a JSONL file of what a model once said to known problems."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from pettingllms.agreement.test_writer import task_in, task_of
from pettingllms.errors import ProblemFileError
from pettingllms.records import Agent, Problem
from pettingllms.simulator.chat import ChatBody, ErrorReply, FinishReason, Reply
from pettingllms.simulator.faults import Hang, NoAnswer

_Prompt = tuple[str, int]
"""The first user message, and how many assistant messages came before this turn; where tests are
asked for, the task, and the turn less _TEST_TURNS."""
_TEST_TURNS = 1_000


class HangRecord(BaseModel):
    model_config = ConfigDict(extra="forbid")

    hang_s: float

    def fault(self) -> Hang:
        return Hang(self.hang_s)


class HttpErrorRecord(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: int
    retry_after_s: float | None = None
    code: str = ""
    message: str = ""

    def fault(self) -> ErrorReply:
        return ErrorReply(
            self.status, self.message, code=self.code, retry_after_s=self.retry_after_s
        )


class RecordedAnswer(BaseModel):
    """One line of the file. `faults` are played once each, in order, before the answer; that of the
    `test` agent answers who asks for tests of the problem."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    problem_id: str
    turn: NonNegativeInt
    agent: Agent = "code"
    text: str
    finish_reason: FinishReason
    reasoning: str = ""
    prompt_tokens: NonNegativeInt
    completion_tokens: NonNegativeInt
    faults: tuple[HttpErrorRecord | HangRecord, ...] = ()

    def reply(self) -> Reply:
        return Reply(
            self.text,
            self.finish_reason,
            self.reasoning,
            self.prompt_tokens,
            self.completion_tokens,
        )


class RecordedAnswers:
    """Answers a problem by its first user message and the turn: the assistant messages so far.

    Records of problems that are not among `problems` are left aside. Faults are played once in
    the life of this object: make a fresh one for each server.

    Raises: ProblemFileError, with file and line, for a record that cannot be used.
    """

    def __init__(self, problems: Iterable[Problem], path: Path) -> None:
        problems = tuple(problems)
        prompts = {problem.id: _first_prompt(problem) for problem in problems}
        tasks = {problem.id: task_of(problem) for problem in problems}
        self._replies: dict[_Prompt, Reply] = {}
        self._faults: dict[_Prompt, deque[NoAnswer]] = {}
        for origin, record in _read(path):
            if record.problem_id in prompts:
                content, earlier = prompts[record.problem_id]
                prompt = content, earlier + record.turn
                if record.agent == "test":
                    prompt = tasks[record.problem_id], record.turn - _TEST_TURNS
                self._add(origin, prompt, record)

    def answer(self, body: ChatBody) -> Reply | NoAnswer | None:
        task, turn = task_in(body.first_user_content), body.assistant_messages
        prompt = (body.first_user_content, turn) if task is None else (task, turn - _TEST_TURNS)
        if faults := self._faults.get(prompt):
            return faults.popleft()
        return self._replies.get(prompt)

    def _add(self, origin: str, prompt: _Prompt, record: RecordedAnswer) -> None:
        if prompt in self._replies:
            raise ProblemFileError(
                f"{origin}: turn {record.turn} of problem {record.problem_id!r} is answered twice"
                " (or another problem has the same prompt).",
                "Keep one of the records.",
            )
        self._replies[prompt] = record.reply()
        self._faults[prompt] = deque(fault.fault() for fault in record.faults)


def _first_prompt(problem: Problem) -> _Prompt:
    content = next((m["content"] for m in problem.messages if m["role"] == "user"), "")
    return content, sum(m["role"] == "assistant" for m in problem.messages)


def _read(path: Path) -> Iterator[tuple[str, RecordedAnswer]]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise ProblemFileError(f"{path}: cannot be read: {error.strerror}.") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            origin = f"{path}:{number}"
            yield origin, _parse(origin, line)


def _parse(origin: str, line: bytes) -> RecordedAnswer:
    try:
        return RecordedAnswer.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise ProblemFileError(
            f"{origin}: {f'{field}: ' if field else ''}{first['msg']}.",
            "A record is one JSON object a line: problem_id, turn, text, finish_reason,"
            " prompt_tokens, completion_tokens, and optionally agent, reasoning and faults.",
        ) from error
