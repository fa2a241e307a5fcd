"""What a lesson gives a run to show: a card, its pictures, and the numbers that it rests on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.animation import Animation
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Card:
    """What a lesson says: a title, what you see, why it is so, what to try next, and one command to try it."""

    title: str
    see: str
    why: str
    next: str
    command: str

    @property
    def markdown(self) -> str:
        """The card as Markdown."""
        said = f"**What you see.** {self.see}\n\n**Why.** {self.why}\n\n**Try next.** {self.next}"
        return f"# {self.title}\n\n{said}\n\n    {self.command}\n"


@dataclass(frozen=True)
class Lesson:
    """A card with its pictures and the numbers that it claims."""

    card: Card  # the sentences
    figures: dict[str, Any]  # the numbers in them, by name, for the record
    pictures: "Mapping[str, Callable[[], Figure]]"  # by the name of their file; each is drawn when it is called
    animations: "Mapping[str, Callable[[], Animation]]" = field(default_factory=dict)  # likewise
