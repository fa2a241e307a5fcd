"""Which inputs matter: the optimum's weights with intervals, and the skill lost without a group of inputs."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from stratus.data.groups import groups
from stratus.data.samples import Array
from stratus.data.splits import Splits
from stratus.data.targets import Category
from stratus.data.weeks import BLOCK
from stratus.scores.bootstrap import interval, level, quantile
from stratus.scores.skill import skill
from stratus.tasks.linear import LinearTask
from stratus.tasks.weights import Weights
from stratus.training.optimum import Optimum, optima
from stratus.training.standard_errors import standard_errors
from stratus.verification.forecasts import beside
from stratus.verification.model import Model
from stratus.verification.references import Baselines
from stratus.verification.verify import Trial


@dataclass(frozen=True)
class Without:
    """What is left of the skill when a group of inputs is not known: the model's optimum without them, same penalty."""

    group: str  # its name
    inputs: int  # how many of an output's are in it
    skill: float  # without them
    lost: tuple[float, float, float]  # skill lost, and low and high end of its 95 % interval


@dataclass(frozen=True)
class Explanation:
    """Which inputs matter to the exact optimum."""

    weights: Array  # per standard deviation, and the ends of their 95 % intervals [k, m, 3]; nan where none
    skill: float  # with all inputs
    groups: list[Without]  # the largest loss first
    days: int  # test dates that were resampled
    block: int  # of them drawn together


def explain(task: LinearTask, splits: Splits, best: Optimum, baselines: Baselines) -> Explanation:
    """Explains the optimum `best` of a task; skill is against the climatology of `baselines`, on the test days."""
    whole, rest, (days, block) = _skills(task, splits, best, baselines)
    return Explanation(_weights(task, splits, best), whole, sorted(rest, key=lambda one: -one.lost[0]), days, block)


def _weights(task: LinearTask, splits: Splits, best: Optimum) -> Array:
    weight = best.weights.weight.numpy()
    if isinstance(splits.target, Category):  # only differences of softmax weights mean anything
        weight = weight - weight.mean(axis=0)
    scale = replace(splits, standardise=True).standardisation[1] / task.scale.numpy()  # 1 of standardised inputs
    days = len(np.unique(splits.train.dates))
    if not best.attained or days < 4 * BLOCK:
        reach = np.full_like(weight, np.nan)
    else:
        reach = quantile(BLOCK, days) * standard_errors(task, splits, best.weights)
    return np.stack([weight * scale, (weight - reach) * scale, (weight + reach) * scale], axis=-1)


def _skills(
    task: LinearTask, splits: Splits, best: Optimum, baselines: Baselines
) -> tuple[float, list[Without], tuple[int, int]]:
    """The skill with all inputs, and without each group; how many dates were resampled, and drawn together."""
    masks = groups(splits.recipe, splits.outputs)
    found = [best, *optima(task, splits, ~np.stack([*masks.values()]))]
    weights = Weights(*(torch.stack([getattr(one.weights, name) for one in found]) for name in ("weight", "bias")))
    models, trial = Model(task, weights, splits.target, ("all", *masks)), Trial(task, classes=False)
    for part in splits.test.chunks():
        trial.update(beside([models.forecasts(part), baselines.forecasts(part)]))
    skills, climatology, ruler = trial.compute()["skill"], trial.names.index("climatology"), task.scoring.ruler
    block, days = int(trial.draws.blocks(0)[: len(found)].max()), trial.draws.bootstrap.days
    drawn = trial.draws.compute(block)[ruler]
    drawn = skill(drawn, drawn[climatology])
    ends = interval(drawn[0] - drawn, level(block, days)).tolist()
    rest = [
        Without(name, int(mask.sum(1).max()), float(skills[j]), (float(skills[0] - skills[j]), *ends[j]))
        for j, (name, mask) in enumerate(masks.items(), 1)
    ]
    return float(skills[0]), rest, (days, block)
