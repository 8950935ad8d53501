"""The page of a dry run."""

from __future__ import annotations

from rich.padding import Padding
from rich.table import Table

from pettingllms.planning import CostRange, Plan


def render_plan(plan: Plan) -> Padding:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    rows = {
        "Model": plan.model,
        "Problems": f"{plan.problems:,}",
        "Samples": _samples(plan),
        "Requests to send": f"{plan.to_send:,}, and repair turns",
        "Tokens in": f"about {plan.prompt_tokens:,} at the first turns",
        "Cost": _cost(plan.cost_usd),
    }
    for label, value in rows.items():
        table.add_row(label, value)
    return Padding(table, 1)


def _samples(plan: Plan) -> str:
    answered = f", {plan.answered:,} of them answered already" if plan.answered else ""
    return f"{plan.samples:,}{answered}"


def _cost(cost: CostRange | None) -> str:
    if cost is None:
        return "unknown: the price list does not know this model"
    if not cost.most:
        return "$0"
    return (
        f"from ${cost.least:,.4f} (short answers, right at once) to ${cost.most:,.2f}"
        " (every turn, all tokens)"
    )
