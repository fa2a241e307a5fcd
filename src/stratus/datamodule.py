"""The samples as batches: slices of tensors, in an order that is a function of seed and epoch."""

import math
from collections.abc import Iterator

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor
from torch.utils.data import Sampler

from stratus.samples import Samples
from stratus.splits import Splits


class EpochOrder(Sampler[int]):
    """The order of the samples in an epoch, a function of (seed, epoch), so that a resumed run goes on alike.

    Args:
        length: Number of samples n.
        seed: Together with the epoch the seed of the permutation; None keeps the samples in their order.
        rank: This process of `ranks` gets every ranks-th sample of the permutation, none repeated.
        ranks: Number of processes that train together. All get equally many samples: up to ranks - 1, others each
            epoch, sit it out.
    """

    def __init__(self, length: int, seed: int | None, rank: int = 0, ranks: int = 1) -> None:
        self.length, self.seed, self.rank, self.ranks = length, seed, rank, ranks
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def order(self) -> Tensor:
        """Indices of this process's samples in this epoch."""
        if self.seed is None:
            return torch.arange(self.length)[self.rank :: self.ranks][: len(self)]
        # Distinct pairs give distinct streams as long as there are fewer than 2^20 epochs.
        generator = torch.Generator().manual_seed((self.seed << 20) + self.epoch)
        return torch.randperm(self.length, generator=generator)[self.rank :: self.ranks][: len(self)]

    def __iter__(self) -> Iterator[int]:
        return iter(self.order().tolist())

    def __len__(self) -> int:
        return self.length // self.ranks


class Batches:
    """Batches (x [b, m] float32, y) of samples held as tensors: slicing costs a tenth of collating items.

    Args:
        samples: What is served.
        size: Samples a batch; None serves all at once.
        sampler: Their order. Lightning looks for an attribute of this name to set the epoch.
        device: Where the tensors lie.
    """

    batch_sampler = None  # Lightning asks for it beside the sampler

    def __init__(self, samples: Samples, size: int | None, sampler: EpochOrder, device: torch.device) -> None:
        self.x = torch.as_tensor(samples.x, dtype=torch.float32, device=device)
        self.y = targets(samples).to(device)
        self.size, self.sampler = size or len(samples), sampler

    def __len__(self) -> int:
        return math.ceil(len(self.sampler) / self.size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        # A generator asks for the order at the first batch: on resuming, Lightning sets the epoch after `iter`.
        order = self.sampler.order().to(self.x.device)
        x, y = self.x[order], self.y[order]
        yield from zip(torch.split(x, self.size), torch.split(y, self.size), strict=True)


def targets(samples: Samples) -> Tensor:
    """y as the tasks' losses take it: float32 [n, k], class indices int64 [n]."""
    y = torch.as_tensor(samples.y)
    return y.long() if y.ndim == 1 else y.float()


class WeatherDataModule(LightningDataModule):
    """Batches of training, validation and test days.

    Args:
        splits: The samples; their recipe is kept in every checkpoint.
        batch_size: Training days a step; None takes all at once, which makes gradient descent of SGD.
        seed: Seed of the order in which the training days come.
    """

    def __init__(self, splits: Splits, batch_size: int | None = 32, seed: int = 0) -> None:
        super().__init__()
        self.splits, self.batch_size, self.seed = splits, batch_size, seed
        recipe = splits.recipe
        self.save_hyperparameters(
            {
                "target": recipe.target,
                "features": {name: dict(settings) for name, settings in recipe.features.items()},
                "lead_days": recipe.lead_days,
            },
            logger=False,
        )

    def train_dataloader(self) -> Batches:
        """The training days, in a new order each epoch; under several processes each has its own share."""
        trainer = self.trainer
        order = EpochOrder(
            len(self.splits.train),
            None if self.batch_size is None else self.seed,
            *((trainer.global_rank, trainer.world_size) if trainer else (0, 1)),
        )
        return self._batches(self.splits.train, self.batch_size, order)

    def val_dataloader(self) -> Batches | list[Batches]:
        """All validation days as one batch; nothing where there is no such split."""
        return self._whole(self.splits.validation) if self.splits.validation else []

    def test_dataloader(self) -> Batches:
        """All test days as one batch."""
        return self._whole(self.splits.test)

    def _whole(self, samples: Samples) -> Batches:
        return self._batches(samples, None, EpochOrder(len(samples), None))

    def _batches(self, samples: Samples, size: int | None, order: EpochOrder) -> Batches:
        device = self.trainer.strategy.root_device if self.trainer else torch.device("cpu")
        return Batches(samples, size, order, device)
