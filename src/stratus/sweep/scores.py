"""Scores and intervals of many members of a group at once: for each alone they take as long as its training."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from stratus.contributions import scores
from stratus.evaluation import References, metrics, skill
from stratus.intervals import contributions, intervals_of_each
from stratus.references import Weights, exact
from stratus.samples import Samples
from stratus.scores import brier_terms, sums_over_bins
from stratus.scores.probabilities import indicators
from stratus.splits import Splits
from stratus.sweep.group import Outcome
from stratus.tasks.linear import LinearTask
from stratus.training import Scored

AT_ONCE = 1 << 18
"""Logits of a split, of as many members, that are scored at once: some 50 MB."""


@dataclass
class Scores:
    """Those of a group's members, made for some of them when one is asked for and kept until they are.

    Attributes:
        outcome: The trained group.
        resamples: Which resample of the days each member was trained on.
        ready: What has been made and not been asked for, by the member's place.
        known: Whether the task's scores are those that this module can make.
    """

    outcome: Outcome
    resamples: list[int | None]
    ready: dict[int, Scored] = field(default_factory=dict)
    known: bool = True

    def of(self, place: int, task: LinearTask, splits: Splits, references: References) -> Scored | None:
        """What `evaluation.metrics` and `intervals` say of the member at `place`; None where they have to be asked.

        Args:
            place: The member's.
            task: With its weights.
            splits: Its samples.
            references: What it is compared with.
        """
        if self.known and place not in self.ready:
            self._make(place, task, splits, references)
        return self.ready.pop(place, None)

    def _make(self, place: int, task: LinearTask, splits: Splits, references: References) -> None:
        moment = self.outcome.best or self.outcome.last
        assert moment is not None
        longest = max(map(len, splits.named.values()))
        most = AT_ONCE // (longest * len(task.outputs))
        alike = [
            i
            for i in range(place, len(self.resamples))
            if self.resamples[i] == self.resamples[place] and i not in self.outcome.unending
        ]
        if min(most, len(alike)) < 2:
            return  # nothing is won
        places = alike[:most]
        theta = moment.theta[..., places].unbind(-1)
        made = metrics_of_each(task, splits, theta, references)
        # A task may have other scores than those of its kind of target: they are tried out on the first.
        self.known = _same(made[0], metrics(task, splits, references))
        if self.known:
            weights = [Weights(one[:-1].T.double(), one[-1].double()) for one in theta]
            every = zip(made, intervals_of_each(task, splits, weights), strict=True)
            self.ready |= {i: Scored(*one) for i, one in zip(places, every, strict=True)}


def _same(found: dict[str, float], expected: dict[str, float]) -> bool:
    one, other = (torch.tensor(list(row.values()), dtype=torch.float64) for row in (found, expected))
    return list(found) == list(expected) and torch.allclose(one, other, rtol=1e-4, atol=1e-4, equal_nan=True)


def metrics_of_each(
    task: LinearTask, splits: Splits, theta: Sequence[Tensor], references: References
) -> list[dict[str, float]]:
    """`evaluation.metrics` of each of several θ [m + 1, k], b below W, of one task."""
    names = ["loss", *references.scorer.answers, *references.scorer.forecasts]
    found: dict[str, Tensor] = {}
    for split, days in splits.named.items():
        row = _scores(task, splits.target.kind, theta, days)
        order = [*(name for name in names if name in row), *(name for name in row if name not in names)]
        found |= {f"{split}/{name}": row[name] for name in order}
    columns = zip(*(values.tolist() for values in found.values()), strict=True)
    rows = [dict(zip(found, column, strict=True)) for column in columns]
    return [row | {"test/skill": skill(row, references.scores["climatology"], splits)} for row in rows]


def _scores(task: LinearTask, kind: str, theta: Sequence[Tensor], days: Samples) -> dict[str, Tensor]:
    """The scores [f] of f weights on some days."""
    x = (torch.as_tensor(days.x, dtype=torch.float32) - task.mean) / task.scale
    # Days that the task gives the same probability have to be given the same here: it computes alike.
    logits = torch.stack([F.linear(x, one[:-1].T, one[-1]) for one in theta])
    means = {name: one.mean(0) for name, one in contributions(task, kind, logits.double(), days.y).items()}
    row = {name: torch.as_tensor(one) for name, one in scores(means).items()}
    if kind == "continuous":
        return row
    flat = logits.flatten(0, 1)
    p, decision = task.activation(flat), task.decide(flat)
    y = exact(days.y)
    every = y.repeat(len(theta), *[1] * (y.ndim - 1))
    shape = logits.shape
    came = indicators(p, every).view(shape)
    parts = brier_terms(sums_over_bins(p.view(shape), came), y.numel())
    row |= {f"brier_{name}": value for name, value in parts.items()}
    for name, columns in task.by_class(decision, p, every).items():
        decided, given, truth = (one.view(shape[:2]).double() for one in columns)
        hits, count = (decided * truth).sum(1), truth.sum(1)
        row |= {
            f"days/{name}": count,
            f"recall/{name}": hits / count,
            f"precision/{name}": hits / decided.sum(1),
            f"average_precision/{name}": average_precision(given, truth),
        }
    return row


def average_precision(p: Tensor, y: Tensor) -> Tensor:
    """Σ (Rᵢ - Rᵢ₋₁) Pᵢ over the thresholds, from recall R and precision P above each; nan without an event.

    Args:
        p: Probabilities [f, n] of f forecasts.
        y: Events, 0 or 1 [f, n].

    Returns:
        The average precision [f] of each.
    """
    p, order = p.sort(1, descending=True)
    hits = y.gather(1, order).cumsum(1)
    # Days of the same probability are told apart by no threshold.
    last = torch.cat([p[:, 1:] != p[:, :-1], torch.ones_like(p[:, :1], dtype=torch.bool)], 1)
    until = torch.where(last, hits, 0).cummax(1).values
    before = torch.cat([torch.zeros_like(until[:, :1]), until[:, :-1]], 1)
    precision = hits / torch.arange(1, p.shape[1] + 1)
    return torch.where(last, (hits - before) * precision, 0).sum(1) / hits[:, -1]
