"""Forecasts and what came of them."""

import numpy as np
import pytest

DAYS, CLASSES = 300, 4


@pytest.fixture(scope="session")
def events():
    """Probabilities of labels and whether they came [*axes, n, labels]: they mean what they say."""

    def drawn(seed, labels=1, axes=(), days=DAYS):
        draw = np.random.default_rng(seed)
        p = draw.uniform(0.01, 0.99, (*axes, days, labels))
        return p, (draw.uniform(size=p.shape) < p).astype(float)

    return drawn


@pytest.fixture(scope="session")
def categories():
    """Probabilities of classes [*axes, n, k] and the class that came [*axes, n]."""

    def drawn(seed, axes=(), days=DAYS):
        draw = np.random.default_rng(seed)
        p = draw.dirichlet(np.ones(CLASSES), (*axes, days)) * 0.98 + 0.02 / CLASSES
        return p, draw.integers(0, CLASSES, (*axes, days))

    return drawn
