"""A vLLM server on this machine: the one that runs is found, or one is started and stopped.

`python -m pettingllms.local.server --model MODEL -- COMMAND` runs a command beside it.
"""

from pettingllms.local.server.arguments import serve_arguments
from pettingllms.local.server.machine import GIB, Gpu, Machine, read_machine
from pettingllms.local.server.model import Adapter, Model, find_model
from pettingllms.local.server.probing import ServerState, probe
from pettingllms.local.server.process import Server

__all__ = [
    "GIB",
    "Adapter",
    "Gpu",
    "Machine",
    "Model",
    "Server",
    "ServerState",
    "find_model",
    "probe",
    "read_machine",
    "serve_arguments",
]
