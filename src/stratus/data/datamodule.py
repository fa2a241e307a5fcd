"""The samples as batches: slices of tensors, or a stream from the disk, ordered by seed and epoch alone."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor
from torch.utils.data import Sampler

from stratus.data.samples import CHUNK, Samples
from stratus.data.splits import Splits
from stratus.errors import ConfigurationError


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


class BlockOrder:
    """The order of samples on disk: blocks that stand together there, read in a new order each epoch.

    Args:
        length: Number of samples n.
        seed: Together with the epoch the seed of the order; None keeps the samples in theirs.
        rank: This process of `ranks` gets a share of the blocks' sequence, no sample twice. Where there is a seed, all
            shares are equally long, and up to ranks - 1 samples sit the epoch out.
        ranks: Number of processes that train together.
        block: Samples that are read together.
    """

    def __init__(self, length: int, seed: int | None, rank: int = 0, ranks: int = 1, block: int = 4096) -> None:
        self.length, self.seed, self.block, self.epoch = length, seed, block, 0
        share = length // ranks
        self.start = rank * share
        self.stop = length if seed is None and rank == ranks - 1 else self.start + share

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def generator(self) -> torch.Generator | None:
        """The epoch's source of chance; None where the order is kept."""
        return None if self.seed is None else torch.Generator().manual_seed((self.seed << 20) + self.epoch)

    def slices(self, generator: torch.Generator | None) -> Iterator[slice]:
        """Where this process's samples of the epoch stand, block by block."""
        blocks = torch.arange(math.ceil(self.length / self.block))
        if generator:
            blocks = blocks[torch.randperm(len(blocks), generator=generator)]
        position = 0  # in the sequence of all processes' blocks
        for start in (blocks * self.block).tolist():
            rows = min(self.block, self.length - start)
            first, last = max(self.start - position, 0), min(self.stop - position, rows)
            if first < last:
                yield slice(start + first, start + last)
            position += rows

    def __len__(self) -> int:
        return self.stop - self.start


class Stream:
    """Batches (x [b, m] float32, y) of samples on disk, shuffled within pools of many blocks.

    Args:
        samples: What is served.
        size: Samples a batch.
        sampler: Their order. Lightning looks for an attribute of this name to set the epoch.
        device: Where the tensors go.
        pool: Samples that are in memory at once, at least.
    """

    batch_sampler = None  # Lightning asks for it beside the sampler

    def __init__(
        self, samples: Samples, size: int, sampler: BlockOrder, device: torch.device, *, pool: int = CHUNK
    ) -> None:
        self.samples, self.size, self.sampler, self.device = samples, size, sampler, device
        self.pool = max(pool, size)

    def __len__(self) -> int:
        return math.ceil(len(self.sampler) / self.size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        generator = self.sampler.generator()
        waiting: list[tuple[Tensor, Tensor]] = []
        for part in self.sampler.slices(generator):
            waiting.append(self._read(part))
            if sum(len(y) for _, y in waiting) >= self.pool:
                *full, rest = self._batches(waiting, generator)
                yield from full
                waiting = [rest]
        if waiting:
            yield from self._batches(waiting, generator)

    def _read(self, part: slice) -> tuple[Tensor, Tensor]:
        here = self.samples.where(part)
        return torch.from_numpy(np.array(here.x)), targets(here)

    def _batches(
        self, parts: list[tuple[Tensor, Tensor]], generator: torch.Generator | None
    ) -> list[tuple[Tensor, Tensor]]:
        """Parts as batches in a new order; the last may be short."""
        x, y = (torch.cat(one) for one in zip(*parts, strict=True))
        if generator:
            order = torch.randperm(len(x), generator=generator)
            x, y = x[order], y[order]
        x, y = x.to(self.device), y.to(self.device)
        return list(zip(torch.split(x, self.size), torch.split(y, self.size), strict=True))


def targets(samples: Samples) -> Tensor:
    """y as the tasks' losses take it: float32 [n, k], class indices int64 [n]."""
    y = torch.as_tensor(np.array(samples.y) if samples.on_disk else samples.y)
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

    def train_dataloader(self) -> Batches | Stream:
        """The training days, in a new order each epoch; under several processes each has its own share.

        Raises:
            ConfigurationError: If all days are asked for at once and are not in memory.
        """
        train, (rank, ranks) = self.splits.train, self._place
        if not train.on_disk:
            seed = None if self.batch_size is None else self.seed
            return Batches(train, self.batch_size, EpochOrder(len(train), seed, rank, ranks), self._device)
        if self.batch_size is None:
            raise ConfigurationError(
                "data.batch_size=null takes all training days at once, which data.memory does not hold: give a number, "
                "and an optimizer that takes batches"
            )
        return Stream(train, self.batch_size, BlockOrder(len(train), self.seed, rank, ranks), self._device)

    def val_dataloader(self) -> Batches | Stream | list[Batches]:
        """All validation days as one batch, or a stream of them; nothing where there is no such split."""
        return self._in_order(self.splits.validation) if self.splits.validation else []

    def test_dataloader(self) -> Batches | Stream:
        """All test days as one batch, or a stream of them."""
        return self._in_order(self.splits.test)

    @property
    def _place(self) -> tuple[int, int]:
        """This process's number and how many there are."""
        return (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)

    @property
    def _device(self) -> torch.device:
        return self.trainer.strategy.root_device if self.trainer else torch.device("cpu")

    def _in_order(self, samples: Samples) -> Batches | Stream:
        if samples.on_disk:
            return Stream(samples, CHUNK, BlockOrder(len(samples), None, *self._place), self._device)
        return Batches(samples, None, EpochOrder(len(samples), None), self._device)
