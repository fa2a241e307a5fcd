"""Jobs of a sweep that have been trained as one, waiting to be scored and recorded in their turn."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stratus.data.observations import Observations
    from stratus.data.splits import Splits
    from stratus.settings.experiment import Config
    from stratus.training.lone import Fit
    from stratus.verification.evaluation import References


@dataclass(frozen=True)
class Ready:
    """What a trained job needs no more to make.

    Attributes:
        settings: Its settings, checked.
        observations: Its daily table.
        facts: What the record says of the table.
        splits: Its samples.
        fit: Hands its training over.
        references: What it is compared with; made once for all that share them.
    """

    settings: "Config"
    observations: "Observations"
    facts: dict[str, Any]
    splits: "Splits"
    fit: "Fit"
    references: "Callable[[], References]"

    def recorded(self, folder: Path, entries: dict[str, Any]) -> float:
        """Does what is left of a run; see `experiment.run`."""
        from stratus.runs import experiment  # noqa: PLC0415 - not for a start that trains nothing

        entries["data"] = dict(self.facts)
        return experiment.run(
            self.settings,
            self.observations,
            self.splits,
            folder=folder,
            record=entries,
            fit=self.fit,
            references=self.references,
        )


jobs: dict[int, Ready] = {}
"""By the job's number."""
