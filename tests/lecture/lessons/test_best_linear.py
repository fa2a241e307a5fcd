"""The same layer told more: each step's skill beside scikit-learn's, and that a network tells most."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from stratus.data.recipe import Borders, Recipe
from stratus.data.sources import SHIPPED
from stratus.lecture.lessons.best_linear import Step, climb
from stratus.verification.climatology import WAVES

pytestmark = pytest.mark.slow  # it trains four models


def test_told_more_the_network_s_rain_is_forecast_better(figures):
    lecture, ahead, season, extremes, every, others, turning = figures["network"].values()
    assert max(lecture, ahead) < 0 < season + 0.01 < extremes < every < others < turning
    assert figures["places"] == 11
    first, *_, last = figures["here"].values()
    assert first < 0
    assert last > 0.05


def test_the_last_step_at_the_run_s_station_is_the_run_s_own_model(run, figures):
    assert [*figures["here"].values()][-1] == pytest.approx(run["metrics"]["test/skill"], abs=1e-6)


def test_a_step_s_skill_is_that_of_scikit_learn():
    table = pl.read_parquet(SHIPPED.parent / "netherlands.parquet").filter(
        pl.col("station").is_in(["Cabauw", "Hoogeveen"])
    )
    recipe = Recipe("rain", {"station": {"elements": ["humidity", "radiation"]}}, lead_days=1, rain_from=0.3)
    found = climb(table, [Step("so", recipe, 0.01)], Borders(date(2020, 1, 1), train_from=date(2000, 1, 3)))["so"]
    lost = usual = 0.0
    for (_,), days in table.sort("date").group_by("station"):
        wet = pl.col("precipitation") >= 0.3
        inputs = {name: pl.col(name).shift() for name in ("humidity", "radiation")}
        known = days.select("date", **inputs, wet=wet).filter(pl.col("date") >= date(2000, 1, 3)).drop_nulls()
        test = (known["date"] >= date(2020, 1, 1)).to_numpy()
        x, y = known.select(*inputs).to_numpy(), known["wet"].to_numpy()
        x = (x - x[~test].mean(0)) / x[~test].std(0)
        n = (~test).sum()
        p = LogisticRegression(C=1 / (0.01 * n), tol=1e-10).fit(x[~test], y[~test]).predict_proba(x[test])[:, 1]
        waves = WAVES[known["date"].dt.ordinal_day().to_numpy() - 1][:, 1:]
        season = LogisticRegression(C=np.inf, tol=1e-10).fit(waves[~test], y[~test]).predict_proba(waves[test])[:, 1]
        lost, usual = lost + np.square(p - y[test]).sum(), usual + np.square(season - y[test]).sum()
    assert found == pytest.approx(1 - lost / usual, abs=5e-4)  # the season's prior, which scikit-learn has not
