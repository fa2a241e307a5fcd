"""What TensorBoard shows beside the curves: references as constant lines, final figures, the configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.tensorboard import SummaryWriter


class _Logger(TensorBoardLogger):
    def save(self) -> None:
        """Writes the events alone, not hparams.yaml: `.hydra/` says all of that."""
        self.experiment.flush()


def logger(folder: Path) -> TensorBoardLogger:
    """Lightning's logger, its events straight in the run's folder."""
    return _Logger(folder, name=None, version="", default_hp_metric=False)


def constant_lines(folder: Path, references: Mapping[str, Mapping[str, float]], steps: int) -> None:
    """Each reference as a run of its own below `folder/references/`, its scores constant from step 0 to `steps`.

    TensorBoard draws the same tag of several runs in one chart, so the lines lie beside the model's curves.
    """
    for name, scores in references.items():
        with SummaryWriter(str(folder / "references" / name)) as writer:
            for tag, value in scores.items():
                if tag.endswith(("/loss", "/accuracy")):
                    for step in (0, steps):
                        writer.add_scalar(tag, value, step)


def final_figures(
    board: TensorBoardLogger,
    settings: Mapping[str, Any],
    metrics: Mapping[str, float],
    configuration: str,
    steps: int,
) -> None:
    """The test scores as scalars, the chief figures as `hp/…` in the HPARAMS tab, the configuration as text."""
    board.log_metrics({tag: value for tag, value in metrics.items() if tag.startswith("test/")}, step=steps)
    board.log_hyperparams(
        dict(settings),
        {
            f"hp/{tag.replace('/', '_')}": value
            for tag, value in metrics.items()
            if tag.count("/") < 2 and (tag.startswith("test/") or tag in ("train/loss", "val/loss", "gap"))
        },
    )
    indented = "".join(f"    {line}\n" for line in configuration.splitlines())
    board.experiment.add_text("configuration", indented, steps)
    board.save()
