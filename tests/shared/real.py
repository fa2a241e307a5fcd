"""Real files of GHCN-Daily, where the environment's STRATUS_GHCN names a folder that has them in dly/, by_year/ …"""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("STRATUS_GHCN", ""))
GIVEN = "STRATUS_GHCN" in os.environ
FILES = sorted(FOLDER.glob("*/*")) if GIVEN else []
needed = pytest.mark.skipif(not GIVEN, reason="STRATUS_GHCN names no folder of real files")
