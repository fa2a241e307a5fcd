"""From a spreadsheet in °F, inches and M/D/YYYY to a scored forecast: two commands."""

from pathlib import Path

import pandas as pd
import pytest

from stratus.errors import DataError
from stratus.settings.arguments import for_hydra

ROOT = Path(__file__).parents[2]
SAID = [
    "data=csv", "data.station=Seattle", 'data.date_format="%m/%d/%Y"', "data.columns.date=Day",
    'data.columns.temperature_max="High (°F)"', "data.units.temperature_max=degF",
    'data.columns.temperature_min="Low (°F)"', "data.units.temperature_min=degF",
    'data.columns.precipitation="Rain, in"', "data.units.precipitation=inch",
]  # fmt: skip


@pytest.fixture
def sheet(tmp_path):
    """Seattle's days as a spreadsheet writes them."""
    days = pd.read_csv(ROOT / "data" / "weather.csv", parse_dates=["date"]).query("station == 'Seattle'")
    made = pd.DataFrame({
        "Day": [f"{one.month}/{one.day}/{one.year}" for one in days["date"]],
        "High (°F)": days["temperature_max"] * 9 / 5 + 32,
        "Low (°F)": days["temperature_min"] * 9 / 5 + 32,
        "Rain, in": days["precipitation"] / 25.4,
        "Remarks": "",
    })  # fmt: skip
    made.to_csv(tmp_path / "my weather.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return tmp_path / "my weather.csv"


def test_a_spreadsheet_is_forecast_as_the_same_days_in_other_units_are(sheet, trained, stratus, tmp_path):
    alike = "task=binary", "features=[station,harmonics]", "features.station.elements=[temperature_max,precipitation]"
    rest = "features.lead_days=1", "optimizer=newton", "data.train_from=2012-01-03"
    mine = trained(tmp_path / "mine", *alike, *rest, *for_hydra([*SAID, f"data.path={sheet}"]))
    other = trained(tmp_path / "other", *alike, *rest)
    assert mine["skill"] == pytest.approx(other["skill"], abs=1e-5)
    assert stratus("forecast", tmp_path / "mine") == stratus("forecast", tmp_path / "other")


def test_columns_that_tabs_separate_are_told(trained, tmp_path):
    (tmp_path / "my.csv").write_text("Day\tHigh\tLow\n1/2/2012\t50\t40\n")
    with pytest.raises(DataError, match="line 1: tabs between the columns; save it with commas"):
        trained(tmp_path / "run", "data=csv", f"data.path={tmp_path}/my.csv", "data.columns.date=Day")
