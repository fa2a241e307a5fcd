"""Memory of Python's own: the frames of calls."""

from collections.abc import Callable
from typing import TypeVar

Function = TypeVar("Function", bound=Callable[..., object])

SLOTS = 1 << 16
"""Room for so many values of 8 bytes, half a megabyte: far more than a piece. What is not used takes no memory."""


def roomy(function: Function) -> Function:
    """Changes a function so that all it calls finds its frames' memory in one piece.

    CPython asks the system for this memory 16 kB at a time, and gives a piece back when the call that needed it
    returns. A loop whose calls cross the border of a piece therefore asks at every turn, which costs as much as a small
    operation on a tensor; whether it does depends on how deep it is called. The function is said to need room for more
    values at a time than a piece holds. Its frame then gets a piece of its own, rounded up to a power of two, and the
    frames of its calls go where it leaves room.
    """
    function.__code__ = function.__code__.replace(co_stacksize=SLOTS)
    return function
