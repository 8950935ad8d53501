"""The program, `sft-collect` or `python -m flows.collect`: a command; a collection without one."""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from flows import has_home
from flows.commands import COMMANDS
from flows.commands.terminal import print_line
from flows.flags import PROGRAM, Parser, add_collection, nearest, tell
from flows.interruption import RunInterrupted
from flows.streams import let_go_of_stdout
from flows.terminal import MessageHandler, Terminal
from pettingllms.errors import ExitCode, FatalError, OutputError, SettingError, reason
from pettingllms.wording import counted

if TYPE_CHECKING:
    from pettingllms.export import Stats
    from pettingllms.run.collection import Report

_DESCRIPTION = """\
Collect verified SFT data for code models: generate answers through a cached
client, run them against their tests in a sandbox, keep what passes.

Commands, each with its own --help:
"""
_EPILOG = """\
Values come from flags, then the environment (the names in brackets), then
--config FILE.toml, then the defaults; --show-config tells which. With nothing
configured, the bundled problems are run against recorded answers. --version
says which this is.

The tab key: eval "$(sft-collect completion bash)".

Exit codes: 0 complete, 2 a wrong setting, 3 some rows failed, 4 nothing
accepted, 5 the budget is reached, 6 a row does not pass again, 7 batches are
under way, 10-18 files, cache, sandbox, disk, Prefect, packages or Redis, 20-29
the provider, 130 interrupted, 143 terminated."""
_ENDED_BY = 128
"""A shell adds it to the number of the signal that ended a program."""
_CANNOT_PRINT = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EPIPE})
_HELP = frozenset({"-h", "--help"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a collection, or a command; returns the exit code of `pettingllms.errors`."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    logging.lastResort = MessageHandler(logging.WARNING)
    sys.path.append(str(Path.cwd()))  # for modules of the user's own, as `python -m` has it
    try:
        _check_home()
        exit_code = _run(words)
        sys.stdout.flush()
    except FatalError as error:
        return tell(error)
    except RunInterrupted as interrupted:
        return _tell_interruption(interrupted.number, interrupted.report)
    except KeyboardInterrupt:
        return _tell_interruption(signal.SIGINT, None)
    except OSError as error:
        return _tell_refusal(error)
    return exit_code


def _tell_refusal(error: OSError) -> int:
    """What the system refuses that nobody has worded better: to print, or a file. Whoever has read
    enough, as `head` does, needs no message."""
    if error.filename is None and error.errno not in _CANNOT_PRINT:
        raise error
    let_go_of_stdout()
    if isinstance(error, BrokenPipeError):
        return _ENDED_BY + signal.SIGPIPE
    place = "The output" if error.filename is None else error.filename
    return tell(OutputError(f"{place} cannot be used: {reason(error)}."))


def _tell_interruption(number: int, report: Report | None) -> int:
    """In one line: what is kept, and what it has cost. The terminal may be gone."""
    paid = "" if report is None else f" {_paid(report.stats)}"
    with suppress(OSError):
        terminal = Terminal(stderr=True, highlight=False, soft_wrap=True)
        said = (
            f"Interrupted ({signal.Signals(number).name}). Every answer that arrived is kept:"
            f"{paid} Run the same command to go on."
        )
        terminal.print(f"\n{terminal.wrapped(said)}")
    return _ENDED_BY + number


def _paid(stats: Stats) -> str:
    sent = counted(stats.requests_sent, "request")
    return f"{sent} sent, ${stats.cost.usd:,.4f} paid."


def _check_home() -> None:
    """Raises: SettingError where folders that are not named have no place to be."""
    if not has_home():
        raise SettingError(
            f"There is no home folder: HOME is not set, and user {os.getuid()} has no entry in"
            " /etc/passwd.",
            "Name a folder that can be written: export HOME=/tmp/sft-collect",
        )


def program_parser() -> Parser:
    """For the help, and for the tab key: what may stand where a command may."""
    width = max(map(len, COMMANDS))
    lines = (f"  {name:{width}}  {command.summary}" for name, command in COMMANDS.items())
    parser = Parser(
        prog=PROGRAM,
        usage="%(prog)s [COMMAND] [FLAGS]",
        description=_DESCRIPTION + "\n".join(lines),
        epilog=_EPILOG,
    )
    add_collection(parser)
    return parser


def _run(words: list[str]) -> int:
    if words[:1] == ["--version"]:
        print_line(f"pettingllms-sft {version('pettingllms-sft')}")
        return ExitCode.COMPLETE
    if _HELP & set(words[:1]):
        program_parser().print_help()
        return ExitCode.COMPLETE
    if not words or words[0].startswith("-"):
        return COMMANDS["collect"].run(words)
    if words[0] not in COMMANDS:
        raise _no_such_command(words[0])
    return COMMANDS[words[0]].run(words[1:])


def _no_such_command(word: str) -> SettingError:
    if Path(word).exists():
        return SettingError(f"{word!r} is no command.", f"Problems go by --problems {word}.")
    return SettingError(
        f"{word!r} is no command.",
        nearest(word, {name: name for name in COMMANDS}, f"See {PROGRAM} --help."),
    )
