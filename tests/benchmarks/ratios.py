"""Times as ratios: seconds differ between machines and moments, ratios of neighbouring runs much less."""

import time
from collections.abc import Callable, Sequence
from statistics import median


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def show(name: str, ratios: Sequence[float], goal: str) -> None:
    """Prints the median of ratios from interleaved runs, with the smallest and the largest."""
    spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
    print(f"{name}: {median(ratios):.2f} ({spread}, {len(ratios)} pairs); goal {goal}")
