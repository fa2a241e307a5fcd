"""What all tasks share: the linear map Wx + b, one step, and what the loop logs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, TypeAlias, cast

import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torchmetrics import MeanMetric, Metric

from stratus.scores import class_scores
from stratus.splits import Splits

Batch: TypeAlias = tuple[Tensor, Tensor]
ClassDays: TypeAlias = tuple[Tensor, Tensor, Tensor]


gradient_descent = partial(torch.optim.SGD, lr=0.1)


class LinearTask(LightningModule, ABC):
    """θ = (W, b): logits z = W (x - mean)/scale + b, a loss ℓ(z, y), and the function that makes a forecast of z.

    A subclass says what is its own: its loss, its curvature, activation and link, its decision and scores.

    Args:
        inputs: Names of the m inputs, with `units` beside them.
        units: Their units.
        outputs: Names of the k outputs.
        standardisation: Mean and scale [m] of the training inputs; kept as buffers, 0 and 1 where not given.
        optimizer: Makes the optimiser from the parameters; plain steps of 0.1 where not given.
        schedule: Makes the learning rate's schedule from the optimiser and the number of epochs, stepped once an
            epoch; None keeps the rate.
        init: Fills a parameter in place with the starting values, drawing from a generator; PyTorch's own start
            where not given.
        seed: Seed of that generator.
    """

    curvature: ClassVar[float]
    """Least upper bound of the eigenvalues of ∂²ℓ/∂z²; the largest stable step follows from it."""

    curvature_is_constant: ClassVar[bool] = False
    """Whether the bound holds with equality everywhere, as for the squared loss."""

    mean: Tensor
    scale: Tensor

    def __init__(
        self,
        *,
        inputs: Sequence[str],
        units: Sequence[str],
        outputs: Sequence[str],
        standardisation: tuple[Any, Any] | None = None,
        optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer] = gradient_descent,
        schedule: Callable[..., torch.optim.lr_scheduler.LRScheduler] | None = None,
        init: Callable[[Tensor, torch.Generator], Any] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.save_hyperparameters(
            {k: list(v) for k, v in {"inputs": inputs, "units": units, "outputs": outputs}.items()},
            logger=False,
        )
        self.outputs = list(outputs)
        self.linear = nn.Linear(len(inputs), len(outputs))
        mean, scale = standardisation or (torch.zeros(len(inputs)), torch.ones(len(inputs)))
        self.register_buffer("mean", torch.as_tensor(mean, dtype=torch.float32))
        self.register_buffer("scale", torch.as_tensor(scale, dtype=torch.float32))
        self.optimizer, self.schedule = optimizer, schedule
        if init is not None:
            generator = torch.Generator().manual_seed(seed)
            for parameter in self.linear.parameters():
                init(parameter.data, generator)
        self._seen: dict[str, dict[int, Batch]] = {"train": {}, "val": {}, "test": {}}

    @property
    def name(self) -> str:
        """The name of the task: of the file that defines its class."""
        return type(self).__module__.rpartition(".")[2]

    @classmethod
    def fitting(cls, splits: Splits, **settings: Any) -> "LinearTask":
        """A task whose inputs, outputs and standardisation are those of `splits`; `settings` go to the constructor."""
        return cls(
            inputs=splits.inputs,
            units=splits.units,
            outputs=splits.outputs,
            standardisation=splits.standardisation,
            **settings,
        )

    @abstractmethod
    def loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """L: the mean over n days of ℓ, from logits [n, k]; a scalar."""

    @abstractmethod
    def activation(self, logits: Tensor) -> Tensor:
        """The forecast of logits [n, k]: values or probabilities [n, k]."""

    @abstractmethod
    def link(self, mean: Tensor) -> Tensor:
        """The inverse of `activation`: logits [n, k] of a forecast."""

    @abstractmethod
    def decide(self, logits: Tensor) -> Tensor:
        """The one answer of logits [n, k], in the form of y."""

    @abstractmethod
    def accuracy(self) -> Metric:
        """A fresh metric of decisions against y: the curve beside the loss."""

    @abstractmethod
    def forecast_scores(self) -> dict[str, Metric]:
        """Fresh metrics of forecasts (`activation`) against y."""

    def by_class(self, decision: Tensor, forecast: Tensor, y: Tensor) -> dict[str, ClassDays]:
        """For each class, of every day whether it was decided on, its probability, and whether it came [n, 0 to 1]."""
        return {}

    def forward(self, x: Tensor) -> Tensor:
        """Logits z [n, k] of inputs x [n, m] in their own units."""
        logits: Tensor = self.linear((x - self.mean) / self.scale)
        return logits

    def scores(self, logits: Tensor, y: Tensor, decision: Tensor | None = None) -> dict[str, float]:
        """All scores of a forecast on a whole split.

        Args:
            logits: Of the forecast [n, k].
            y: The truth.
            decision: The one answer a day, where it is not `decide(logits)`.
        """
        decision = self.decide(logits) if decision is None else decision
        accuracy, forecast = self.accuracy(), self.activation(logits)
        accuracy.update(decision, y)
        metrics = self.forecast_scores()
        for metric in metrics.values():
            metric.update(forecast, y)
        return {
            "loss": self.loss(logits, y).item(),
            "accuracy": accuracy.compute().item(),
            **{name: metric.compute().item() for name, metric in metrics.items()},
            **{
                f"{score}/{name}": value
                for name, days in self.by_class(decision, forecast, y).items()
                for score, value in class_scores(*days).items()
            },
        }

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds the task's name, by which `tasks.find` knows its class again, and the optimiser's."""
        checkpoint["task"] = self.name
        checkpoint["optimizer"] = type(self.trainer.optimizers[0]).__name__

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """The optimiser, and the schedule stepped at each epoch's end."""
        optimizer = self.optimizer(self.parameters())
        if self.schedule is None:
            return optimizer
        return {
            "optimizer": optimizer,
            "lr_scheduler": self.schedule(optimizer, epochs=self.trainer.max_epochs),
        }

    def setup(self, stage: str) -> None:
        """Makes the metrics of the curves, in time for Lightning to move them to the device."""
        self._curves = nn.ModuleDict(
            {
                f"{split}/{name}": metric
                for split in ("train", "val", "test")
                for name, metric in (("loss", MeanMetric()), ("accuracy", self.accuracy()))
            }
        )

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """The loss of one batch. L-BFGS asks several times a step: the curve keeps the first, before the step."""
        x, y = batch
        logits = self(x)
        self._seen["train"].setdefault(index, (logits.detach(), y))
        return self.loss(logits, y)

    def validation_step(self, batch: Batch, index: int) -> None:
        """Keeps a batch's logits for the end of the epoch."""
        self._seen["val"][index] = (self(batch[0]), batch[1])

    def test_step(self, batch: Batch, index: int) -> None:
        """Keeps a batch's logits for the end of the epoch."""
        self._seen["test"][index] = (self(batch[0]), batch[1])

    def on_train_epoch_end(self) -> None:
        """Logs train/loss and train/accuracy: over the epoch's batches, each with the weights of its own step."""
        self._log_epoch("train")

    def on_validation_epoch_end(self) -> None:
        """Logs val/loss and val/accuracy."""
        self._log_epoch("val")

    def on_test_epoch_end(self) -> None:
        """Logs test/loss and test/accuracy."""
        self._log_epoch("test")

    def _log_epoch(self, split: str) -> None:
        # One pass a split and epoch: a metric's update costs as much as a step of so small a model.
        logits, y = (torch.cat(parts) for parts in zip(*self._seen[split].values(), strict=True))
        self._seen[split].clear()
        loss, accuracy = (cast(Metric, self._curves[f"{split}/{name}"]) for name in ("loss", "accuracy"))
        loss.update(self.loss(logits, y), weight=len(y))
        accuracy.update(self.decide(logits), y)
        self.log(f"{split}/loss", loss.compute(), prog_bar=True)
        self.log(f"{split}/accuracy", accuracy.compute())
        loss.reset()
        accuracy.reset()
