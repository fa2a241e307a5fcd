"""What a lesson gives a run to show: a card, its pictures, and the numbers that both rest on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stratus.errors import ConfigurationError
from stratus.settings.experiment import PROJECT

if TYPE_CHECKING:
    from matplotlib.animation import Animation
    from matplotlib.figure import Figure

    from stratus.runs.finished import FinishedRun

CARDS = PROJECT / "conf" / "experiment" / "lecture"  # where each lesson's text is, beside its experiment


@dataclass(frozen=True)
class Lesson:
    """What a lesson has found, and its pictures."""

    figures: dict[str, Any]  # numbers by name, for the card and the record
    pictures: "Mapping[str, Callable[[], Figure]]"  # by the name of their file; each is drawn when it is called
    animations: "Mapping[str, Callable[[], Animation]]" = field(default_factory=dict)  # likewise
    words: Mapping[str, Any] = field(default_factory=dict)  # what the card says besides

    def card(self, run: "FinishedRun") -> str:
        """The lesson's text with its fields filled, as Markdown.

        A field such as `{brier:.4f}` or `{softmax[accuracy]:.1%}` is one of the figures or words, or of what every run
        has: `metrics`, `references`, `settings`, `station`, `train_days`, `test_days`, `classes`. ConfigurationError
        if the text cannot be read or a field cannot be filled.
        """
        file, splits = CARDS / f"{run.settings.lesson}.md", run.splits
        values = {name: getattr(run, name) for name in ("metrics", "references", "settings")}
        days = {"train_days": len(splits.train), "test_days": len(splits.test)}
        values |= {"station": splits.train.stations[0], **days, "classes": len(splits.outputs)}
        values |= {**self.figures, **self.words}
        try:
            return file.read_text(encoding="utf-8").format_map(values)
        except KeyError as error:
            raise ConfigurationError(f"{file}: no value is named {error}; there are {', '.join(values)}") from None
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"{file}: {error}") from None
