"""Common mistakes, made on purpose to measure what they do to the numbers."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from stratus.data.samples import COLUMNS, Samples
from stratus.data.splits import Splits
from stratus.lecture.descent_by_hand import Loss, descend, loss_on
from stratus.tasks.binary import BinaryClassification
from stratus.tasks.multiclass import MulticlassClassification
from stratus.tasks.weights import Weights
from stratus.training.optimum import optimum
from stratus.verification.model import Model
from stratus.verification.references import Climatology


class SigmoidTwice(BinaryClassification):
    """The slide taken literally: its f contains a sigmoid, and its loss applies another."""

    def loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """The cross-entropy of σ(σ(z)), which lies between σ(0) = 0.5 and σ(1) = 0.731 whatever z is."""
        return super().loss(torch.sigmoid(logits), y)


class SoftmaxTwice(MulticlassClassification):
    """The same with several classes."""

    def loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """The cross-entropy of softmax(softmax(z)); of k classes none is given more than e/(e + k - 1)."""
        return super().loss(torch.softmax(logits, -1), y)


def minimised(loss: Loss, start: Tensor) -> float:
    """The loss at which L-BFGS ends; if the loss is not convex, it depends on the start."""
    theta = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([theta], max_iter=500, line_search_fn="strong_wolfe", tolerance_change=1e-14)

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = loss(theta)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return loss(theta).item()


def with_test_days(splits: Splits) -> Splits:
    """The same samples with the test days among the training days: a leak."""
    pairs = ((getattr(splits.train, name), getattr(splits.test, name)) for name in COLUMNS)
    return replace(splits, train=Samples(splits.train.places, *(np.concatenate(pair) for pair in pairs)))


def month_leak(splits: Splits) -> tuple[float, float]:
    """Test Brier score of the month's frequency, counted over the training days, and over the test days as well."""
    honest, leaking = (Climatology.fit(one).forecast(splits.test) for one in (splits, with_test_days(splits)))
    return float(np.mean((honest - splits.test.y) ** 2)), float(np.mean((leaking - splits.test.y) ** 2))


def standardising_leak(splits: Splits, steps: int | None, rate: float = 0.3) -> float:
    """How much the test Brier score grows if test days help to standardise; after so many steps, None: at the end."""
    scores = []
    for scaled in (with_test_days(splits), splits):
        task = BinaryClassification.for_splits(scaled)
        if steps is None:
            weights = optimum(task, splits).weights
        else:
            start = torch.zeros(1, len(splits.inputs) + 1, dtype=torch.float64)
            theta = descend(loss_on(task, splits.train, torch.float64), start, rate, steps)[-1]
            weights = Weights(theta[:, :-1], theta[:, -1])
        p = Model(task, weights, splits.target).forecast(splits.test.x)
        scores.append(float(np.mean((p - splits.test.y) ** 2)))
    return scores[0] - scores[1]
