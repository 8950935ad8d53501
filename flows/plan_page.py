"""The page of a dry run."""

from __future__ import annotations

from rich.padding import Padding
from rich.table import Table

from pettingllms.records.expenses import dollars
from pettingllms.tools.plan import CostRange, Plan
from pettingllms.wording import counted


def render_plan(plan: Plan) -> Padding:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    rows = {
        "Model": _models(plan),
        "Problems": str(plan.problems),
        "Samples": _samples(plan),
        "Requests to send": _requests(plan),
        "Tokens in": f"about {plan.prompt_tokens:,} at the first turns",
        "Cost": _cost(plan.cost_usd),
    }
    for label, value in rows.items():
        table.add_row(label, value)
    return Padding(table, 1)


def _models(plan: Plan) -> str:
    escalation = f", then {plan.escalation} for what it does not solve" if plan.escalation else ""
    grader = f"; {plan.grader} grades" if plan.grader else ""
    writer = f"; {plan.test_writer} writes tests" if plan.test_writer else ""
    return f"{plan.model}{escalation}{grader}{writer}"


def _samples(plan: Plan) -> str:
    answered = f", {plan.answered:,} of them answered already" if plan.answered else ""
    held_back = f", {plan.held_back:,} held back as private" if plan.held_back else ""
    return f"{plan.samples:,}{answered}{held_back}"


def _requests(plan: Plan) -> str:
    later = f", up to {plan.later:,} more while too few pass" if plan.later else ""
    reviews = f", {plan.reviews:,} at most to grade answers" if plan.reviews else ""
    sets = f", {counted(plan.test_sets, 'test set')} to write" if plan.test_sets else ""
    batch = "" if plan.by_batch == "nothing" else f"; {plan.by_batch} by batch, at half the price"
    return f"{plan.to_send:,}{later}{reviews}{sets}, and repair turns{batch}"


def _cost(cost: CostRange | None) -> str:
    if cost is None:
        return "unknown: the price list does not know this model"
    if not cost.most:
        return "$0"
    return (
        f"from {dollars(cost.least)} (short answers, right at once) to {dollars(cost.most)}"
        " (every turn, all tokens)"
    )
