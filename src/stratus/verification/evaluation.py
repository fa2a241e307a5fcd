"""How good a run's forecasts are on each split, beside what they have to beat and what they could reach."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from stratus.data.samples import Samples
from stratus.data.splits import Splits
from stratus.tasks.linear import LinearTask
from stratus.verification.forecast import scores
from stratus.verification.references import Weights, climatology, exact, optimum, persistence
from stratus.verification.scorer import Scorer


@dataclass(frozen=True)
class References:
    """What a model has to beat, and what it could reach.

    Attributes:
        scores: Of climatology, persistence and optimum: "train/loss", "test/accuracy", …, each to be read only.
        best: The exact optimum; None where there is none.
        scorer: What they were scored with.
    """

    scores: Mapping[str, Mapping[str, float]]
    best: Weights | None
    scorer: Scorer

    @classmethod
    def of(cls, task: LinearTask, splits: Splits) -> "References":
        """Those of a task, whatever its weights."""
        scores, best = _references(task, splits)
        for row in scores.values():
            row["test/skill"] = skill(row, scores["climatology"], splits)
        return cls(scores, best, Scorer(task))


def _flat(scores_of: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {f"{split}/{score}": value for split, row in scores_of.items() for score, value in row.items()}


def _references(task: LinearTask, splits: Splits) -> tuple[dict[str, dict[str, float]], Weights | None]:
    """The references' scores, and the exact optimum where there is one."""
    best, attained = optimum(task, splits)
    usual, again = climatology(splits), persistence(splits)
    rows: dict[str, dict[str, dict[str, float]]] = {"climatology": {}, "persistence": {}, "optimum": {}}
    for name, samples in splits.named.items():
        scorers = {reference: Scorer(task, classes=_by_class(name, samples)) for reference in rows}
        for days in samples.chunks():
            y = exact(days.y)
            persisting, answer = again(days)
            scorers["climatology"].update(task.link(torch.as_tensor(usual(days))), y)
            scorers["persistence"].update(task.link(torch.as_tensor(persisting)), y, torch.as_tensor(answer))
            scorers["optimum"].update(best.logits(task, days.x), y)
        for reference, scorer in scorers.items():
            rows[reference][name] = scorer.compute()
    return {name: _flat(row) for name, row in rows.items()}, best if attained else None


def _by_class(split: str, samples: Samples) -> bool:
    """Whether the classes are scored one by one, which takes all days at once: not those of a large training split."""
    return split == "test" or not samples.on_disk


def metrics(task: LinearTask, splits: Splits, references: References) -> dict[str, float]:
    """The scores of a task's weights on each split, as "train/loss", and the skill on the test days."""
    found = _flat(
        {
            name: scores(task, days, classes=_by_class(name, days), scorer=references.scorer)
            for name, days in splits.named.items()
        }
    )
    return found | {"test/skill": skill(found, references.scores["climatology"], splits)}


def skill(row: Mapping[str, float], climatology: Mapping[str, float], splits: Splits) -> float:
    """Skill on the test days, 1 - S/S_climatology, S the mean squared error or the Brier score: 0 is no better."""
    score = "test/loss" if splits.target.kind == "continuous" else "test/brier"
    return 1 - row[score] / climatology[score]


def training_loss(task: LinearTask, splits: Splits, weights: Weights) -> float:
    """L of weights over the training days, in float64."""
    parts = splits.train.chunks()
    return sum(task.loss(weights.logits(task, part.x), exact(part.y)).item() * len(part) for part in parts) / len(
        splits.train
    )
