"""What a lesson gives a run to show: a card, its pictures, and the numbers that both rest on."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stratus.errors import ConfigurationError, legible
from stratus.runs.record import DIAGNOSIS
from stratus.runs.report import no_verdict
from stratus.settings.experiment import PROJECT

if TYPE_CHECKING:
    from matplotlib.animation import Animation
    from matplotlib.figure import Figure

    from stratus.runs.finished import FinishedRun

NEXT, COMMAND = "**Try next.** ", "\n\n    python train.py "  # what a card ends with
USUAL = re.compile(r"\b(skill|usual|calendar)\b")  # of a card that sets the model beside climatology
SOURCE = ("data", "data.path", "data.station", "data.stations", "data.train_from", "data.test_from", "data.until")
CARDS = PROJECT / "conf" / "experiment" / "lecture"  # where each lesson's text is, beside its experiment


@dataclass(frozen=True)
class Lesson:
    """What a lesson has found, and its pictures."""

    figures: dict[str, Any]  # numbers by name, for the card and the record
    pictures: "Mapping[str, Callable[[], Figure]]"  # by the name of their file; each is drawn when it is called
    animations: "Mapping[str, Callable[[], Animation]]" = field(default_factory=dict)  # likewise
    words: Mapping[str, Any] = field(default_factory=dict)  # what the card says besides
    tried: int = 0  # how many of the card's "try next" the run itself has followed: it shows the one after

    def card(self, run: "FinishedRun", overrides: Sequence[str] = ()) -> str:
        """The lesson's text with its fields filled, as Markdown.

        A field such as `{brier:.4f}` or `{softmax[accuracy]:.1%}` is one of the figures or words, or of what every run
        has: `metrics`, `references`, `settings`, `station`, `train_days`, `test_days`, `classes`. Of several "try next"
        one is kept; `continued` fills its command with the run's `overrides`. ConfigurationError if the text cannot be
        read or a field cannot be filled. A diagnosis is called one, and where climatology is a guess the card says so.
        """
        file, splits = CARDS / f"{run.settings.lesson}.md", run.splits
        values = {name: getattr(run, name) for name in ("metrics", "references", "settings")}
        days = {"train_days": len(splits.train), "test_days": len(splits.test)}
        values |= {"station": splits.train.stations[0], **days, "classes": len(splits.outputs)}
        values |= {**self.figures, **self.words}
        try:
            told, *following = file.read_text(encoding="utf-8").rstrip().split(NEXT)
            text = "".join([told, *(NEXT + one.strip() for one in following[self.tried : self.tried + 1])])
            text, before, command = text.format_map(values).rpartition(COMMAND)
        except KeyError as error:
            raise ConfigurationError(f"{file}: no value is named {error}; there are {', '.join(values)}") from None
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"{file}: {error}") from None
        unseen = run.rivals.unseen_days() if USUAL.search(told) else 0
        remarks = [f"This is {DIAGNOSIS}"] if not splits.foreseen else []
        remarks += [f"Of skill and of what is usual there is {no_verdict(unseen)}"] if unseen else []
        text = text.replace("\n", "".join(f"\n\n*{one}.*\n" for one in remarks) or "\n", 1)
        own = overrides or [f"experiment=lecture/{run.settings.lesson}"]
        return text + before + (continued(command, own) if before else command)


def continued(command: str, own: Sequence[str]) -> str:
    """The overrides of a command; `…` in it stands for a run's own ones, `data=…` for those that name its data.

    Of its own ones those are left out that the command gives anew, and those that would make it another run's.
    """
    words = command.split()
    anew = {*map(_key, words), "resume", "sweep"}
    of_run = [legible(shlex.quote(one)) for one in own if _key(one) not in anew]
    of_data = [legible(shlex.quote(one)) for one in own if _key(one) in SOURCE]
    stands = {"…": of_run, "data=…": of_data}
    return " ".join(one for word in words for one in stands.get(word, [word]))


def _key(override: str) -> str:
    return override.partition("=")[0].lstrip("+~")
