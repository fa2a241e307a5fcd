"""The samples as batches: slices of tensors, or a stream from the disk, ordered by seed and epoch alone."""

import math
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from stratus.data.samples import Samples

POOL = 1 << 18  # days on disk that are shuffled together
Batch: TypeAlias = tuple[Tensor, ...]  # x, y, and where any y is unknown whether each is known


class Order:
    """The order of samples in an epoch by (seed, epoch) alone, or kept without a seed; process `rank` gets a share."""

    def __init__(self, length: int, seed: int | None, rank: int = 0, ranks: int = 1) -> None:
        self.length, self.seed, self.rank, self.ranks = length, seed, rank, ranks
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.epoch = epoch

    def generator(self) -> torch.Generator | None:
        """The epoch's random numbers; None where the order is kept."""
        # Distinct pairs give distinct streams as long as there are fewer than 2^20 epochs.
        return None if self.seed is None else torch.Generator().manual_seed((self.seed << 20) + self.epoch)

    def __len__(self) -> int:
        return self.length // self.ranks


class EpochOrder(Order):
    """Of samples in memory: every ranks-th of a permutation; up to ranks - 1, others each epoch, are left out.

    Where the order is kept none is, and shares may differ by one.
    """

    def __len__(self) -> int:
        return super().__len__() if self.seed is not None else len(range(self.rank, self.length, self.ranks))

    def order(self) -> Tensor:
        """Indices of this process's samples in this epoch."""
        generator = self.generator()
        every = torch.randperm(self.length, generator=generator) if generator else torch.arange(self.length)
        return every[self.rank :: self.ranks][: len(self)]


class BlockOrder(Order):
    """Of samples on disk: blocks of samples that stand together there, read in a new order each epoch.

    Each process gets a part of the blocks' sequence. With a seed all parts are equally long, and up to ranks - 1
    samples are left out; without one the last process gets the rest.
    """

    def __init__(self, length: int, seed: int | None, rank: int = 0, ranks: int = 1, block: int = 4096) -> None:
        super().__init__(length, seed, rank, ranks)
        self.block = block
        share = length // ranks
        self.start = rank * share
        self.stop = length if seed is None and rank == ranks - 1 else self.start + share

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


class Batches:
    """Batches (x [b, m] float32, *`truth`) of `size` samples, or of all for None, as slices of tensors.

    Slicing costs a tenth of collating items. Lightning looks for an attribute `sampler` to set the epoch.
    """

    batch_sampler = None  # Lightning asks for it beside the sampler

    def __init__(self, samples: Samples, size: int | None, sampler: EpochOrder, device: torch.device) -> None:
        x = torch.as_tensor(samples.x, dtype=torch.float32, device=device)
        self.columns = (x, *(one.to(device) for one in truth(targets(samples))))
        self.size, self.sampler = size or len(samples), sampler
        # The mean of so weighed means over unequal shares is the mean over all days.
        self.weight = 1.0 if size else len(sampler) * sampler.ranks / len(samples)

    def __len__(self) -> int:
        return math.ceil(len(self.sampler) / self.size)

    def __iter__(self) -> Iterator[Batch]:
        # A generator asks for the order at the first batch: on resuming, Lightning sets the epoch after `iter`.
        order = self.sampler.order().to(self.columns[0].device)
        yield from zip(*(torch.split(one[order], self.size) for one in self.columns), strict=True)


class Stream:
    """As `Batches`, of samples on disk, shuffled within pools of many blocks: at least `pool` samples in memory."""

    batch_sampler = None  # Lightning asks for it beside the sampler

    def __init__(
        self, samples: Samples, size: int, sampler: BlockOrder, device: torch.device, *, pool: int = POOL
    ) -> None:
        self.samples, self.size, self.sampler, self.device = samples, size, sampler, device
        self.pool = max(pool, size)

    def __len__(self) -> int:
        return math.ceil(len(self.sampler) / self.size)

    def __iter__(self) -> Iterator[Batch]:
        generator = self.sampler.generator()
        waiting: list[Batch] = []
        for part in self.sampler.slices(generator):
            here = self.samples.where(part)
            waiting.append((torch.from_numpy(here.x), targets(here)))
            if sum(len(x) for x, _ in waiting) >= self.pool:
                *full, (x, y, *_) = self._batches(waiting, generator)
                yield from self._moved(full)
                waiting = [(x, y)]
        if waiting:
            yield from self._moved(self._batches(waiting, generator))

    def _batches(self, parts: list[Batch], generator: torch.Generator | None) -> list[Batch]:
        """Parts as batches in a new order; the last may be short."""
        x, y = (torch.cat(one) for one in zip(*parts, strict=True))
        if generator:
            order = torch.randperm(len(x), generator=generator)
            x, y = x[order], y[order]
        return list(zip(*(torch.split(one, self.size) for one in (x, *truth(y))), strict=True))

    def _moved(self, batches: list[Batch]) -> Iterator[Batch]:
        return (tuple(one.to(self.device) for one in batch) for batch in batches)


def targets(samples: Samples, dtype: torch.dtype = torch.float32) -> Tensor:
    """y as the tasks' losses take it: values and events [n, k] in `dtype`, class indices int64 [n]."""
    indices = np.issubdtype(samples.y.dtype, np.integer)
    return torch.as_tensor(samples.y, dtype=torch.int64 if indices else dtype)


def truth(y: Tensor) -> tuple[Tensor, ...]:
    """y alone where all of it is known; else y, NaN where it is not, and whether each is known."""
    if not y.is_floating_point() or (known := ~y.isnan()).all():
        return (y,)
    return y, known
