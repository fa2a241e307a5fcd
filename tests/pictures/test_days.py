"""Values over the calendar and against the truth, and the days missed worst."""

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.dates import date2num

from stratus.pictures import fit_over_calendar, forecast_against_truth

TABLE = Path(__file__).parents[2] / "data" / "weather.csv"


def test_the_fit_shows_the_truth_the_forecast_and_what_is_between(drawn, points):
    one = drawn("task=regression")
    days, forecast = one.run.splits.test, one.logits(one.run.splits.test.x)[:, 0]
    above, below = one.figures["fit"].axes
    lines = {line.get_label(): line for line in above.lines}
    assert np.array_equal(lines["measured"].get_ydata(), days.y[:, 0])
    assert lines["forecast"].get_ydata() == pytest.approx(forecast, abs=1e-4)
    assert np.array_equal(lines["forecast"].get_xdata(), days.dates)
    residuals = [line for line in below.lines if line.get_color() == lines["forecast"].get_color()]
    assert residuals[0].get_ydata() == pytest.approx(days.y[:, 0] - forecast, abs=1e-4)
    assert (above.get_ylabel(), below.get_ylabel()) == ("temperature (°C)", "residual (°C)")


@settings(max_examples=10)
@given(st.sets(st.integers(0, 60), min_size=2))
def test_a_line_breaks_where_days_are_missing(kept):
    dates = np.datetime64("2015-01-01") + np.array(sorted(kept))
    values = np.arange(len(dates), dtype=float)
    figure = fit_over_calendar.draw(dates, values, {"line": values}, name="temperature", unit="°C", place="here")
    line = next(one for one in figure.axes[0].lines if one.get_label() == "line")
    x, y = date2num(line.get_xdata()), line.get_ydata()
    assert np.array_equal(y[~np.isnan(y)], values)
    drawn = ~np.isnan(y[:-1]) & ~np.isnan(y[1:])
    assert (np.diff(x)[drawn] == 1).all()
    assert np.isnan(y).sum() == (np.diff(sorted(kept)) > 1).sum()


def test_the_scatter_has_a_point_a_day_and_lines_at_the_tolerance(drawn, points):
    one = drawn("task=regression")
    days = one.run.splits.test
    cloud, *lines = one.figures["scatter"].axes[0].lines
    assert points(cloud) == pytest.approx(np.column_stack([one.logits(days.x)[:, 0], days.y[:, 0]]), abs=1e-4)
    assert [(line.get_xy1(), line.get_slope()) for line in lines] == [((0, off), 1) for off in (-2.0, 0, 2.0)]


def test_of_many_days_the_scatter_draws_some_and_says_so():
    values = np.linspace(0, 1, 50_000)
    figure = forecast_against_truth.draw(values, values, tolerance=2, name="t", unit="°C", place="here")
    assert len(figure.axes[0].lines[0].get_xdata()) == 2000
    assert "2,000 drawn" in figure.get_suptitle()


def weather(station, day):
    with open(TABLE, newline="") as file:
        (row,) = [row for row in csv.DictReader(file) if (row["station"], row["date"]) == (station, day)]
    return (
        f"{row['weather']}, min {row['temperature_min']}, max {row['temperature_max']} °C, "
        f"{row['precipitation']} mm, wind {row['wind']} m/s"
    )


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass", "multilabel"])
def test_the_worst_days_are_those_of_the_largest_loss_with_their_weather(drawn, task):
    one = drawn(f"task={task}")
    days, z = one.run.splits.test, one.logits(one.run.splits.test.x)
    if task == "regression":
        loss = np.abs(z - days.y)
    elif task == "multiclass":
        loss = (np.log(np.exp(z).sum(1)) - z[range(len(z)), days.y])[:, None]
    else:
        loss = np.log1p(np.exp(z)) - days.y * z
    row, column = np.unravel_index(np.argsort(-loss, axis=None), loss.shape)
    places = [one.run.splits.outputs[k] if task == "multilabel" else "Seattle" for k in column]
    (axes,) = one.figures["worst_days"].axes
    shown = [text.get_text() for text in axes.get_yticklabels()]
    assert len(shown) == 10
    expected = [f"{day} {place}" for day, place in zip(days.dates[row], places, strict=True)]
    assert shown == expected[:10]
    assert axes.yaxis_inverted()  # the worst on top
    notes = [text.get_text() for text in axes.texts if "wind" in text.get_text()]
    assert notes == [weather(place, str(day)) for day, place in zip(days.dates[row[:10]], places, strict=False)]
    if task == "regression":
        forecast, truth = axes.lines
        assert forecast.get_xdata() == pytest.approx(z[row[:10], 0], abs=1e-4)
        assert truth.get_xdata() == pytest.approx(days.y[row[:10], 0])
    else:
        assert [bar.get_width() for bar in axes.patches] == pytest.approx(np.exp(-loss[row, column])[:10], abs=1e-6)
    assert date.fromisoformat(shown[0].split()[0]).year == 2015
