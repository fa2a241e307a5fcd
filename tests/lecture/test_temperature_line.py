"""A line over the year explains five per cent of the temperature."""

import pytest


def test_the_trained_line_explains_five_per_cent(trained, tmp_path):
    run = trained(tmp_path, "experiment=lecture/temperature_line")
    figures = run["lesson"]["figures"]
    assert figures["explained"] == pytest.approx(1 - 34.4400308 / 36.1571902, abs=1e-6)
    assert figures["slope"] == pytest.approx(1.310404 / 105.27, rel=1e-3)  # standardised weight, sd of days 1..366
    assert figures["rmse"] == pytest.approx(6.043, abs=5e-4)
    assert "explains 5%" in (tmp_path / "card.md").read_text()
    assert (tmp_path / "pictures" / "fit.png").is_file()
