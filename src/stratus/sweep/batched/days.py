"""What members share that are trained and tested on the same days."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from stratus.data.observations import Observations, Provenance
from stratus.data.splits import Splits
from stratus.errors import StratusError
from stratus.runs.experiment import new_task
from stratus.settings.experiment import Config
from stratus.tasks.linear import LinearTask
from stratus.training.stability import largest_eigenvalue
from stratus.verification.references import References


@dataclass(frozen=True)
class Days:
    """The days, and what is computed of them once."""

    task: LinearTask  # theirs, whatever its weights
    observations: Observations
    provenance: Provenance
    splits: Splits

    @cached_property
    def eigenvalue(self) -> float:
        """λmax, of which the members' largest stable steps are made."""
        return largest_eigenvalue(self.task, self.splits)

    @cached_property
    def references(self) -> References:
        """What the members are compared with."""
        return References.fit(self.task, self.splits)


def days_of(jobs: Mapping[int, Config]) -> dict[int, Days]:
    """The days of each job, of jobs that read the same table; without those whose days cannot be had.

    Jobs with the same days, and the same penalty on their weights, share them. Raises DataError as `Data.load` does.
    """
    loaded = next(iter(jobs.values())).data.load()
    years: dict[int | None, Splits | None] = {}
    drawn: dict[tuple[int | None, int | None], Splits] = {}
    shared: dict[tuple[int | None, int | None, float], Days] = {}
    found = {}
    for number, one in jobs.items():
        year, resample, penalty = one.data.test_year, one.data.resample, getattr(one.optimizer, "weight_decay", 0.0)
        if year not in years:
            years[year] = _splits(one, loaded.observations)
        if (every := years[year]) is None:
            continue
        if (year, resample) not in drawn:
            drawn[year, resample] = every if every.train.on_disk else every.resampled(resample)
        if (year, resample, penalty) not in shared:
            splits = drawn[year, resample]
            source = loaded.provenance.source | {"resample": resample, "test_year": year}
            said = replace(loaded.provenance, source=source)
            shared[year, resample, penalty] = Days(new_task(one, splits), loaded.observations, said, splits)
        found[number] = shared[year, resample, penalty]
    return found


def _splits(settings: Config, observations: Observations) -> Splits | None:
    try:
        return observations.split(settings.recipe, settings.data.borders, standardise=settings.features.standardise)
    except StratusError:  # such as a year without days
        return None
