"""What a run has to be for a lesson's sentences to be true of it; any other is refused in one line, untrained."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

from stratus.data.observations import InMemory, Observations
from stratus.data.recipe import Recipe
from stratus.data.sources import shipped
from stratus.data.splits import Splits, split
from stratus.errors import ConfigurationError, DataError
from stratus.lecture.fits import TWO_DAYS
from stratus.settings.checks import require
from stratus.settings.experiment import Config
from stratus.settings.help import text

CITIES = ("New York", "Seattle")  # that ship with Stratus
IN_CITIES = Recipe("rain_by_station", {"station": {}, "harmonics": {}}, lead_days=1)  # the question that they answer


@dataclass(frozen=True)
class Premise:
    """What one setting has to be."""

    setting: str  # its dotted name
    holds: Callable[[Any], bool]  # whether a value is as expected
    expected: str  # what is, in words
    read: Callable[[Config], Any] | None = None  # gives the value where the name does not

    def check(self, lesson: str, settings: Config, found: Any = None) -> None:
        """Raises ConfigurationError, naming the setting, its value and the mend, unless the premise holds.

        A value that was `found` otherwise stands for the setting's.
        """
        value = (self.read or attrgetter(self.setting))(settings) if found is None else found
        require(self.holds(value), self.setting, text(value), f"{self.expected}, which lesson={lesson} is about")


def equal_to(one: object) -> Callable[[Any], bool]:
    """Whether a value is this one."""
    return lambda value: bool(value == one)


def asks(task: str, target: str) -> tuple[Premise, ...]:
    """The task of that name with its target, its classes not weighted."""
    premises = (
        Premise("task", equal_to(task), f"task={task}", attrgetter("task.name")),
        Premise("task.target", equal_to(target), target),
    )
    unweighted = Premise("task.class_weights", equal_to(None), "null")
    return premises if task == "regression" else (*premises, unweighted)


def _within(sizes: range) -> str:
    return f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"


def features(run: Config) -> str:
    """The names of the chosen feature sets, as the command line takes them."""
    return "+".join(run.features.chosen)


def given(name: str, sizes: Mapping[str, range] | None = None) -> tuple[Premise, ...]:
    """One feature set and no other, and its settings within these ranges."""
    limits = (
        Premise(f"features.{name}.{size}", found.__contains__, _within(found), partial(_size, name, size))
        for size, found in (sizes or {}).items()
    )
    return Premise("features", equal_to(name), f"features={name}", features), *limits


def _size(name: str, size: str, run: Config) -> Any:
    return run.features.chosen[name][size]


def rate_below(most: float) -> Premise:
    """A learning rate at which the steps of a squared loss on such inputs get shorter."""
    return Premise("optimizer.lr", lambda rate: bool(rate < most), f"a rate below {most:g}")


AHEAD = Premise("features.lead_days", lambda lead: bool(lead >= 1), "1 or more (at 0 the truth is among the inputs)")
TOMORROW = Premise("features.lead_days", equal_to(1), "1, tomorrow")
ONE_STATION = Premise("data.stations", lambda names: names is None or len(names) == 1, "one station")
ITSELF = Premise("data.resample", equal_to(None), "null (the days themselves)")
PLAIN = (
    Premise("optimizer", equal_to("sgd"), "optimizer=gd", lambda run: type(run.optimizer).__name__.lower()),
    Premise("optimizer.momentum", equal_to(0), "0 (optimizer=gd)"),
    Premise("optimizer.weight_decay", equal_to(0), "0"),
    Premise("schedule", equal_to("constant"), "constant", lambda run: type(run.schedule).__name__.lower()),
    Premise("data.batch_size", equal_to(None), "null (all days a step)"),
    Premise("data.validation_from", equal_to(None), "null (the last weights are kept)"),
    Premise("trainer.gradient_clip_val", equal_to(None), "null"),
    Premise("features.standardise", bool, "true"),
)
"""Plain descent on the loss of all training days, to its last step."""


@dataclass(frozen=True)
class Needs:
    """What a lesson needs of a run."""

    premises: tuple[Premise, ...]  # of its settings
    beside: tuple[str, ...] = ()  # of `TWO_DAYS`, what the lesson asks the same days besides
    cities: bool = False  # whether it tells of the cities that ship with Stratus, too, at the run's borders
    several: bool = False  # whether it may be told of several stations

    def check(self, lesson: str, settings: Config) -> None:
        """Raises ConfigurationError for the first premise that does not hold; before anything is loaded."""
        for premise in (*self.premises, *([] if self.several else [ONE_STATION]), ITSELF):
            premise.check(lesson, settings)

    def check_days(self, lesson: str, settings: Config, splits: Splits, observations: Observations) -> None:
        """Raises ConfigurationError where the days are of several stations, or do not answer all that is asked."""
        assert isinstance(observations, InMemory)
        if not self.several:
            ONE_STATION.check(lesson, settings, splits.train.places)
        every, asked = [splits], [(TWO_DAYS[name], observations.table) for name in self.beside]
        asked += [(IN_CITIES, shipped(*CITIES))] if self.cities else []
        for recipe, table in asked:
            try:
                every.append(split(table, recipe, settings.data.borders))
            except DataError as error:
                where = " and ".join(table["station"].unique().sort())
                raise ConfigurationError(f"lesson={lesson} asks for {recipe.target} in {where} too: {error}") from None
        for one in every:
            if one.train.others:
                raise ConfigurationError(
                    f"lesson={lesson} tells of all classes, and its {len(one.train)} training days do not show "
                    f"{' or '.join(one.train.others)}: give them a longer span, or leave the lesson out"
                )
