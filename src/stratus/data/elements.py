"""What can be known of a day: each element's unit, what is believable, and the hours that it is of."""

from typing import NamedTuple

_HUGE = 3e38  # still finite in the float32 that models compute in


class Hours(NamedTuple):
    """When a value begins and when it is known, in hours from 00:00 of its row's date; both may lie on other days."""

    begin: float
    end: float


DAY = Hours(0, 24)


class Element(NamedTuple):
    """A column of the daily table that holds numbers."""

    unit: str
    low: float  # the least value to be believed
    high: float  # the largest
    words: str  # what it is
    group: str  # what of the weather it tells
    usual: float = 0.0  # about what is usual, from which departures are counted

    @property
    def expected(self) -> str:
        """What a value has to be, in words."""
        bounds = f"at least {self.low:g}" if self.high == _HUGE else f"between {self.low:g} and {self.high:g}"
        return f"{self.unit}, at least 0" if self.high == _HUGE and not self.low else f"{self.unit} {bounds}"


ELEMENTS: dict[str, Element] = {
    "temperature_max": Element("°C", -90, 60, "highest temperature", "temperature", 15),
    "temperature_min": Element("°C", -90, 60, "lowest temperature", "temperature", 5),
    "precipitation": Element("mm", 0, _HUGE, "rain and melted snow", "rain and snow"),
    "snowfall": Element("mm", 0, _HUGE, "fresh snow", "rain and snow"),
    "wind": Element("m/s", 0, _HUGE, "mean wind speed", "wind"),
    "temperature": Element("°C", -90, 60, "mean temperature; where it is not given, (max + min)/2", "temperature", 10),
    "dew_point": Element("°C", -100, 45, "mean dew point", "humidity", 5),
    "humidity": Element("%", 0, 100, "mean relative humidity", "humidity", 75),
    "humidity_max": Element("%", 0, 100, "highest relative humidity", "humidity", 90),
    "humidity_min": Element("%", 0, 100, "lowest relative humidity", "humidity", 60),
    "pressure": Element("hPa", 850, 1090, "mean pressure at sea level", "pressure", 1013),
    "pressure_max": Element("hPa", 850, 1090, "highest pressure at sea level", "pressure", 1015),
    "pressure_min": Element("hPa", 850, 1090, "lowest pressure at sea level", "pressure", 1011),
    "pressure_change": Element("hPa", -120, 120, "pressure's rise within the day, between its extremes", "pressure"),
    "wind_u": Element("m/s", -120, 120, "wind vector, towards the east", "wind"),
    "wind_v": Element("m/s", -120, 120, "wind vector, towards the north", "wind"),
    "wind_max": Element("m/s", 0, 120, "highest sustained wind", "wind"),
    "gust": Element("m/s", 0, 150, "highest gust", "wind"),
    "sunshine": Element("h", 0, 24, "hours of sunshine", "sun and cloud"),
    "radiation": Element("MJ/m²", 0, 50, "global radiation", "sun and cloud"),
    "cloud": Element("octas", 0, 8, "mean cloud cover", "sun and cloud"),
    "visibility": Element("km", 0, 200, "lowest visibility", "humidity"),
    "precipitation_duration": Element("h", 0, 24, "hours of rain", "rain and snow"),
    "precipitation_max": Element("mm", 0, 500, "most rain of an hour", "rain and snow"),
    "evaporation": Element("mm", 0, 60, "evaporation", "sun and cloud"),
    "temperature_ground": Element("°C", -90, 60, "lowest temperature 10 cm above the ground", "temperature"),
    "sunshine_share": Element("%", 0, 100, "sunshine as a share of the longest possible", "sun and cloud"),
    "latitude": Element("°", -90, 90, "of the station, to the north", "place"),
    "longitude": Element("°", -180, 180, "of the station, to the east", "place"),
    "snow_depth": Element("mm", 0, _HUGE, "depth of snow on the ground", "rain and snow"),
    "gust_u": Element("m/s", -150, 150, "highest gust as a vector, towards the east", "wind"),
    "gust_v": Element("m/s", -150, 150, "highest gust as a vector, towards the north", "wind"),
    **{
        f"{name}_{hour}": Element(*kind, f"{words} at {hour}", group, usual)
        for hour in ("9am", "3pm")
        for name, kind, words, group, usual in (
            ("temperature", ("°C", -90, 60), "temperature", "temperature", 15),
            ("humidity", ("%", 0, 100), "relative humidity", "humidity", 65),
            ("pressure", ("hPa", 850, 1090), "pressure at sea level", "pressure", 1015),
            ("cloud", ("octas", 0, 8), "cloud cover", "sun and cloud", 0),
            ("wind_u", ("m/s", -120, 120), "wind vector, towards the east,", "wind", 0),
            ("wind_v", ("m/s", -120, 120), "wind vector, towards the north,", "wind", 0),
        )
    },
}  # by the column's name; of the first five the daily table has the columns even where nothing was measured
