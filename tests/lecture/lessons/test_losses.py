"""What a constant costs by each loss, beside the definitions of variance and entropy; and the slopes."""

import math
from datetime import date

import numpy as np
import pytest
from scipy.stats import entropy

from stratus import tasks
from stratus.data.daily_table import read_csv, select
from stratus.data.recipe import Borders
from stratus.data.splits import split
from stratus.lecture.fits import TWO_DAYS
from stratus.lecture.lessons.losses import loss_functions_of


def test_the_best_constants_cost_variance_and_entropy(figures, days):
    wet = days["wet"].mean()
    costs = {name: figures[name]["constant"] for name in TWO_DAYS}
    assert costs == pytest.approx(
        {
            "regression": days["second"].var(ddof=0),
            "binary": entropy([wet, 1 - wet]),
            "multiclass": entropy(days["weather"].value_counts()["count"]),
        },
        rel=1e-6,
    )
    assert costs == pytest.approx({"regression": 36.1571902, "binary": 0.68517, "multiclass": 1.0796388}, abs=1e-6)


def test_zeros_and_the_optimum_cost_what_is_published(figures):
    zeros = {name: figures[name]["zeros"] for name in TWO_DAYS}
    model = {name: figures[name]["model"] for name in TWO_DAYS}
    assert zeros == pytest.approx({"regression": 182.0843, "binary": math.log(2), "multiclass": math.log(5)}, rel=1e-6)
    assert model == pytest.approx({"regression": 3.5541361, "binary": 0.6390691, "multiclass": 0.9924306}, rel=1e-6)
    assert figures["run"]["start"] == pytest.approx(math.log(5))
    assert model["multiclass"] < figures["run"]["end"] < model["multiclass"] + 1e-3


def test_the_drawn_curves_are_the_losses_and_their_slopes(run):
    table = select(read_csv(run["data"]["file"]), ["Seattle"], "weather.csv")
    borders = Borders(test_from=date(2015, 1, 1))
    models = {name: tasks.find(name).for_splits(split(table, recipe, borders)) for name, recipe in TWO_DAYS.items()}
    squared, binary, classes = loss_functions_of(models)
    (loss, slope) = squared.curves["y = 10 °C"]
    np.testing.assert_allclose(loss, (squared.z - 10) ** 2, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(slope, 2 * (squared.z - 10), rtol=1e-5)
    p = 1 / (1 + np.exp(-binary.z))
    rain, dry = binary.curves.values()
    np.testing.assert_allclose(rain, (-np.log(p), p - 1), rtol=1e-4)
    np.testing.assert_allclose(dry, (-np.log(1 - p), p), rtol=1e-4)
    p = np.exp(classes.z) / (np.exp(classes.z) + 4)
    (only,) = classes.curves.values()
    np.testing.assert_allclose(only, (-np.log(p), p - 1), rtol=1e-4)
    assert max(np.abs(slope).max() for _, slope in [rain, dry, only]) < 1
