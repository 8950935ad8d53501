"""A stand-in for vLLM: `serve_right_answers.py serve MODEL --port PORT ...`.

It runs out of memory while it loads, with `--no-memory`; with `--answers N`, at the next one.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from pettingllms.simulator import ChatBody, FunctionAnswers, Simulator, SimulatorThread


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--answers", type=int, default=sys.maxsize)
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--lora-modules", default="")
    given, _ = parser.parse_known_args()
    if given.no_memory:
        run_out_of_memory()
    left = iter(range(given.answers))

    def answer(body: ChatBody) -> str:
        if next(left, None) is None:
            run_out_of_memory()
        number = body.first_user_content.split()[-1].rstrip(".")  # of an `add_problem`
        return f"```python\ndef add(x):\n    return x + {number}\n```"

    adapter = given.lora_modules.partition("=")[0]
    models = ("served", adapter) if adapter else ("served",)
    with SimulatorThread(Simulator(FunctionAnswers(answer), models=models, port=given.port)):
        sys.stdout.write("(APIServer pid=1) INFO 11-25 12:00:00 [api.py:1] Loading weights\n")
        sys.stdout.flush()
        time.sleep(600)


def run_out_of_memory() -> None:
    sys.stdout.write("torch.OutOfMemoryError: out of memory\n")
    sys.stdout.flush()
    os._exit(1)


main()
