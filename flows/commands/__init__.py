"""What is done beside a collection, one module a command. None needs Prefect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flows.commands.card import card_command
from flows.commands.rebuild import rebuild_command
from flows.commands.verify import verify_command

COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "verify": verify_command,
    "rebuild": rebuild_command,
    "card": card_command,
}
