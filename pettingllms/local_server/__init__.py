"""A vLLM server on this machine: the one that runs is found, or one is started and stopped.

`python -m pettingllms.local_server --model MODEL -- COMMAND` runs a command beside it.
"""

from pettingllms.local_server.arguments import serve_arguments
from pettingllms.local_server.machine import GIB, Gpu, Machine, read_machine
from pettingllms.local_server.model import Adapter, Model, find_model
from pettingllms.local_server.probing import State, probe
from pettingllms.local_server.process import Server

__all__ = [
    "GIB",
    "Adapter",
    "Gpu",
    "Machine",
    "Model",
    "Server",
    "State",
    "find_model",
    "probe",
    "read_machine",
    "serve_arguments",
]
