"""Rain moved by an hour: what the model then knows, what is left without it, and where the hours lie."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from stratus.data import australia
from stratus.data.clocks import NO_CLOCKS, Clocks
from stratus.data.elements import Hours
from stratus.data.recipe import Borders, Recipe
from stratus.data.sources import SHIPPED
from stratus.data.splits import split
from stratus.lecture.lessons.clock import Reading, dated_by_end, readings, score

ELEMENTS = ["pressure", "humidity", "sunshine"]
KNOWN = "what is known as the rain's hours begin"


def test_what_knows_the_day_itself_looks_twice_as_good(figures):
    early, known = figures["readings"]["yesterday's row"], figures["readings"][KNOWN]
    assert early["accuracy"] == pytest.approx(0.826, abs=2e-3)
    assert known["accuracy"] == pytest.approx(0.731, abs=2e-3)
    assert early["skill"] > 2 * known["skill"] > 0.4


@pytest.mark.parametrize("changed", [[], ["optimizer.weight_decay=1"], ["optimizer=gd", "trainer.max_epochs=1"]])
def test_what_is_known_scores_as_the_run_s_own_model_or_the_card_says_why_not(changed, trained, tmp_path):
    run = trained(tmp_path / "run", "experiment=lecture/clock", "data=seattle", "optimizer.weight_decay=0", *changed)
    own = f"{run['metrics']['test/accuracy']:.1%}", f"{run['metrics']['test/skill']:+.3f}"
    card = " ".join(run["lesson"]["card"].split())
    if "optimizer=gd" in changed:
        assert f"The run's own model has {own[0]} and {own[1]}, for it has not reached its optimum." in card
    else:
        assert f"{KNOWN}: {own[0]} right, skill {own[1]} **Why.**" in card


@pytest.fixture(scope="module")
def hoogeveen():
    """A station's days, read without Stratus."""
    table = pl.read_parquet(SHIPPED.parent / "netherlands.parquet")
    return table.filter(station="Hoogeveen").select("station", "date", "precipitation", *ELEMENTS).sort("date")


@pytest.mark.parametrize(("way", "behind"), [("yesterday's row", 0), (KNOWN, 1)])
def test_the_scores_are_those_of_scikit_learn(hoogeveen, way, behind):
    """Of a day's rain, from what was measured so many days before it."""
    wet = pl.col("precipitation") >= 0.3
    rain = {"rain": pl.col("precipitation").shift(1), "rained": wet.shift(1).cast(pl.Int8)}
    days = hoogeveen.select("date", pl.col(ELEMENTS).shift(behind), **rain, wet=wet).drop_nulls()
    test = (days["date"] >= date(2020, 1, 1)).to_numpy()
    train = (days["date"] >= date(2000, 1, 3)).to_numpy() & ~test
    x, y = days.select(*ELEMENTS, *rain).to_numpy().astype(float), days["wet"].to_numpy()
    x = (x - x[train].mean(0)) / x[train].std(0)
    peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x[train], y[train])
    table = hoogeveen.with_columns(temperature_max=None, temperature_min=None, weather=pl.lit(None, pl.String))
    (here,) = [one for one in readings(NO_CLOCKS, ["Hoogeveen"]) if one.title == way]
    assert here.by_end == (behind == 0)
    recipe = Recipe("rain", {"station": {"elements": [*ELEMENTS, "precipitation"]}}, here.lead_days, rain_from=0.3)
    # Dated by its end, the same rain is of the day after.
    later = 1 - behind
    borders = Borders(date(2020, 1, 1 + later), train_from=date(2000, 1, 3 + later))
    found = split(dated_by_end(table) if here.by_end else table, recipe, borders, clocks=here.clocks)
    assert len(found.train) == train.sum()
    assert score([found]).accuracy == pytest.approx(np.mean(peer.predict(x[test]) == y[test]), abs=5e-4)


def test_rain_dated_by_its_end_is_a_row_lower(hoogeveen):
    moved = dict(dated_by_end(hoogeveen).select("date", "precipitation").iter_rows())
    plain = dict(hoogeveen.select("date", "precipitation").iter_rows())
    assert moved[date(2010, 3, 1)] == plain[date(2010, 2, 28)] != plain[date(2010, 3, 1)]


def test_of_the_bureau_s_table_there_are_three_ways_and_nothing_moves():
    ways = readings(australia.CLOCKS, ["Albury"])
    assert not any(one.by_end for one in ways)
    assert [(one.lead_days, one.issue_hour) for one in ways] == [(1, 24), (1, 9), (2, 24)]
    elements = ["precipitation", "temperature_max", "pressure_3pm", "pressure_9am", "sunshine"]
    early, known, whole = (list(one.hours(elements, "Albury", australia.CLOCKS).values()) for one in ways)
    # From 9 am of the day before the rain's date on: rain before it, the maximum of the same hours, 3 pm within them.
    assert early == [Hours(-24, 0), Hours(0, 24), Hours(6, 6), Hours(0, 0), Hours(-9, 15)]
    assert known == [Hours(-24, 0), Hours(-24, 0), Hours(-18, -18), Hours(0, 0), Hours(-33, -9)]
    assert whole == [Hours(-48, -24), Hours(-48, -24), Hours(-18, -18), Hours(-24, -24), Hours(-33, -9)]


def test_a_reading_that_starts_at_a_date_s_own_midnight_takes_the_row_before():
    (only,) = readings(NO_CLOCKS, ["any"])[1:]
    assert only == Reading(KNOWN, NO_CLOCKS, 1, 24)


def test_of_places_with_other_hours_the_earliest_rain_decides():
    clocks = Clocks(stations={"early": {"precipitation": Hours(-15, 9)}})
    for places in (["early", "late"], ["late", "early"]):
        first, known, _ = readings(clocks, places)
        assert (first.by_end, known.lead_days, known.issue_hour) == (True, 1, 9)
