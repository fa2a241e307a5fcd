"""What all tasks share: the linear map Wx + b, one step, and what the loop logs."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np
import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim.optimizer import ParamsT
from torchmetrics import MeanMetric

from stratus.data.batches import Batch, truth
from stratus.data.samples import CHUNK
from stratus.data.splits import Splits
from stratus.scores.scoring import Scoring

BROADCASTS = "broadcasts_over_members"
Losses = TypeVar("Losses", bound=Callable[..., Tensor])


def broadcasts_over_members(losses: Losses) -> Losses:
    """Declares of a task's `losses` that they take many runs at once: logits [n, k, M], y [n, M] or [n, k, M].

    Only for speed: others are taken run by run. It holds for the function that is decorated, not for a subclass's own.
    """
    vars(losses)[BROADCASTS] = True
    return losses


default_optimizer = partial(torch.optim.SGD, lr=0.1)


class LinearTask(LightningModule, ABC):
    """θ = (W, b): logits z = W (x - mean)/scale + b, a loss ℓ(z, y), and the function that makes a forecast of z.

    A subclass says its loss and its curvature, activation and link, decision and scores.

    L = 1/n Σᵢ Σⱼ ℓ(zᵢⱼ, yᵢⱼ) over n days and those of their outputs whose truth is known: an output that is not known
    on a day adds nothing to it.

    Args:
        inputs: Names of the m inputs.
        units: Their units.
        outputs: Names of the k outputs.
        standardisation: Mean and scale [m] of the training inputs, kept as buffers; 0 and 1 where not given.
        class_weights: Weight of each class in the loss [choices, classes], a buffer: one row for a choice among
            classes, a row (no, yes) for each event. None weighs all alike.
        optimizer: Makes the optimiser from the parameters.
        schedule: Makes the learning rate's schedule from optimiser and number of epochs; None keeps the rate.
        init: Fills a parameter in place, drawing from a generator; PyTorch's own start where not given.
        seed: Seed of that generator.
    """

    curvature: ClassVar[float]  # least upper bound of the eigenvalues of ∂²ℓ/∂z²: gives the largest stable step
    curvature_is_constant: ClassVar[bool] = False  # whether the bound holds with equality, as for the squared loss
    activation_name: ClassVar[str]  # of `activation` in ONNX: Identity, Sigmoid, Softmax
    scoring: Scoring  # all scores of this kind of forecast
    mean: Tensor
    scale: Tensor
    class_weights: Tensor | None

    def __init__(
        self,
        *,
        inputs: Sequence[str],
        units: Sequence[str],
        outputs: Sequence[str],
        standardisation: tuple[Any, Any] | None = None,
        class_weights: Sequence[Sequence[float]] | None = None,
        optimizer: Callable[[ParamsT], torch.optim.Optimizer] = default_optimizer,
        schedule: Callable[..., torch.optim.lr_scheduler.LRScheduler] | None = None,
        init: Callable[[Tensor, torch.Generator], Any] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        names = {name: list(one) for name, one in {"inputs": inputs, "units": units, "outputs": outputs}.items()}
        rows = None if class_weights is None else [list(row) for row in class_weights]
        self.save_hyperparameters(names | {"class_weights": rows}, logger=False)
        self.outputs = list(outputs)
        self.linear = nn.Linear(len(inputs), len(outputs))
        mean, scale = standardisation or (torch.zeros(len(inputs)), torch.ones(len(inputs)))
        self.register_buffer("mean", torch.as_tensor(mean, dtype=torch.float32))
        self.register_buffer("scale", torch.as_tensor(scale, dtype=torch.float32))
        self.register_buffer("class_weights", None if rows is None else torch.tensor(rows, dtype=torch.float32))
        self.optimizer, self.schedule = optimizer, schedule
        if init is not None:
            self.start(init, seed)
        self._weight = 1.0  # of a batch's loss
        self._seen: dict[str, dict[int, Batch]] = {"train": {}, "val": {}, "test": {}}

    def start(self, init: Callable[[Tensor, torch.Generator], Any], seed: int) -> None:
        """Puts θ where training begins; see the constructor."""
        generator = torch.Generator().manual_seed(seed)
        for parameter in self.linear.parameters():
            init(parameter.data, generator)

    @property
    def name(self) -> str:
        """The name of the task: of the file that defines its class."""
        return type(self).__module__.rpartition(".")[2]

    @classmethod
    def for_splits(
        cls, splits: Splits, *, class_weights: Literal["balanced"] | None = None, **settings: Any
    ) -> "LinearTask":
        """A task whose inputs, outputs and standardisation are those of `splits`; `settings` go to the constructor.

        `balanced` weighs a class that came on n_c of n training days with n/(c n_c), c being the number of classes, so
        that all count as much together (King & Zeng, 2001).
        """
        if class_weights == "balanced":
            counts = np.maximum(splits.class_counts, 1)  # a resample may lack a class
            settings["class_weights"] = (counts.sum(1, keepdims=True) / counts.shape[1] / counts).tolist()
        settings |= {"inputs": splits.inputs, "units": splits.units, "outputs": splits.outputs}
        return cls(standardisation=splits.standardisation, **settings)

    @property
    def penalty(self) -> float:
        """λ of the penalty λ/2 ‖W‖² that its optimiser adds to the loss; b is free."""
        return float(self.optimizer([torch.zeros(1)]).defaults.get("weight_decay", 0.0))

    @abstractmethod
    def losses(self, logits: Tensor, y: Tensor) -> Tensor:
        """The terms of ℓ, from logits [n, k]: one a day and choice, [n, choices]; their sum over the choices is ℓ."""

    def weighted_losses(self, logits: Tensor, y: Tensor, known: Tensor | None = None) -> Tensor:
        """The same, each times its `importance` [n, choices]; where all of y [n, k] is known nothing says so."""
        if known is not None:  # before the loss: NaN times 0 is NaN, in gradients too
            logits, y = torch.where(known, logits, 0), torch.where(known, y, 0)
        losses, weights = self.losses(logits, y), self.importance(y, known)
        return losses if weights is None else losses * weights

    def loss(self, logits: Tensor, y: Tensor, known: Tensor | None = None) -> Tensor:
        """L: the mean of the weighted ℓ over n days; a scalar."""
        return self.weighted_losses(logits, y, known).sum() / len(logits)

    def held_out_losses(self, logits: Tensor, y: Tensor, known: Tensor | None = None) -> Tensor:
        """ℓ, so weighted, of n days that training has not seen, and whose class may be none of the outputs [n]."""
        return self.weighted_losses(logits, y, known).sum(1)

    def importance(self, y: Tensor, known: Tensor | None = None) -> Tensor | None:
        """What each term of the loss counts [n, choices]: the weight of the class that came, 0 where that is unknown.

        None where all count alike.
        """
        if self.class_weights is None:
            return known
        came = (y if known is None else torch.where(known, y, 0)).reshape(len(y), -1).long()
        weights = self.class_weights[torch.arange(came.shape[1], device=came.device), came]
        return weights if known is None else weights * known

    @abstractmethod
    def activation(self, logits: Tensor) -> Tensor:
        """The forecast of logits [n, k]: values or probabilities [n, k]."""

    @abstractmethod
    def link(self, mean: Tensor) -> Tensor:
        """The inverse of `activation`: logits [n, k] of a forecast."""

    @abstractmethod
    def decide(self, logits: Tensor) -> Tensor:
        """The one answer of logits [n, k], in the form of y."""

    def correct(self, decision: Tensor, y: Tensor) -> Tensor:
        """Whether each decision is right, in the form of y."""
        return decision == y

    def standardised(self, x: Tensor) -> Tensor:
        """(x - mean)/scale [n, m], in the precision of x if that is higher than float32; 0 where x is not known."""
        return ((x - self.mean) / self.scale).nan_to_num(nan=0.0, posinf=math.inf, neginf=-math.inf)

    def design(self, x: Tensor) -> Tensor:
        """A = ((x - mean)/scale, 1) [n, m + 1]: the inputs that W and b are the weights of."""
        return nn.functional.pad(self.standardised(x), (0, 1), value=1.0)

    def forward(self, x: Tensor) -> Tensor:
        """Logits z [n, k] of inputs x [n, m] in their own units."""
        logits: Tensor = self.linear(self.standardised(x))
        return logits

    def parameters_by_name(self) -> dict[str, Any]:
        """W and b on standardised inputs, with the inputs' and outputs' names, and the inputs' mean and scale."""
        values = {"weight": self.linear.weight, "bias": self.linear.bias, "mean": self.mean, "scale": self.scale}
        names = {"inputs": self.hparams["inputs"], "units": self.hparams["units"], "outputs": self.outputs}
        return names | {name: value.tolist() for name, value in values.items()}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds the task's name, by which `tasks.find` knows its class again, and the optimiser's."""
        checkpoint["task"] = self.name
        checkpoint["optimizer"] = type(self.trainer.optimizers[0]).__name__

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """The optimiser, and the schedule stepped at each epoch's end."""
        optimizer = self.optimizer(self.parameters())
        if "weight_decay" in optimizer.defaults:  # of all but b, whose shrinking would bias every forecast
            shrunk = [one for one in self.parameters() if one is not self.linear.bias]
            groups: list[dict[str, Any]] = [{"params": shrunk}, {"params": self.linear.bias, "weight_decay": 0.0}]
            optimizer = self.optimizer(groups)
        if self.schedule is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": self.schedule(optimizer, epochs=self.trainer.max_epochs)}

    def setup(self, stage: str) -> None:
        """Makes the metrics of the curves, in time for Lightning to move them to the device."""
        tags = [f"{split}/{curve}" for split in self._seen for curve in ("loss", "accuracy")]
        self._curves: Any = nn.ModuleDict({tag: MeanMetric() for tag in tags})

    def on_train_start(self) -> None:
        """Looks up how much the batches of this process count; see `Batches.weight`."""
        self._weight = getattr(self.trainer.train_dataloader, "weight", 1.0)

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """The loss of one batch. L-BFGS asks several times a step: the curve keeps the first, before the step."""
        x, *truth = batch
        logits = self(x)
        if index not in self._seen["train"]:
            self._keep("train", index, logits.detach(), truth[0])
        loss = self.loss(logits, *truth)
        return loss if self._weight == 1 else loss * self._weight

    def validation_step(self, batch: Batch, index: int) -> None:
        """Keeps a batch's logits for the end of the epoch."""
        self._keep("val", index, self(batch[0]), batch[1])

    def test_step(self, batch: Batch, index: int) -> None:
        """Keeps a batch's logits for the end of the epoch."""
        self._keep("test", index, self(batch[0]), batch[1])

    def on_train_epoch_end(self) -> None:
        """Logs train/loss and train/accuracy: over the epoch's batches, each with the weights of its own step."""
        self._log_epoch("train")

    def on_validation_epoch_end(self) -> None:
        """Logs val/loss and val/accuracy."""
        self._log_epoch("val")

    def on_test_epoch_end(self) -> None:
        """Logs test/loss and test/accuracy."""
        self._log_epoch("test")

    def _keep(self, split: str, index: int, logits: Tensor, y: Tensor) -> None:
        seen = self._seen[split]
        seen[index] = (logits, y)
        # An epoch of any length has to fit memory.
        if len(seen) > 1 and len(seen) * len(next(iter(seen.values()))[1]) > CHUNK:
            self._take_in(split)

    def _take_in(self, split: str) -> None:
        # One pass over many batches: a metric's update costs as much as a step of so small a model.
        logits, every = (torch.cat(parts) for parts in zip(*self._seen[split].values(), strict=True))
        self._seen[split].clear()
        y, *known = truth(every)
        loss = self.loss(logits, y, *known) if split == "train" else self.held_out_losses(logits, y, *known).mean()
        right = self.correct(self.decide(logits), y).float()
        self._curves[f"{split}/loss"].update(loss, weight=len(y))
        self._curves[f"{split}/accuracy"].update(right[known[0]] if known else right)

    def _log_epoch(self, split: str) -> None:
        if self._seen[split]:
            self._take_in(split)
        for name in (f"{split}/loss", f"{split}/accuracy"):
            self.log(name, self._curves[name].compute(), prog_bar=name.endswith("loss"))
            self._curves[name].reset()
