"""What the program does, one module a command. None needs Prefect before it runs a flow.

To add one: a module with its parser and its function, and one row here.
"""

from __future__ import annotations

from collections.abc import Mapping

from flows.commands.cache import cache_command, cache_parser
from flows.commands.card import card_command, card_parser
from flows.commands.collect import collect_command, collect_parser
from flows.commands.doctor import doctor_command, doctor_parser
from flows.commands.models import models_command, models_parser
from flows.commands.parts import parts_command, parts_parser
from flows.commands.plan import plan_command, plan_parser
from flows.commands.problems import problems_command, problems_parser
from flows.commands.rebuild import rebuild_command, rebuild_parser
from flows.commands.rehearse import rehearse_command, rehearse_parser
from flows.commands.report import report_command, report_parser
from flows.commands.terminal import Command
from flows.commands.trace import trace_command, trace_parser
from flows.commands.verify import verify_command, verify_parser

COMMANDS: Mapping[str, Command] = {
    "collect": Command("the default: the word may be left out", collect_parser, collect_command),
    "plan": Command("what a run would send and may cost", plan_parser, plan_command),
    "models": Command("what the provider offers, and its price", models_parser, models_command),
    "rehearse": Command("a run against a simulated provider", rehearse_parser, rehearse_command),
    "problems": Command("what is understood of a problem file", problems_parser, problems_command),
    "parts": Command("a collection in parts, on many machines", parts_parser, parts_command),
    "doctor": Command("what is wrong here, and what to do", doctor_parser, doctor_command),
    "report": Command("a page to look at what came out", report_parser, report_command),
    "verify": Command("judge an exported file again", verify_parser, verify_command),
    "rebuild": Command("make an export again, for nothing", rebuild_parser, rebuild_command),
    "trace": Command("where a row comes from", trace_parser, trace_command),
    "cache": Command("look into the paid answers, drop or move them", cache_parser, cache_command),
    "card": Command("a data set card for the Hugging Face hub", card_parser, card_command),
}
"""In the order of the help; `cli` adds `completion`, which completes them all."""
