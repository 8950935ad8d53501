"""A rehearsal's answers: each problem's own reference, or a wrong one."""

from pettingllms.records import Message, Problem
from pettingllms.simulator import AskedMessage, ChatBody
from pettingllms.simulator.references import ReferenceAnswers

TASK = (Message(role="user", content="Add."),)
ADD = Problem("add", TASK, reference="def add(): ...")
ASKED = ChatBody("m", (AskedMessage("user", "Add."),))


def test_each_sample_has_a_chance_of_its_own() -> None:
    """So that some of a problem's samples pass, as with a model; a seed gives the same ones."""
    first, again = (ReferenceAnswers([(ADD, TASK)], right=0.5, seed=1) for _ in range(2))
    replies = [first.answer(ASKED).text for _ in range(100)]
    assert 30 < sum("def add" in reply for reply in replies) < 70
    are_right = ["def add" in again.answer(ASKED).text for _ in range(100)]
    assert are_right == ["def add" in reply for reply in replies]


def test_a_repair_brings_the_reference() -> None:
    """Whatever share of the first answers is right."""
    turn = ChatBody(
        "m", (*ASKED.messages, AskedMessage("assistant", "no"), AskedMessage("user", "!"))
    )
    assert "def add" in ReferenceAnswers([(ADD, TASK)], right=0.0).answer(turn).text
    assert "def add" not in ReferenceAnswers([(ADD, TASK)], right=0.0).answer(ASKED).text


def test_problems_that_are_asked_alike_have_each_their_reference() -> None:
    """In other words before the question: at once. In the very same words: one after the other, as
    turns follow."""
    strict = (Message(role="system", content="In one line."), *TASK)
    shorter = Problem("short", strict, reference="add = sum")
    other = Problem("other", TASK, reference="def add_other(): ...")
    answers = ReferenceAnswers([(ADD, TASK), (shorter, strict), (other, TASK)])
    said = ChatBody("m", (AskedMessage("system", "In one line."), *ASKED.messages))
    repair = ChatBody(
        "m", (*ASKED.messages, AskedMessage("assistant", "x"), AskedMessage("user", "y"))
    )
    assert "add = sum" in answers.answer(said).text
    assert "def add()" in answers.answer(ASKED).text
    assert "def add_other" in answers.answer(repair).text


def test_examples_in_a_prompt_do_not_hide_its_reference() -> None:
    """A prompt of several turns is one prompt."""
    shown = (*TASK, Message(role="assistant", content="a"), Message(role="user", content="Next."))
    said = ChatBody("m", tuple(AskedMessage(m["role"], m["content"]) for m in shown))
    assert "def add" in ReferenceAnswers([(ADD, shown)]).answer(said).text


def test_a_wrong_answer_is_in_the_language_of_its_problem() -> None:
    """It is to fail its tests, not to be of another language."""
    problem = Problem("add", TASK, reference="int main() {}", language="cpp")
    wrong = ReferenceAnswers([(problem, TASK)], right=0.0).answer(ASKED)
    assert wrong.text.startswith("```cpp\n")
    assert "main" not in wrong.text
