"""Where a run's curves and scores go beside TensorBoard, by Lightning's own loggers."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import CSVLogger, Logger, MLFlowLogger, WandbLogger

from stratus.errors import ConfigurationError, first_line
from stratus.settings.experiment import Config

PROJECT = "stratus"  # what W&B and MLflow file runs under, unless their own environment variables say another
_Maker = Callable[[Config, Path], Logger]
_MAKERS: dict[str, _Maker] = {
    "csv": lambda settings, folder: CSVLogger(folder, name="", version="csv"),
    "wandb": lambda settings, folder: WandbLogger(
        name=folder.name, save_dir=folder, project=os.environ.get("WANDB_PROJECT", PROJECT), tags=settings.tags
    ),
    "mlflow": lambda settings, folder: MLFlowLogger(
        os.environ.get("MLFLOW_EXPERIMENT_NAME", PROJECT),
        run_name=folder.name,
        tracking_uri=os.environ.get("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db"),
        tags={"tags": ", ".join(settings.tags)} if settings.tags else None,
    ),
}


@contextmanager
def beside(settings: Config, folder: Path, chosen: dict[str, Any]) -> Iterator[list[Logger]]:
    """The loggers that the settings name but TensorBoard's, told of the `chosen` settings; open while the body runs.

    Raises ConfigurationError if one cannot begin, as where its server is not there.
    """
    made: dict[str, Logger] = {}
    for name in (one for one in settings.loggers if one in _MAKERS):
        try:
            made[name] = _MAKERS[name](settings, folder)
            made[name].log_hyperparams(chosen)
        except Exception as error:  # of any library below
            raise ConfigurationError(f"logger={name}: {first_line(error)}") from error
    try:
        yield [*made.values()]
    finally:
        for logger in made.values():
            logger.save()
        if "wandb" in made:  # else the next job of a sweep would go on with it
            import wandb  # noqa: PLC0415 - an extra

            wandb.finish()
