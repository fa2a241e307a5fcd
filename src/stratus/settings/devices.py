"""Which accelerators this machine is sure to lack: told at once, where torch would need seconds to look."""

import ctypes
import os
import sys
from importlib.metadata import version
from importlib.util import find_spec

from stratus.errors import ConfigurationError


def require_accelerator(name: str) -> None:
    """Raises ConfigurationError if this machine is sure to lack what `trainer.accelerator` names.

    What passes may still be missing, as a graphics card whose driver is here: torch tells when it trains.
    """
    lacks = {"cuda": _no_cuda, "mps": _no_mps, "gpu": lambda: _no_mps() and _no_cuda(), "tpu": _no_tpu}
    if name in lacks and (why := lacks[name]()):
        raise ConfigurationError(f"trainer.accelerator={name}: {why}; trainer=cpu trains on any machine")


def _no_cuda() -> str:
    if version("torch").endswith("+cpu"):
        return "the PyTorch that is installed here is the one for the CPU only"
    if os.path.exists("/dev/kfd"):  # AMD's
        return ""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return "there is no driver of a GPU here"
    return ""


def _no_mps() -> str:
    return "" if sys.platform == "darwin" else "only a Mac has it"


def _no_tpu() -> str:
    return "" if find_spec("torch_xla") else "torch_xla is not installed"
