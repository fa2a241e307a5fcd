"""All scores of a forecast at once, of any task."""

import torch
from torch import Tensor

from stratus.scores.metrics import class_scores
from stratus.tasks.linear import ClassDays, LinearTask


def score(task: LinearTask, logits: Tensor, y: Tensor, decision: Tensor | None = None) -> dict[str, float]:
    """All scores of a forecast whose days come at once; see `Scorer.update`."""
    scorer = Scorer(task)
    scorer.update(logits, y, decision)
    return scorer.compute()


class Scorer:
    """All scores of a forecast, of days that come in parts.

    Args:
        task: Whose loss, accuracy and scores they are.
        classes: Whether each class is scored too, for which every day's forecast is kept until the end.
    """

    def __init__(self, task: LinearTask, *, classes: bool = True) -> None:
        self.task = task
        self.forecasts, self.answers = task.forecast_scores(), {"accuracy": task.accuracy(), **task.decision_scores()}
        self.reset(classes=classes)

    def reset(self, *, classes: bool = True) -> None:
        """Forgets all days; making the metrics takes longer than scoring a year."""
        self.classes = classes
        self.days, self.loss = 0, 0.0
        self.by_class: list[dict[str, ClassDays]] = []
        for metric in (*self.answers.values(), *self.forecasts.values()):
            metric.reset()

    def update(self, logits: Tensor, y: Tensor, decision: Tensor | None = None) -> None:
        """Takes in some days.

        Args:
            logits: Of the forecast [n, k].
            y: The truth.
            decision: The one answer a day, where it is not `decide(logits)`.
        """
        decision = self.task.decide(logits) if decision is None else decision
        forecast = self.task.activation(logits)
        self.days += len(y)
        self.loss += self.task.loss(logits, y).item() * len(y)
        for metric in self.answers.values():
            metric.update(decision, y)
        for metric in self.forecasts.values():
            metric.update(forecast, y)
        if self.classes:
            self.by_class.append(self.task.by_class(decision, forecast, y))

    def compute(self) -> dict[str, float]:
        """The scores by name; those of a class as `recall/snow`."""
        classes = {
            name: [torch.cat(column) for column in zip(*(part[name] for part in self.by_class), strict=True)]
            for name in (self.by_class[0] if self.by_class else ())
        }
        return {
            "loss": self.loss / self.days,
            **{name: metric.compute().item() for name, metric in (self.answers | self.forecasts).items()},
            **{
                f"{score}/{name}": value
                for name, days in classes.items()
                for score, value in class_scores(*days).items()
            },
        }
