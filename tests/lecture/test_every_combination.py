"""Every lesson with every task, in either city, at lead 0 and 1: one line before it trains, or a card true of the run.

All 240 are tried with STRATUS_EVERY_LESSON=1 in the environment, which takes some minutes. The suite tries those in New
York at lead 1, each card there and one of each lesson's refusals.
"""

import os
import re
import shlex
from itertools import product

import numpy as np
import polars as pl
import pytest

from stratus import lecture
from stratus.data.sources import shipped
from stratus.errors import ConfigurationError
from stratus.runs import experiment
from stratus.settings.arguments import for_hydra
from stratus.settings.compose import check

TASKS = ("regression", "binary", "multiclass", "multilabel")
ABOUT = {
    **dict.fromkeys(("temperature_line", "temperature_cycle", "accuracy"), "regression"),
    **dict.fromkeys(("gradient_descent", "learning_rate", "initialisation"), "regression"),
    **dict.fromkeys(("rain", "rain_quadratic", "gradients", "common_mistakes", "clock", "best_linear"), "binary"),
    **dict.fromkeys(("weather_types", "softmax_or_sigmoids", "losses"), "multiclass"),
}
FORECASTS = ("accuracy", "learning_rate", "best_linear")  # lessons that are not told of the day itself
CITIES = {"Seattle": "seattle", "New York": "new_york"}
TRIED = {  # what the card of the lesson's own run says to try next
    "accuracy": ["task.tolerance=0.5"],
    "losses": ["features=harmonics"],
    "gradient_descent": ["optimizer.lr=0.5"],
    "initialisation": ["init=uniform", "init.sigma=1000"],
    "gradients": ["trainer.max_epochs=2"],
}
ALL = "STRATUS_EVERY_LESSON" in os.environ
EVERY = [one for one in product(lecture.NAMES, CITIES, TASKS, (0, 1)) if ALL or one[1::2] == ("New York", 1)]


def is_told(name, task, lead):
    return task == ABOUT[name] and (lead > 0 or name not in FORECASTS)


TOLD = [one for one in EVERY if is_told(one[0], *one[2:])]
REFUSED = [one for one in EVERY if one not in TOLD]
# One lesson trains three models more.
MARKED = [pytest.param(one, marks=[pytest.mark.slow] if one[0] == "best_linear" else []) for one in TOLD]


def overrides(name, city, task, lead):
    data = "two_cities" if task == "multilabel" else CITIES[city]
    return [f"experiment=lecture/{name}", f"task={task}", f"data={data}", f"features.lead_days={lead}"]


@pytest.mark.parametrize("one", REFUSED if ALL else REFUSED[::4], ids=str)
def test_what_a_lesson_is_not_about_is_refused_before_it_trains(one, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(experiment, "run", lambda *_, **__: pytest.fail("it trains"))
    with pytest.raises(ConfigurationError, match=rf"^[^\n]+ expected [^\n]+ which lesson={one[0]} is about$"):
        trained(tmp_path, *overrides(*one), "pictures=none")


@pytest.fixture(scope="module", params=MARKED, ids=str)
def told(request, trained, tmp_path_factory):
    """A run of a combination, after a few epochs: what it is, its overrides, its record and its card."""
    (name, city, _, lead), folder = request.param, tmp_path_factory.mktemp("run")
    given = [*overrides(*request.param), "trainer.max_epochs=3", *TRIED.get(name, ())]
    record = trained(folder, *given, "pictures=none")
    return name, city, lead, given, record, record["lesson"]["card"]


def test_a_card_names_its_own_city_and_no_other(told):
    name, city, _, _, record, card = told
    assert record["data"]["stations"] == [city]
    (other,) = {*CITIES} - {city}
    if name not in ("rain", "softmax_or_sigmoids"):  # which tell of both
        assert other not in card.partition("**Try next.**")[0]
    assert ("rain_quadratic" in name) <= (f"The training days of {city}" in card)
    assert not re.search(r"\b(nan|None|inf)\b|[{}…]", card)


def test_its_verdicts_are_those_of_the_scores(told):
    name, _, lead, _, record, card = told
    metrics, references, figures = record["metrics"], record["references"], record["lesson"]["figures"]
    at_optimum = np.isclose(metrics["train/loss"], references["optimum"]["train/loss"], rtol=1e-4)
    if "Training" in card and name in ("temperature_line", "weather_types"):
        assert ("Training is not at fault" in card) == at_optimum
    if name == "rain":
        worse = "worse" if metrics["test/brier"] > references["climatology"]["test/brier"] else "better"
        assert f"{worse} than the calendar (skill {metrics['test/skill']:+.3f})" in card
        assert ("this is a forecast, not a diagnosis" in card) == (lead > 0)
        assert ("this is a diagnosis, not a forecast" in card) == (lead == 0)
        across, up = figures["weight"]
        assert (f"the {'colder' if up < 0 else 'warmer'} day 2, the likelier rain") in card
        points = re.search(r"Here it points ([a-z ]+):", card)[1]
        wrong = {"down" if up > 0 else "up", "left" if across > 0 else "right"}
        assert not wrong & {*points.split()}
    if name == "rain_quadratic":
        assert f"to {metrics['test/skill']:+.3f}." in card
        assert ("is a hyperbola" in card) == (figures["discriminant"] > 0)
    if name == "weather_types" and "The inputs are." in card:
        assert metrics["test/loss"] > references["climatology"]["test/loss"]
    if name == "common_mistakes":
        assert ("looks better than it is" in card) == (figures["leaking_usual_brier"] < figures["usual_brier"])
    if name == "losses":
        assert ("on the day itself" in card, "one day ahead" in card) == (lead == 0, lead == 1)
    if name == "gradients":
        assert f"The probabilities sum to {figures['run']['expected']:.2f}" in card
        assert ("gradient shrank" in card) == (figures["run"]["end"] < figures["run"]["start"])


def test_a_line_rises_where_numpy_s_does(told, days_of):
    name, city, _, _, record, card = told
    if name not in ("temperature_line", "temperature_cycle"):
        pytest.skip("another lesson")
    days = days_of(record, city).filter(~pl.col("test"))
    day, y = days["date"].dt.ordinal_day().to_numpy(), days["second"].to_numpy()
    slope, first = np.polyfit(day, y, 1)
    if name == "temperature_line":
        assert ("It rises by" in card) == (slope > 0)
    else:
        explained = 1 - np.mean((y - slope * day - first) ** 2) / y.var()
        assert f"The line explains {explained:.0%}" in card


def test_what_to_try_next_is_another_run_that_its_lesson_is_about(told, composed):
    name, city, _, given, _, card = told
    program, *following = shlex.split(card.splitlines()[-1])[1:]
    assert program == "train.py"
    settings = check(composed(*for_hydra(following)))
    lecture.find(settings)
    assert settings != check(composed(*given))
    elsewhere = settings.data.stations != [city]
    again = f"experiment=lecture/{name}" in following
    assert not again or elsewhere or name == "learning_rate"  # that one ends without a card
    farther = {"data=austin", "data=texas", "experiment=netherlands"}
    assert not elsewhere or again or farther & {*following}


REFUSALS = {
    "rain task=regression": "task=regression: expected task=binary",
    "weather_types task=binary": "task=binary: expected task=multiclass",
    "losses task=regression": "task=regression: expected task=multiclass",
    "temperature_line features=harmonics": "features=harmonics: expected features=day_of_year, which",
    "temperature_line features=two_days": "features=two_days: expected features=day_of_year, which",
    "temperature_line features.day_of_year.degree=2": "features.day_of_year.degree=2: expected 1, which",
    "temperature_cycle features=day_of_year features.day_of_year.degree=2": "expected features=harmonics, which",
    "temperature_cycle features.harmonics.k=1": "features.harmonics.k=1: expected 2 to 183, which",
    "rain_quadratic features=two_days": "expected features=quadratic",
    "accuracy features=harmonics": "expected features=two_days",
    "accuracy features.lead_days=0": "features.lead_days=0: expected 1 or more",
    "weather_types features=station": "features=station: expected features=two_days",
    "weather_types task.class_weights=balanced": "task.class_weights=balanced: expected null",
    "gradient_descent optimizer=adam": "optimizer=adam: expected optimizer=gd",
    "gradient_descent optimizer=gd optimizer.lr=1": "optimizer.lr=1.0: expected a rate below 1",
    "initialisation features.harmonics.k=2": "features.harmonics.k=2: expected 1, which",
    "gradients data.validation_from=2014-01-01": "data.validation_from=2014-01-01: expected null",
    "rain data=two_cities": "data.stations=[New York,Seattle]: expected one station",
    "rain data.resample=1": "data.resample=1: expected null",
    "rain data=csv data.path=data/weather.csv": "data.stations=[New York,Seattle]: expected one station",
}


@pytest.mark.parametrize("line", REFUSALS)
def test_a_premise_names_the_setting_and_the_mend(line, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(experiment, "run", lambda *_, **__: None)
    lesson, *given = line.split()
    with pytest.raises(ConfigurationError, match=re.escape(REFUSALS[line])):
        trained(tmp_path, f"experiment=lecture/{lesson}", *given, "pictures=none")


def test_other_cities_and_questions_need_days_too(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(experiment, "run", lambda *_, **__: pytest.fail("it trains"))
    later = shipped("Seattle").with_columns(pl.col("date") + pl.duration(days=3653))
    later.select(pl.exclude("temperature")).write_csv(tmp_path / "later.csv")
    data = ["data=csv", f"data.path={tmp_path}/later.csv", "data.test_from=2025-01-01", "pictures=none"]
    with pytest.raises(
        ConfigurationError, match="lesson=rain asks for rain_by_station in New York and Seattle too: no"
    ):
        trained(tmp_path / "run", "experiment=lecture/rain", *data)
    one_kind = later.with_columns(weather=pl.lit("rain"))
    one_kind.select(pl.exclude("temperature")).write_csv(tmp_path / "later.csv")
    with pytest.raises(ConfigurationError, match=r"asks for weather in Seattle too: .* show no weather but rain"):
        trained(tmp_path / "run", "experiment=lecture/gradients", *data)
    last = pl.when(pl.col("date") == pl.col("date").max()).then(pl.lit("hail")).otherwise("weather").alias("weather")
    later.with_columns(last).select(pl.exclude("temperature")).write_csv(tmp_path / "later.csv")
    for lesson in ("gradients", "weather_types"):  # one that asks for the weather besides, and one of the weather
        with pytest.raises(ConfigurationError, match=f"lesson={lesson} tells of all classes, .* do not show hail"):
            trained(tmp_path / "run", f"experiment=lecture/{lesson}", *data)
