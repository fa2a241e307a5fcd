"""Pictures as they are drawn, in no file."""

from functools import partial

import pytest


@pytest.fixture(scope="session")
def drawn(drawn):
    """As `drawn`, without files."""
    return partial(drawn, files=False)
