"""How samples are made of a daily table: which target, which inputs, how far ahead; and where the splits begin."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from inspect import signature
from typing import Any, TypeAlias

import polars as pl

from stratus.data.clocks import ISSUE, Clocks, foreseen
from stratus.data.daily_table import SCHEMA
from stratus.data.elements import ELEMENTS
from stratus.data.features import FEATURES
from stratus.data.features.input import ALWAYS, PLACED, Input, absence, in_season, side_by_side
from stratus.data.targets import TARGETS
from stratus.errors import ConfigurationError

log = logging.getLogger(__name__)
Waves: TypeAlias = tuple[float, float, float, float, float]  # of 1 and of cosine and sine of the year's first two waves
FITTED = ("anomalies", "climatology")  # feature sets that know what is usual on the training days
MISSING = {
    "drop": "the day is left out",
    "mean": "the training mean stands in",
    "indicator": "the training mean stands in, and a further input says so",
}


@dataclass(frozen=True)
class Recipe:
    """How samples are made of a daily table. Plain values only: it travels inside checkpoints."""

    target: str  # A name of `TARGETS`
    features: Mapping[str, Mapping[str, Any]]  # names of `FEATURES` with their settings; the inputs stand in this order
    lead_days: int = 0  # days between the last day known and the target day; 0 is a diagnosis, 1 tomorrow's forecast
    issue_hour: float = ISSUE  # hour of that last day at which the forecast is issued; 24 is its end
    rain_from: float = 0.0  # mm from which on a day is wet; 0 for any that was measured
    seasonal: bool = False  # whether each measured input comes once more times the waves of the season
    own: Mapping[str, str] = field(default_factory=dict)  # units of the user's own elements, which are inputs too
    missing: str = "drop"  # what is done where an input is not known: a name of `MISSING`
    normals: Mapping[str, Mapping[str, Mapping[str, Waves]]] = field(
        default_factory=dict
    )  # what is usual, by feature set of `FITTED`, element or output, and station; see `data.fitted`

    def __post_init__(self) -> None:
        """Raises ConfigurationError for a name that is not known, no feature set at all, or a lead beyond a year."""
        if self.target not in TARGETS:
            raise ConfigurationError(f"there is no target '{self.target}'; there are: {', '.join(TARGETS)}")
        for name in self.features:
            if name not in FEATURES:
                raise ConfigurationError(f"there are no features '{name}'; there are: {', '.join(FEATURES)}")
        if not self.features:
            raise ConfigurationError(f"a model needs inputs: choose features from {', '.join(FEATURES)}")
        if self.missing not in MISSING:
            raise ConfigurationError(f"features.missing={self.missing}: expected {', '.join(MISSING)}")
        if not 0 < self.issue_hour <= 24:
            raise ConfigurationError(f"features.issue_hour={self.issue_hour:g}: expected an hour above 0, up to 24")
        if not 0 <= self.lead_days <= 366:
            raise ConfigurationError(f"features.lead_days={self.lead_days}: expected a whole number from 0 to 366")

    def inputs(self) -> list[Input]:
        """The components of x, each defined on one station's calendar."""
        found = [one for name in self.features for one in FEATURES[name](self.lead_days, **self._settings(name))]
        if TARGETS[self.target].everywhere:  # each station is told of all: its neighbours' are there already
            own = (one._replace(name=one.name.partition(" at neighbour")[0], neighbour=0) for one in found)
            found = list({one.name: one for one in own}.values())
        inputs = found
        turned = [two for one in inputs if self.seasonal and one.measured for two in in_season(one)]
        return [*inputs, *turned, *(map(absence, inputs) if self.missing == "indicator" else [])]

    def _settings(self, name: str) -> dict[str, Any]:
        known = {"own": self.own, "outputs": self._outputs}
        taken = signature(FEATURES[name]).parameters
        return {**self.features[name], **{one: value for one, value in known.items() if one in taken}}

    @property
    def _outputs(self) -> dict[str, str]:
        """Those of which it is known what is usual, with their units; before that is fitted, the target's."""
        target = TARGETS[self.target]
        return dict.fromkeys(self.normals.get("climatology", target.values), target.unit)

    @property
    def fits(self) -> bool:
        """Whether a feature set needs to know what is usual on the training days."""
        return any(name in FITTED for name in self.features)

    def of_measured(self, days: pl.DataFrame | Callable[[], pl.DataFrame]) -> "Recipe":
        """The same with the elements of which a table has values, for feature sets that ask for all.

        A function gives the table only where it is asked for.
        """
        sets = {name: dict(own) for name, own in self.features.items()}
        asking = [
            name
            for name, own in sets.items()
            if "elements" in signature(FEATURES[name]).parameters and own.get("elements") is None
        ]
        if not asking:
            return self
        table = days if isinstance(days, pl.DataFrame) else days()
        candidates = (*ALWAYS, *(name for name in (*ELEMENTS, *self.own) if name not in (*SCHEMA, *PLACED)))
        there = [name for name in candidates if name in table.columns and table[name].count()]
        for name in asking:
            sets[name]["elements"] = there
            if absent := [one for one in ALWAYS if one not in there]:
                were = "was never measured and is" if len(absent) == 1 else "were never measured and are"
                log.info("features.%s: %s %s left out", name, ", ".join(absent), were)
        return replace(self, features=sets)

    def foreseen(self, clocks: Clocks, stations: Collection[str]) -> bool:
        """Whether this is a forecast: the target's hours begin at the time of issue or later, at every station.

        Else it is a diagnosis, unless no measurement decides.
        """
        if not any(one.measured for one in self.inputs()):
            return True
        elements = {name for value in TARGETS[self.target].values.values() for name in value.meta.root_names()}
        return foreseen(clocks, stations, elements, self.issue_hour - 24 * self.lead_days)

    def inputs_for(self, outputs: Sequence[str]) -> list[Input]:
        """The inputs of a model with these outputs, stations where the target is asked everywhere."""
        return side_by_side(self.inputs(), outputs) if TARGETS[self.target].everywhere else self.inputs()

    def width(self, outputs: int) -> int:
        """The number of inputs of a model with so many outputs, stations where the target is asked everywhere."""
        copies = outputs if TARGETS[self.target].everywhere else 1
        return sum(1 if one.calendar else copies for one in self.inputs())


@dataclass(frozen=True)
class Borders:
    """The days at which the splits begin."""

    test_from: date  # first test day
    validation_from: date | None = None  # first validation day; None for no validation split
    train_from: date | None = None  # first training day; None for the table's first
    until: date | None = None  # last test day; None for the table's last

    @property
    def training_end(self) -> date:
        """The first day after the training days."""
        return self.validation_from or self.test_from

    @property
    def names(self) -> list[str]:
        """The splits there are, by the name they have in every record."""
        return ["train", "val", "test"] if self.validation_from else ["train", "test"]
