"""KNMI's own files, where the environment's STRATUS_KNMI names a folder that has them; and small ones in their form."""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("STRATUS_KNMI", ""))
FILES = sorted(FOLDER.glob("etmgeg_*")) if "STRATUS_KNMI" in os.environ else []
needed = pytest.mark.skipif(not FILES, reason="STRATUS_KNMI names no folder of real files")

COLUMNS = ["DDVEC", "FHVEC", "FG", "FHX", "FHXH", "FHN", "FHNH", "FXX", "FXXH", "TG", "TN", "TNH", "TX", "TXH"]
COLUMNS += ["T10N", "T10NH", "SQ", "SP", "Q", "DR", "RH", "RHX", "RHXH", "PG", "PX", "PXH", "PN", "PNH", "VVN", "VVNH"]
COLUMNS += ["VVX", "VVXH", "NG", "UG", "UX", "UXH", "UN", "UNH", "EV24"]
ABOVE = (
    "BRON: KONINKLIJK NEDERLANDS METEOROLOGISCH INSTITUUT (KNMI)\r\n"
    'Opmerking: reeksen, "ree\r\nksen" van gemeten waarden in \xb0C\r\n'
    "TX        = Maximum temperatuur (in 0.1 graden Celsius) / Maximum temperature\r\n\r\n"
)


def line(station=260, day=20200101, **values):
    """A row; what is not given is empty."""
    return ",".join([f"{station:>5}", f"{day}", *(f"{values.get(name, ''):>5}" for name in COLUMNS)])


def text(*lines, above=ABOVE, header="# STN,YYYYMMDD,", blank=True, end="\r\n"):
    """A file in KNMI's form."""
    head = header + ",".join(f"{name:>5}" for name in COLUMNS)
    return above.encode("latin-1") + end.join([head, *[""] * blank, *lines, ""]).encode()
