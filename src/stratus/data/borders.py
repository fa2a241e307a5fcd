"""Where the splits begin."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Borders:
    """The days at which the splits begin."""

    test_from: date  # first test day
    validation_from: date | None = None  # first validation day; None for no validation split
    train_from: date | None = None  # first training day; None for the table's first
    until: date | None = None  # last test day; None for the table's last

    @property
    def names(self) -> list[str]:
        """The splits there are, by the name they have in every record."""
        return ["train", "val", "test"] if self.validation_from else ["train", "test"]
