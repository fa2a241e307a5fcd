"""A finished run asked which inputs matter, of its own days."""

import math
from functools import partial
from itertools import islice

import torch

from stratus.data.splits import Splits, divide
from stratus.errors import CheckpointError, DataError
from stratus.runs.kept import Kept
from stratus.settings.data import source_from_record
from stratus.training.optimum import optimum
from stratus.verification.climatology import Past
from stratus.verification.explanation import Explanation, explain
from stratus.verification.references import Baselines


def explained(kept: Kept) -> Explanation:
    """What a run trained with explain=true finds, of a run without.

    Raises DataError if its days do not fit memory or are gone, CheckpointError if its checkpoint's numbers cannot be.
    """
    task, penalty = kept.checkpoint.task, _penalty(kept)
    splits = _splits(kept)
    task.optimizer = partial(torch.optim.SGD, weight_decay=penalty)
    return explain(task, splits, optimum(task, splits), Baselines.of(task, Past.before_test(splits)))


def _penalty(kept: Kept) -> float:
    """λ, as the optimiser in the checkpoint has it; the checkpoint's other numbers are looked at too."""
    task, content = kept.checkpoint.task, kept.checkpoint.content
    positive = [one for one in (task.scale, task.class_weights) if one is not None]
    try:
        found = float(content["optimizer_states"][0]["param_groups"][0].get("weight_decay", 0.0))
        sound = all(one.isfinite().all() and (one > 0).all() for one in positive) and bool(task.mean.isfinite().all())
    except (LookupError, AttributeError, TypeError, ValueError):
        sound = False
    if not sound or not 0 <= found < math.inf:
        raise CheckpointError(f"{kept.folder}: its checkpoint has no penalty, scale or class weights that could be")
    return found


def _splits(kept: Kept) -> Splits:
    observations, recipe, outputs = kept.asked.observations, kept.checkpoint.recipe, kept.checkpoint.task.outputs
    table, *further = islice(observations.parts(), 2)
    if further:
        raise DataError(f"{kept.folder}: its days do not fit memory together, and are not explained")
    every = kept.checkpoint.samples(table, observations.classes, observations.clocks)
    inputs = recipe.inputs_for(outputs)
    samples, _ = divide(every, kept.borders, inputs, recipe.missing)
    if empty := [name for name, one in samples.items() if not len(one)]:
        raise DataError(f"{kept.folder}: its {' and '.join(empty)} days are not in {kept.asked.name}")
    names, units = [one.name for one in inputs], [one.unit for one in inputs]
    splits = Splits(recipe, names, units, outputs, samples["train"], samples.get("val"), samples["test"])
    drawn = source_from_record(kept.run.data.source if kept.run.data else {}).resample
    return splits.resampled(drawn)
