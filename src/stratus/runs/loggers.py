"""Where a run's settings, curves, scores and pictures go beside TensorBoard, by Lightning's own loggers."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import CSVLogger, Logger, MLFlowLogger, WandbLogger

from stratus.errors import ConfigurationError, first_line
from stratus.settings.experiment import Config

PROJECT = "stratus"  # what W&B and MLflow file runs under, unless their own environment variables say another


def _csv(settings: Config, folder: Path) -> Logger:
    return CSVLogger(folder, name="", version="csv")


def _wandb(settings: Config, folder: Path) -> Logger:
    project = os.environ.get("WANDB_PROJECT", PROJECT)
    return WandbLogger(name=folder.name, save_dir=folder, project=project, tags=settings.tags)


def _mlflow(settings: Config, folder: Path) -> Logger:
    from filelock import FileLock  # noqa: PLC0415 - it imports asyncio

    with FileLock(".mlflow.lock"):  # processes that began together would each make the database, and break it
        logger = MLFlowLogger(
            os.environ.get("MLFLOW_EXPERIMENT_NAME", PROJECT),
            run_name=folder.name,
            tracking_uri=os.environ.get("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db"),
            tags={"tags": ", ".join(settings.tags)} if settings.tags else None,
        )
        logger.run_id  # noqa: B018 - makes the run
    return logger


_MAKERS = {"csv": _csv, "wandb": _wandb, "mlflow": _mlflow}


@contextmanager
def beside(settings: Config, folder: Path, chosen: Mapping[str, Any]) -> Iterator[list[Logger]]:
    """The loggers that the settings name but TensorBoard's, told of all settings; open while the body runs.

    `chosen` are those that the run was told, choices among them, by name. Raises ConfigurationError if a logger cannot
    begin, as where its server is not there.
    """
    made: dict[str, Logger] = {}
    for name in (one for one in settings.loggers if one in _MAKERS):
        try:
            made[name] = _MAKERS[name](settings, folder)
            made[name].log_hyperparams({**_by_name(asdict(settings)), **_choices(settings), **chosen})
        except Exception as error:  # of any library below
            raise ConfigurationError(f"logger={name}: {first_line(error)}") from error
    status = "failed"
    try:
        yield [*made.values()]
        status = "success"
    finally:
        for logger in made.values():
            logger.finalize(status)
        if "wandb" in made:  # else the next job of a sweep would go on with it
            import wandb  # noqa: PLC0415 - an extra

            wandb.finish(exit_code=int(status == "failed"))


def finish(loggers: Iterable[Logger], scores: Mapping[str, float], steps: int, folder: Path) -> None:
    """Logs the scores of a run that has ended, and its pictures to those that show any."""
    for one in loggers:
        one.log_metrics(dict(scores), steps)
        drawn = sorted((folder / "pictures").glob("*.png"))
        if isinstance(one, WandbLogger):
            for file in drawn:
                one.log_image(f"view/{file.stem}", [f"{file}"])
        elif isinstance(one, MLFlowLogger) and drawn:
            one.experiment.log_artifacts(one.run_id, f"{drawn[0].parent}", "pictures")


def _choices(settings: Config) -> dict[str, str]:
    """What was chosen where nothing was told."""
    kinds = {name: type(getattr(settings, name)).__name__.lower() for name in ("optimizer", "schedule", "init")}
    return {"features": ", ".join(settings.features.chosen), **kinds}


def _by_name(settings: Mapping[str, Any], group: str = "") -> dict[str, Any]:
    """Settings that are not null or empty, by the names that they have on the command line."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        found |= _by_name(value, f"{group}{name}.") if isinstance(value, dict) else {f"{group}{name}": value}
    return {name: value for name, value in found.items() if value not in (None, [])}
