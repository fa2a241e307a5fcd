"""Frames' memory in one piece: a loop asks the system for none, however deep it is called."""

import platform
import resource

import pytest

from stratus.sweep.batched.frames import roomy

TURNS, DEPTHS = 300, range(300)


def pages():
    """Pages of memory that this process has had from the system."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


called = eval(f"lambda {', '.join(f'a{k}=0' for k in range(100))}: None")


def loop(depth):
    """Pages that a loop of calls takes so deep."""
    if depth:
        return loop(depth - 1)
    before = pages()
    for _ in range(TURNS):
        called()
    return pages() - before


@roomy
def with_room():
    """What each depth takes."""
    return [loop(depth) for depth in DEPTHS]


@pytest.mark.skipif(platform.python_implementation() != "CPython", reason="how CPython keeps frames")
def test_no_depth_is_a_bad_one():
    without = [loop(depth) for depth in DEPTHS]
    if max(without) < TURNS:
        pytest.skip("this Python keeps its pieces")
    assert max(with_room()) < TURNS / 2


def test_a_function_stays_what_it_was():
    assert (with_room.__name__, with_room.__doc__) == ("with_room", "What each depth takes.")
