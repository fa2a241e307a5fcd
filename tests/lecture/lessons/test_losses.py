"""What a constant costs by each loss, beside the definitions of variance and entropy; and the slopes."""

import csv
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import entropy

from stratus import tasks
from stratus.data.splits import split
from stratus.data.table import read_csv, select
from stratus.lecture.lessons.losses import ASKED, _panels

TABLE = Path(__file__).parents[3] / "data" / "weather.csv"


@pytest.fixture(scope="module")
def days():
    """The training days' rows, 2012-01-03 to 2014-12-31."""
    with open(TABLE, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["station"] == "Seattle"]
    return [row for row in rows if "2012-01-03" <= row["date"] < "2015"]


@pytest.fixture(scope="module")
def finished(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("losses")
    return folder, trained(folder, "experiment=lecture/losses")


@pytest.fixture(scope="module")
def lesson(finished):
    return finished[1]


def test_the_best_constants_cost_variance_and_entropy(lesson, days):
    temperature = [(float(row["temperature_max"]) + float(row["temperature_min"])) / 2 for row in days]
    wet = [float(row["precipitation"]) > 0 for row in days]
    weather = Counter(row["weather"] for row in days)
    costs = {name: lesson["lesson"]["figures"][name]["constant"] for name in ASKED}
    assert costs == pytest.approx(
        {
            "regression": np.var(temperature),
            "binary": entropy([np.mean(wet), 1 - np.mean(wet)]),
            "multiclass": entropy(list(weather.values())),
        },
        rel=1e-6,
    )
    assert costs == pytest.approx({"regression": 36.1571902, "binary": 0.68517, "multiclass": 1.0796388}, abs=1e-6)


def test_zeros_and_the_optimum_cost_what_is_published(lesson):
    found = lesson["lesson"]["figures"]
    zeros = {name: found[name]["zeros"] for name in ASKED}
    model = {name: found[name]["model"] for name in ASKED}
    assert zeros == pytest.approx({"regression": 182.0843, "binary": math.log(2), "multiclass": math.log(5)}, rel=1e-6)
    assert model == pytest.approx({"regression": 3.5541361, "binary": 0.6390691, "multiclass": 0.9924306}, rel=1e-6)
    assert found["run"]["start"] == pytest.approx(math.log(5))
    assert model["multiclass"] < found["run"]["end"] < model["multiclass"] + 1e-3


def test_the_drawn_curves_are_the_losses_and_their_slopes():
    table = select(read_csv(TABLE), ["Seattle"], "weather.csv")
    border = {"test_from": np.datetime64("2015-01-01").item()}
    models = {name: tasks.find(name).fitting(split(table, recipe, **border)) for name, recipe in ASKED.items()}
    squared, binary, classes = _panels(models)
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


def test_the_pictures_are_there(finished):
    folder, run = finished
    assert set(run["lesson"]["pictures"]) == {"cost_of_a_constant.png", "loss_functions.png"}
    assert all((folder / "pictures" / name).is_file() for name in run["lesson"]["pictures"])


def test_the_card_s_command_can_work(finished, commanded):
    assert commanded(finished[1])


def test_the_walk_tells_the_same(finished, in_the_walk):
    assert in_the_walk(finished[1])
