"""Where the splits begin."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Borders:
    """The days at which the splits begin.

    Attributes:
        test_from: First test day.
        validation_from: First validation day; None for no validation split.
        train_from: First training day; None for the table's first.
        until: Last test day; None for the table's last.
    """

    test_from: date
    validation_from: date | None = None
    train_from: date | None = None
    until: date | None = None

    @property
    def names(self) -> list[str]:
        """The splits there are, by the name they have in every record."""
        return ["train", "val", "test"] if self.validation_from else ["train", "test"]
