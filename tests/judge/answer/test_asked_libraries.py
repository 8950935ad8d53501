"""A task that asks for a library is not answered without it."""

from __future__ import annotations

import pytest

from pettingllms.judge.answer.asked_libraries import asked_libraries
from pettingllms.judge.answer.validators import Candidate, without_its_library
from pettingllms.records import Completion, Outcome, Problem


def task(said: str) -> Problem:
    return Problem("p", ({"role": "user", "content": said},))


@pytest.mark.parametrize(
    ("said", "libraries"),
    [
        ("Using NumPy, multiply two matrices.", {"numpy"}),
        ("Write `f`, which uses pandas to sum a column.", {"pandas"}),
        ("Solve it. Use the `sympy` library.", {"sympy"}),
        ("Train a model using scikit-learn and PyTorch.", {"sklearn"}),
        ("Multiply two matrices without using numpy.", set()),
        ("Do not use numpy.", set()),
        ("You may use numpy.", set()),
        ("Don't use pandas here.", set()),
        ("Use numpy or plain lists.", set()),
        ("The argument is a numpy array.", set()),
        ("Add two numbers.", set()),
    ],
)
def test_what_a_task_asks_for(said: str, libraries: set[str]) -> None:
    """In so many words; what it allows or forbids it does not ask for."""
    assert asked_libraries(task(said)) == libraries


def test_an_answer_without_it_is_no_answer() -> None:
    """Whatever tests it would pass; it is told what is missing."""
    asked, answer = task("Using NumPy, add two numbers."), Completion("...")
    plain = without_its_library(Candidate(asked, answer, "def f(a, b): return a + b"))
    assert plain is not None
    assert plain.outcome is Outcome.WRONG_LIBRARY
    assert plain.outcome.is_repairable
    assert plain.failure is not None
    assert "numpy" in plain.failure.error
    uses = "def f(a, b):\n    from numpy.linalg import norm\n    return norm([a, b])"
    assert without_its_library(Candidate(asked, answer, uses)) is None
    assert without_its_library(Candidate(task("Add."), answer, "def f(): pass")) is None
