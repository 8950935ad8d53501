"""`python -m pettingllms.local.server -- COMMAND`: run a command beside a local server.

The server that answers at the base URL is used. Where none does, vLLM is started with the model
named, and stopped when the command ends, or this process, in whatever way.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType

from pettingllms.errors import ExitCode, FatalError, MissingSDKError, UnreachableError, as_typed
from pettingllms.files.atomic import check_writable
from pettingllms.local.server import (
    Model,
    Server,
    ServerState,
    find_model,
    probe,
    read_machine,
    serve_arguments,
)
from pettingllms.local.server.arguments import port_of
from pettingllms.local.server.process import end_with_parent
from pettingllms.providers.credentials import is_loopback

_POLL_S = 0.2
_GRACE_S = 60.0
_WHILE_GENERATING = "while it was in use"
_KEPT = "Every answer that arrived is kept: run the same command to go on."


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    end_with_parent()
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)  # which a shell's background process ignores
    try:
        return _run(options)
    except FatalError as error:
        sys.stderr.write(f"error: {as_typed(str(error))}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    state = probe(options.base_url)
    if state is None:
        return _run_with_own_server(options)
    _await_loading(options.base_url, state)
    return _wait(_start(options.command))


def _await_loading(base_url: str, state: ServerState | None) -> None:
    """A server that answers, but has not loaded its model yet."""
    while state is not None and not state.is_ready:
        _say(f"The server at {base_url} is loading its model ...")
        time.sleep(5)
        state = probe(base_url)
    if state is not None:
        _say(f"Using the server at {base_url}, which lists {', '.join(state.models) or 'no model'}")


def _run_with_own_server(options: argparse.Namespace) -> int:
    model = _model_to_serve(options)
    vllm = _find_vllm(options)
    command = [
        vllm,
        *serve_arguments(model, read_machine(options.gpus), options.base_url),
        *shlex.split(options.serve_arguments),
    ]
    with _serving(command, options) as server:
        named = [f"API_MODEL={model.adapter.name}"] if model.adapter else []
        return _wait(_start(["env", *named, *options.command]), server)


def _model_to_serve(options: argparse.Namespace) -> Model:
    if options.model and is_loopback(options.base_url):
        return find_model(options.model)
    if options.model:
        raise UnreachableError(
            f"No server answers at {options.base_url}, which is another machine.",
            "Start one there, or leave API_BASE_URL empty to have one started here.",
        )
    raise UnreachableError(
        f"No server answers at {options.base_url}.",
        f"Start one (vllm serve MODEL --port {port_of(options.base_url)}), or set MODEL_PATH to"
        " a model for this script to serve, or USE_API=true for an API.",
    )


def _find_vllm(options: argparse.Namespace) -> str:
    vllm: str = options.vllm
    program = shutil.which(vllm)
    if program is None:
        raise MissingSDKError(
            f"No server answers at {options.base_url}, and vLLM is not installed.",
            "Install it (pip install vllm), set VLLM to where its program is, or start a server"
            " of your own there.",
        )
    return program


@contextmanager
def _serving(command: Sequence[str], options: argparse.Namespace) -> Generator[Server]:
    check_writable(options.log_dir)
    log = options.log_dir / f"vllm_{datetime.now():%Y%m%d_%H%M%S}.log"  # noqa: DTZ005 - a name
    _say(f"Starting {shlex.join(command)}")
    _say(f"Its log: {log}")
    server = Server(command, options.base_url, log)
    try:
        _say(f"vLLM is ready after {server.wait_until_ready(_say):.0f} s")
        yield server
    finally:
        _ignore_signals()
        server.stop()
        _say(f"vLLM is stopped; its log is {log}")


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """In a group of its own, so that it is interrupted once, by us."""
    return subprocess.Popen(  # noqa: S603 - what we were asked to run
        command,
        process_group=0,
        preexec_fn=end_with_parent,  # noqa: PLW1509 - there is one thread here
    )


def _wait(process: subprocess.Popen[bytes], server: Server | None = None) -> int:
    """The exit code. Raises: UnreachableError where the server is gone; then, as when we are
    interrupted, the command is interrupted, and given the time to save what it has, for which it
    needs no server."""
    try:
        while process.poll() is None:
            if server is not None:
                server.check(_WHILE_GENERATING)
            time.sleep(_POLL_S)
    except FatalError as error:
        _interrupt_and_wait(process, server)
        raise type(error)(error.message, f"{error.remedy}\n{_KEPT}") from error
    except KeyboardInterrupt:
        _interrupt_and_wait(process, server)
        raise
    return process.returncode


def _interrupt_and_wait(process: subprocess.Popen[bytes], server: Server | None) -> None:
    _ignore_signals()
    process.send_signal(signal.SIGINT)
    if server is not None:
        server.stop()
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - this is a command; its output goes to stdout


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=as_typed("python -m pettingllms.local.server"),
        description="Run COMMAND beside the server at --base-url; start vLLM where there is none.",
    )
    add = parser.add_argument
    add("--base-url", default="http://localhost:8000/v1", metavar="URL")
    add("--model", default="", help="folder, LoRA adapter or hub name that vLLM is to serve")
    add("--vllm", default="vllm", help="its program")
    add("--serve-arguments", default="", metavar="WORDS", help="more for `vllm serve`")
    add("--gpus", default="all", help="as in CUDA_VISIBLE_DEVICES")
    add("--log-dir", type=Path, default=Path(), metavar="DIR", help="where vLLM's log goes")
    add("command", nargs="+", metavar="COMMAND")
    return parser


if __name__ == "__main__":
    sys.exit(main())
