"""Sentences that several cards share, made of what a run has found."""

from collections.abc import Sequence

from stratus.runs.finished import FinishedRun
from stratus.settings.experiment import Config

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
INPUTS = {
    "two_days": "the temperatures of two days",
    "quadratic": "the temperatures of two days, their squares and their product",
    "day_of_year": "the day of the year",
    "harmonics": "waves of the year",
    "station": "all that was measured on a day",
}


def count(number: int) -> str:
    """A number in words, up to ten."""
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def listed(names: Sequence[str], last: str = "and") -> str:
    """a, b and c."""
    *before, end = names
    return f"{', '.join(before)} {last} {end}" if before else end


def inputs(settings: Config) -> str:
    """What a model is given."""
    return listed([INPUTS[name] for name in settings.features.chosen])


def when(lead: int) -> str:
    """How far before the day itself the last day known is."""
    return f"{count(lead)} day{'s' if lead > 1 else ''} ahead" if lead else "on the day itself"


def training(run: FinishedRun) -> str:
    """Whether a run has arrived at its model's exact optimum, to the figures that are shown."""
    unit = f" {run.splits.target.unit}²" if run.splits.target.unit != "1" else " nat"
    loss, best = (f"{one:.4g}{unit}" for one in (run.metrics["train/loss"], run.references["optimum"]["train/loss"]))
    if loss == best:
        return f"Training is not at fault: its loss of {loss} is that of this model's exact optimum."
    return f"Training has not arrived: its loss is {loss}, that of this model's exact optimum {best}."
