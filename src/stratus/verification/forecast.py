"""A checkpoint and a table are all that a forecast needs: loading the one, and forecasts as a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch

from stratus import tasks
from stratus.data.batches import targets
from stratus.data.recipe import Recipe
from stratus.data.samples import Samples, assemble
from stratus.data.targets import TARGETS
from stratus.errors import CheckpointError
from stratus.tasks.linear import LinearTask
from stratus.verification.scorer import Scorer


@dataclass(frozen=True)
class Forecaster:
    """A trained task with the recipe of its samples, and the checkpoint that they were read from."""

    task: LinearTask
    recipe: Recipe
    checkpoint: Mapping[str, Any] = field(default_factory=dict)

    @property
    def inputs(self) -> list[str]:
        """Names of the inputs."""
        return list(self.task.hparams["inputs"])

    def samples(self, table: pl.DataFrame) -> Samples:
        """Every day of a table whose inputs are known; y may be unknown.

        Raises:
            CheckpointError: If the table gives other inputs than the task was trained on (other stations).
        """
        classes = self.task.outputs if TARGETS[self.recipe.target].kind == "category" else None
        samples, inputs, outputs = assemble(table, self.recipe, classes)
        if (found := [one.name for one in inputs]) != self.inputs or outputs != self.task.outputs:
            raise CheckpointError(
                f"the model was trained on {', '.join(self.inputs)}; this table gives {', '.join(found)}: "
                "it needs the same stations"
            )
        return samples.where(samples.complete)

    def write(self, samples: Samples, path: Path) -> None:
        """Writes `forecast` as CSV, a chunk of days after another."""
        with open(path, "wb") as file:
            for part in samples.chunks():
                self.forecast(part).write_csv(file, float_precision=6, include_header=file.tell() == 0)

    def forecast(self, samples: Samples) -> pl.DataFrame:
        """One row a day: date, station, truth (null where unknown), prediction, a column `p(…)` a class or label."""
        self.task.eval()
        with torch.inference_mode():
            logits = self.task(torch.as_tensor(samples.x, dtype=torch.float32, device=self.task.device)).cpu()
            forecast, decision = self.task.activation(logits), self.task.decide(logits)
        key = {"date": samples.dates, "station": pl.Series(samples.stations, dtype=pl.String)}
        return pl.DataFrame({**key, **_columns(self, samples.y, decision.numpy(), forecast.numpy())})


def _columns(forecaster: Forecaster, y: Any, decision: Any, forecast: Any) -> dict[str, Any]:
    outputs, kind = forecaster.task.outputs, TARGETS[forecaster.recipe.target].kind
    if kind == "continuous":
        values = {"truth": y, "prediction": forecast.astype(np.float64)}
        one = len(outputs) == 1
        return {
            name if one else f"{name} {output}": pl.Series(value[:, k], nan_to_null=True)
            for name, value in values.items()
            for k, output in enumerate(outputs)
        }
    names = _class_names if kind == "category" else _event_names
    return {
        **{name: names(outputs, value) for name, value in (("truth", y), ("prediction", decision))},
        **{f"p({output})": forecast[:, k].astype(np.float64) for k, output in enumerate(outputs)},
    }


def _class_names(classes: list[str], index: Any) -> pl.Series:
    """The classes of their indices; -1, which stands for an unknown one, is the last."""
    return pl.Series(np.array([*classes, None], dtype=object)[index], dtype=pl.String)


def _event_names(outputs: list[str], events: Any) -> pl.Series:
    """The events that happen, joined by " + "; "no rain" for a single event that does not, "none" for no label."""

    def said(row: Any) -> str | None:
        happening = [name for name, event in zip(outputs, row, strict=True) if event]
        return " + ".join(happening) or (f"no {outputs[0]}" if len(outputs) == 1 else "none")

    found, place = np.unique(events, axis=0, return_inverse=True)
    names = np.array([None if np.isnan(row).any() else said(row) for row in found], dtype=object)
    return pl.Series(names[place.ravel()], dtype=pl.String)


def scores(task: LinearTask, *samples: Samples, classes: bool = True, scorer: Scorer | None = None) -> dict[str, float]:
    """The task's scores over samples whose truth is known, of one table or several; see `Scorer`.

    Args:
        task: Whose forecasts are scored.
        *samples: The days.
        classes: Whether each class is scored too.
        scorer: One to use again, of a task that differs in weights alone.
    """
    task.eval()
    scorer = scorer or Scorer(task)
    scorer.reset(classes=classes)
    with torch.inference_mode():
        for part in chain.from_iterable(one.chunks() for one in samples):
            logits = task(torch.as_tensor(part.x, dtype=torch.float32, device=task.device)).cpu()
            scorer.update(logits, targets(part))
    return scorer.compute()


def load(path: Path) -> Forecaster:
    """The task and recipe that a checkpoint holds; nothing but tensors and plain values is unpickled.

    Raises:
        CheckpointError: If the file is missing, broken, or not one of Stratus's.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        name, recipe = content["task"], content["datamodule_hyper_parameters"]
        task = tasks.find(name)(**content["hyper_parameters"])
        task.load_state_dict(content["state_dict"])
        return Forecaster(task, Recipe(**recipe), content)
    except FileNotFoundError:
        raise CheckpointError(f"there is no checkpoint {path}: did the run end before its first epoch?") from None
    except CheckpointError:
        raise
    except Exception as error:
        # torch.load and load_state_dict raise whatever the broken bytes lead them to.
        raise CheckpointError(
            f"{path} is not a checkpoint of Stratus ({type(error).__name__}: {first_line(error)})"
        ) from None


def first_line(error: BaseException) -> str:
    """The first line of an exception's message."""
    return (str(error).splitlines() or [""])[0]
