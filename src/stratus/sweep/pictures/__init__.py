"""Which pictures a sweep has, drawn from its jobs' records."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import combinations
from pathlib import Path

from matplotlib.figure import Figure

from stratus import files
from stratus.pictures.canvas import png
from stratus.runs import events
from stratus.runs.record import RunRecord
from stratus.sweep import resamples
from stratus.sweep import years as over_years
from stratus.sweep.jobs import Jobs, drawable, effect
from stratus.sweep.pictures import by_number, by_value, heat_map, resampled, search, years


def drawings(jobs: Jobs) -> dict[str, Callable[[], Figure]]:
    """The pictures that fit a sweep, by the name of their file, each drawn only when called."""
    found: dict[str, Callable[[], Figure]] = {}
    swept, numbers = jobs.swept, jobs.numbers
    if by_number.RATE in numbers and min(numbers[by_number.RATE]) > 0:
        found["learning_rate"] = partial(by_number.draw, jobs, by_number.RATE)
    listed = [name for name, values in swept.items() if len(set(values)) <= heat_map.MOST_VALUES]
    if pair := _strongest(jobs, (pair for pair in combinations(listed, 2) if _filled(*(swept[one] for one in pair)))):
        found["heat_map"] = partial(heat_map.draw, jobs, *pair)
    elif pair := _strongest(jobs, combinations(numbers, 2)):
        found["search"] = partial(search.draw, jobs, *pair)
    if not found:
        (name,) = _strongest(jobs, ((one,) for one in swept))
        if name in numbers and len(set(swept[name])) > by_value.MOST_ROWS:
            found["by_number"] = partial(by_number.draw, jobs, name)
        else:
            found["by_value"] = partial(by_value.draw, jobs, name)
    return found


def _strongest(jobs: Jobs, choices: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The settings that decide most together; none where there is no choice."""
    return max(choices, key=lambda names: effect(jobs.objective, *(jobs.swept[name] for name in names)), default=())


def _filled(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether at least half of the pairs of values have a job."""
    return 2 * len(set(zip(first, second, strict=True))) >= len(set(first)) * len(set(second))


def write(folder: Path, jobs: Mapping[str, RunRecord]) -> list[Path]:
    """Draws what pictures a sweep has, as `pictures/<name>.png` and for TensorBoard's IMAGES; returns their files.

    The jobs' records are by the names of their folders within the sweep's. Raises OSError if a file cannot be written.
    """
    found: dict[str, Callable[[], Figure]] = {}
    records = list(jobs.values())
    if runs := resamples.comparable(records):
        first = next(name for name, run in jobs.items() if run is runs[0])
        found = resampled.drawings(folder / first, runs)
    elif yearly := over_years.by_setting(records):
        found = {"years": partial(years.draw, yearly)}
    elif drawn := drawable(records):
        found = drawings(drawn)
    written = {name: folder / "pictures" / f"{name}.png" for name in found}
    with closing(events.EventFile(folder)) as tensorboard:
        for name, file in written.items():
            with warnings.catch_warnings(
                action="ignore"
            ):  # of letters that a font has not, of losses beyond all bounds
                width, height, picture = png(found[name]())
            files.folder(file.parent)
            files.replace(file, picture)
            tensorboard.add_summary(events.image(name, width, height, picture))
    return list(written.values())
