"""A provider on loopback that speaks OpenAI, DeepSeek and Anthropic, without streaming.

    async with Simulator(SyntheticAnswers()) as sim:
        client = AsyncOpenAI(base_url=sim.base_url, api_key="any")

It replays recorded answers for the demo, plays faults for tests and takes load for
benchmarks; `python -m pettingllms.simulator --help` serves it to any program.
"""

from pettingllms.simulator.batches import BATCH_FAULTS, BatchFault
from pettingllms.simulator.chance import AnswerTime
from pettingllms.simulator.chat import AskedMessage, ChatBody, ErrorReply, Reply
from pettingllms.simulator.faults import (
    NAMED_FAULTS,
    Damage,
    Dribble,
    EmptyAnswer,
    ErrorIn200,
    Fault,
    Faults,
    HalfBody,
    Hang,
    Late,
    MalformedJson,
    NoAnswer,
    OddUsage,
    Reset,
    fault_named,
)
from pettingllms.simulator.limits import RateLimits
from pettingllms.simulator.recorded import RecordedAnswer, RecordedAnswers
from pettingllms.simulator.server import DROPPED, Charge, ReceivedRequest, Simulator
from pettingllms.simulator.sources import AnswerSource, FunctionAnswers, SyntheticAnswers
from pettingllms.simulator.thread import SimulatorThread

__all__ = [
    "BATCH_FAULTS",
    "DROPPED",
    "NAMED_FAULTS",
    "AnswerSource",
    "AnswerTime",
    "AskedMessage",
    "BatchFault",
    "Charge",
    "ChatBody",
    "Damage",
    "Dribble",
    "EmptyAnswer",
    "ErrorIn200",
    "ErrorReply",
    "Fault",
    "Faults",
    "FunctionAnswers",
    "HalfBody",
    "Hang",
    "Late",
    "MalformedJson",
    "NoAnswer",
    "OddUsage",
    "RateLimits",
    "ReceivedRequest",
    "RecordedAnswer",
    "RecordedAnswers",
    "Reply",
    "Reset",
    "Simulator",
    "SimulatorThread",
    "SyntheticAnswers",
    "fault_named",
]
