"""A line over the year explains five per cent of the temperature."""

from datetime import date

import numpy as np
import polars as pl
import pytest


def test_the_trained_line_explains_five_per_cent(figures, folder, days):
    assert figures["explained"] == pytest.approx(1 - 34.4400308 / 36.1571902, abs=1e-6)
    assert figures["rmse"] == pytest.approx(6.043, abs=5e-4)
    day = days["date"].dt.ordinal_day()
    assert figures["slope"] == pytest.approx(1.310404 / day.std(ddof=0), rel=1e-5)  # its standardised weight
    assert f"explains {figures['explained']:.0%}" in (folder / "card.md").read_text()


def test_of_a_few_january_days_the_line_falls_by_what_numpy_s_does(trained, tmp_path, days_of):
    run = trained(tmp_path / "run", "experiment=lecture/temperature_line", "data.test_from=2012-01-20", "pictures=none")
    days = days_of(run).filter(pl.col("date") < date(2012, 1, 20))
    slope, _ = np.polyfit(days["date"].dt.ordinal_day(), days["second"], 1)
    card = run["lesson"]["card"]
    assert f"It falls by {-slope * (19 - 3):.1f} °C from day 3 to day 19 of the year" in card
    assert "the whole wave" not in card
