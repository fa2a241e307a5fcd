"""Memory of Python's own: the frames of calls."""

from collections.abc import Callable
from typing import TypeVar

Function = TypeVar("Function", bound=Callable[..., object])

SLOTS = 1 << 16
"""Room for so many values, 8 bytes each, of which those that are not used take no memory."""


def roomy(function: Function) -> Function:
    """Makes all that a function calls find its frames' memory in one piece.

    CPython asks the system for this memory 16 kB at a time, and gives a piece back when the call that needed it
    returns. A loop whose calls cross the border of a piece therefore asks at every turn, which costs as much as a small
    operation on a tensor; whether it does depends on how deep it is called. A frame larger than a piece gets one to
    itself, rounded up to a power of two, and the rest of that is where the frames of its calls go.
    """
    function.__code__ = function.__code__.replace(co_stacksize=SLOTS)
    return function
