"""A line over the year explains five per cent of the temperature."""

import pytest


def test_the_trained_line_explains_five_per_cent(figures, folder, days):
    assert figures["explained"] == pytest.approx(1 - 34.4400308 / 36.1571902, abs=1e-6)
    assert figures["rmse"] == pytest.approx(6.043, abs=5e-4)
    day = days["date"].dt.ordinal_day()
    assert figures["slope"] == pytest.approx(1.310404 / day.std(ddof=0), rel=1e-5)  # its standardised weight
    assert f"explains {figures['explained']:.0%}" in (folder / "card.md").read_text()
