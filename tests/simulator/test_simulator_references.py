"""A rehearsal's answers: each problem's own reference, or a wrong one."""

from pettingllms.records import Message, Problem
from pettingllms.simulator import AskedMessage, ChatBody
from pettingllms.simulator.references import ReferenceAnswers

ADD = Problem("add", (Message(role="user", content="Add."),), reference="def add(): ...")
ASKED = ChatBody("m", (AskedMessage("user", "Add."),))


def test_each_sample_has_a_chance_of_its_own() -> None:
    """So that some of a problem's samples pass, as with a model; a seed gives the same ones."""
    first, again = (ReferenceAnswers([ADD], right=0.5, seed=1) for _ in range(2))
    replies = [first.answer(ASKED).text for _ in range(100)]
    assert 30 < sum("def add" in reply for reply in replies) < 70
    are_right = ["def add" in again.answer(ASKED).text for _ in range(100)]
    assert are_right == ["def add" in reply for reply in replies]


def test_a_repair_brings_the_reference() -> None:
    """Whatever share of the first answers is right."""
    turn = ChatBody(
        "m", (*ASKED.messages, AskedMessage("assistant", "no"), AskedMessage("user", "!"))
    )
    assert "def add" in ReferenceAnswers([ADD], right=0.0).answer(turn).text
    assert "def add" not in ReferenceAnswers([ADD], right=0.0).answer(ASKED).text
