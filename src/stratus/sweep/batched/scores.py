"""Scores and intervals of many members at once: each is what `evaluation.metrics` and `intervals` give it alone."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from stratus.data.batches import targets
from stratus.data.samples import Array, Samples
from stratus.data.splits import Splits
from stratus.scores import contributions
from stratus.scores.metrics import bin_sums, class_shares, indicators, parts_of
from stratus.sweep.batched.group import Outcome
from stratus.tasks.linear import LinearTask
from stratus.training.lone import Scored
from stratus.verification import evaluation
from stratus.verification.evaluation import References
from stratus.verification.intervals import Forecasts, intervals_of_each
from stratus.verification.intervals import contributions as of_each_day
from stratus.verification.references import Weights

MEMBERS = 64
"""Members that are scored at once: of more each takes no less time."""

AT_ONCE = 1 << 19
"""Values or probabilities of a split that are scored at once: with all that is made of them some 100 MB."""

LARGEST = 1e12
"""Weights up to here give logits whose squares float32 still holds."""


class Scores:
    """Scores of a group's members, computed for many at once when the first of these is asked for.

    Which scores a task has is not asked: the first member is scored alone too, and where it then has other scores or
    other values, as a task with scores of its own gives them, every member is to be scored alone. So is one whose
    weights are so large that numbers might overflow.

    Args:
        task: The members'.
        outcome: What became of them.
        resamples: Which resample of the training days each has.
    """

    def __init__(self, task: LinearTask, outcome: Outcome, resamples: Sequence[int | None]) -> None:
        self.task, self.kept = task, outcome.kept
        self._found: dict[int, Scored] = {}
        self._waiting: dict[int, int | None] = {}
        if self.kept:
            fine = (self.kept.theta.abs().amax((0, 1)) < LARGEST).tolist()
            ended = (place for place in range(len(resamples)) if place not in outcome.unending)
            self._waiting = {place: resamples[place] for place in ended if fine[place]}

    def of(self, place: int, splits: Splits, references: References) -> Scored | None:
        """The scores of a member, to be asked for once; None where it has to be scored alone.

        Args:
            place: Its place in the group; the task is left with its kept weights.
            splits: Its samples.
            references: What it is compared with.
        """
        if place in self._waiting:
            resample = self._waiting.pop(place)
            count = AT_ONCE // (max(map(len, splits.named.values())) * len(splits.outputs))
            same = [other for other, number in self._waiting.items() if number == resample]
            if others := same[: max(min(count, MEMBERS) - 1, 0)]:
                self._score([place, *others], splits, references)
        return self._found.pop(place, None)

    def _score(self, places: list[int], splits: Splits, references: References) -> None:
        assert self.kept is not None
        theta, usual = self.kept.theta[..., places], references.scores["climatology"]
        self.kept.put(self.task, places[0])
        alone = evaluation.metrics(self.task, splits, references)
        columns = {
            f"{split}/{score}": np.broadcast_to(values, len(places)).tolist()
            for split, days in splits.named.items()
            for score, values in _scores(self.task, theta, days, splits.target.kind).items()
        }
        rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        metrics = [row | {"test/skill": evaluation.skill(row, usual, splits)} for row in rows]
        if not _agree(metrics[0], alone):
            self._waiting.clear()
            return
        weights = [Weights(one[:-1].T, one[-1]) for one in theta.double().unbind(-1)]
        for place, row, ends in zip(places, metrics, intervals_of_each(self.task, splits, weights), strict=True):
            self._waiting.pop(place, None)
            self._found[place] = Scored({name: row[name] for name in alone}, ends)


def _agree(found: Mapping[str, float], alone: Mapping[str, float]) -> bool:
    return found.keys() == alone.keys() and np.allclose(
        [found[name] for name in alone], list(alone.values()), rtol=1e-5, atol=1e-6, equal_nan=True
    )


@torch.inference_mode()
def _scores(task: LinearTask, theta: Tensor, days: Samples, kind: str) -> dict[str, Array]:
    """The scores of a split by name [M], or [1] where they are the same for all, of members' θ [m + 1, k, M]."""
    x, y = torch.as_tensor(days.x, dtype=torch.float32), targets(days)
    x = (x - task.mean) / task.scale
    # Each alone, as the task does it: a sum in another order may move a probability over the border of a bin.
    logits = torch.stack([F.linear(x, one[:-1].T.contiguous(), one[-1]) for one in theta.unbind(-1)])
    given = Forecasts.of(task, logits, y)
    means = {name: value.mean(1, dtype=np.float64) for name, value in of_each_day(task, kind, given).items()}
    found = contributions.scores(means)
    if kind != "continuous":
        p = given.apart(given.forecast)
        sums = bin_sums(p, indicators(p[0], y).expand_as(p))
        found |= {f"brier_{name}": value.numpy() for name, value in parts_of(sums, y.numel()).items()}
    for name, columns in task.by_class(given.decision, given.forecast, given.y).items():
        decision, chance, came = map(given.apart, columns)
        shares = {score: value.numpy() for score, value in class_shares(decision, came).items()}
        shares["average_precision"] = average_precision(chance.numpy(), came[0].numpy())
        found |= {f"{score}/{name}": value for score, value in shares.items()}
    return found


def average_precision(p: Array, y: Array) -> Array:
    """Average precision Σ (Rᵢ - Rᵢ₋₁) Pᵢ [...], Rᵢ and Pᵢ recall and precision above the i-th highest threshold.

    Days of equal probability are above the same thresholds. nan where there is no day of the class.

    Args:
        p: Probabilities of a class [..., n].
        y: Whether it came [n].
    """
    order = np.argsort(-p, axis=-1)
    p, hits = np.take_along_axis(p, order, -1), np.cumsum(y[order], axis=-1, dtype=np.float64)
    last = np.concatenate([p[..., 1:] != p[..., :-1], np.ones_like(p[..., :1], bool)], axis=-1)  # of its threshold
    # The hits above a threshold: hits grow from day to day, so the latest are the most.
    above = np.maximum.accumulate(np.where(last, hits, 0), axis=-1)
    gained = np.diff(above, axis=-1, prepend=0)
    with np.errstate(invalid="ignore"):
        return np.asarray((gained * hits / np.arange(1, p.shape[-1] + 1)).sum(-1) / hits[..., -1])
