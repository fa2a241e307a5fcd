"""What is usual in a season, by scikit-learn."""

import numpy as np
from sklearn.linear_model import LogisticRegression


def waves(dates):
    day = (dates - dates.astype("datetime64[Y]")).astype(int) + 1
    angle = 2 * np.pi * day / 365.25
    return np.column_stack([np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)])


def seasonal(dates, classes, count, asked):
    """scikit-learn's penalised fit of the season, half a day of each class added; probabilities of days asked for.

    Its penalty is ‖w‖²/2 of all weights alike, so the waves are scaled by their prior's standard deviation.
    """
    leap = np.datetime64("2012-01-01") + np.arange(366)
    scale = np.array([1, 1, 2, 2]) * (1 if count == 2 else np.sqrt(2))  # of two classes sklearn fits the difference
    x = np.concatenate([waves(dates), *[waves(leap)] * count]) / scale
    y = np.concatenate([classes, np.repeat(range(count), 366)])
    weight = np.concatenate([np.ones(len(classes)), np.full(366 * count, 0.5 / 366)])
    fitted = LogisticRegression(C=1, tol=1e-12, max_iter=10_000).fit(x, y, weight)
    return fitted.predict_proba(waves(asked) / scale)
