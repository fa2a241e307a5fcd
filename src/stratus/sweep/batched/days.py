"""What members share that are trained and tested on the same days."""

from dataclasses import dataclass
from functools import cached_property

from stratus.data.observations import Observations, Provenance
from stratus.data.splits import Splits
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
