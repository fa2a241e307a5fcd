"""`trainer=…`: how long is trained, and on what device."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from stratus.settings.checks import positive, require, setting

if TYPE_CHECKING:
    import lightning.pytorch as pl


@dataclass
class Trainer:
    """Settings of Lightning's Trainer, under its own names."""

    accelerator: str = setting("cpu", "cpu, gpu, mps, … or auto")
    devices: Any = setting(1, "number of devices, or their numbers as a list")
    strategy: str = setting("auto", "how several devices share the work, e.g. ddp")
    max_epochs: int = setting(100, "epochs: passes over the training days")
    gradient_clip_val: float | None = setting(None, "largest norm of a gradient; null: any")
    check_val_every_n_epoch: int = setting(1, "epochs between two validations")
    limit_train_batches: int | None = setting(None, "batches an epoch at most; null: all")
    detect_anomaly: bool = setting(False, "look for NaN in every operation; slow")

    def __post_init__(self) -> None:
        positive("trainer.max_epochs", self.max_epochs)
        positive("trainer.gradient_clip_val", self.gradient_clip_val)
        positive("trainer.limit_train_batches", self.limit_train_batches)
        every = self.check_val_every_n_epoch
        positive("trainer.check_val_every_n_epoch", every)
        most = f"at most trainer.max_epochs={self.max_epochs}"
        require(every <= self.max_epochs, "trainer.check_val_every_n_epoch", every, most)

    @property
    def single(self) -> bool:
        """Whether one process trains; Lightning starts one for each further device."""
        one = self.devices in (1, "1") or (isinstance(self.devices, list) and len(self.devices) == 1)
        return one and not self.strategy.startswith("ddp")

    def build(self) -> "Callable[..., pl.Trainer]":
        """Makes Lightning's Trainer from what else it takes (callbacks, logger, …)."""
        import lightning.pytorch as pl  # noqa: PLC0415

        return partial(pl.Trainer, **asdict(self))
