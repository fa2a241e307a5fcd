"""The days of each split as Lightning asks for them."""

import torch
from lightning.pytorch import LightningDataModule

from stratus.data.batches import Batches, BlockOrder, EpochOrder, Stream
from stratus.data.samples import CHUNK, Samples
from stratus.data.splits import Splits
from stratus.errors import ConfigurationError


class WeatherDataModule(LightningDataModule):
    """Batches of `batch_size` training days, or all, ordered by `seed`; checkpoints keep the splits' recipe."""

    def __init__(self, splits: Splits, batch_size: int | None = 32, seed: int = 0) -> None:
        super().__init__()
        self.splits, self.batch_size, self.seed = splits, batch_size, seed
        features = {name: dict(settings) for name, settings in splits.recipe.features.items()}
        self.save_hyperparameters({**vars(splits.recipe), "features": features}, logger=False)

    def train_dataloader(self) -> Batches | Stream:
        """This process's training days in a new order each epoch; ConfigurationError if all at once, but on disk."""
        train, (rank, ranks) = self.splits.train, self._place
        if not train.on_disk:
            seed = self.seed if self.batch_size else None
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
