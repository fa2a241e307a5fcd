"""Stations of KNMI whose name and place are known here; others are shown by their number."""

from typing import NamedTuple


class Station(NamedTuple):
    """A station's name and place."""

    name: str
    latitude: float  # degrees to the north
    longitude: float  # degrees to the east


STATIONS = {
    "249": Station("Berkhout", 52.644, 4.979),
    "251": Station("Hoorn Terschelling", 53.392, 5.346),
    "257": Station("Wijk aan Zee", 52.506, 4.603),
    "260": Station("De Bilt", 52.100, 5.180),
    "269": Station("Lelystad", 52.458, 5.520),
    "273": Station("Marknesse", 52.703, 5.888),
    "277": Station("Lauwersoog", 53.413, 6.200),
    "278": Station("Heino", 52.435, 6.259),
    "279": Station("Hoogeveen", 52.750, 6.574),
    "283": Station("Hupsel", 52.069, 6.657),
    "286": Station("Nieuw Beerta", 53.196, 7.150),
    "340": Station("Woensdrecht", 51.449, 4.342),
    "348": Station("Cabauw", 51.970, 4.926),
    "356": Station("Herwijnen", 51.859, 5.146),
}  # by their number
NAMES = {number: station.name for number, station in STATIONS.items()}
