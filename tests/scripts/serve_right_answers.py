"""A server that stands in for vLLM: `serve_right_answers.py PORT`."""

import sys
import time

from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from tests.flows.conftest import right_answer

with SimulatorThread(
    Simulator(FunctionAnswers(right_answer), models=("served",), port=int(sys.argv[1]))
):
    time.sleep(600)
