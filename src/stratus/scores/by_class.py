"""Scores of each class of F forecasters, of days that come in chunks: in memory, or in a temporary file where many."""

import weakref
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Any

import numpy as np

from stratus.data.samples import Array
from stratus.scores import decisions
from stratus.scores.names import BY_CLASS

IN_MEMORY = 1 << 25  # bytes of ranks; more of them go to a temporary file
_AT_ONCE = 1 << 20  # ranks that are sorted together


class ByClass:
    """Recall, precision and how well days are ranked, of each class. Ranks take four bytes a day and class."""

    def __init__(self) -> None:
        self._ranks: Any = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed with this
        weakref.finalize(self, self._ranks.close)
        self._chunks: list[int] = []  # days of each
        self._sums: dict[str, Any] = {}

    def update(self, p: Array, decided: Array, came: Array) -> None:
        """Takes in each class's probability, and whether it was decided and came [F, n, c]; came may have F = 1.

        Where came is nan it is not known, and does not count.
        """
        if (unknown := np.isnan(came)).any():
            decided, came = np.where(unknown, 0, decided), np.where(unknown, 0, came)
        counts = {"hits": (decided * came).sum(1), "came": came.sum(1), "decided": decided.sum(1)}
        self._sums = {name: self._sums.get(name, 0) + count for name, count in counts.items()}
        self._chunks.append(p.shape[1])
        ranks = decisions.ranks(p, came) * ~unknown
        self._ranks.write(np.ascontiguousarray(np.moveaxis(ranks, 1, 2)))  # [F, c, n]

    def compute(self, names: list[str]) -> dict[str, Array]:
        """The scores [F] by name, such as `recall/snow`."""
        if not self._chunks or not names:
            return {}
        hits, came, decided = (self._sums[name] for name in ("hits", "came", "decided"))
        shares = decisions.class_shares(hits, came, decided) | {"days": np.broadcast_to(came, hits.shape)}
        shares |= self._ranking(hits.shape)
        return {f"{score}/{name}": shares[score][:, c] for c, name in enumerate(names) for score in BY_CLASS}

    def _ranking(self, shape: tuple[int, ...]) -> dict[str, Array]:
        """Of each forecaster and class [F, c], as many at a time as their days allow."""
        rows, size = int(np.prod(shape)), max(_AT_ONCE // sum(self._chunks), 1)
        parts = [self._of_rows(slice(at, min(at + size, rows)), rows) for at in range(0, rows, size)]
        return {name: np.concatenate([part[name] for part in parts]).reshape(shape) for name in parts[0]}

    def _of_rows(self, some: slice, rows: int) -> dict[str, Array]:
        def of_chunks() -> Iterator[Array]:
            start = 0
            for days in self._chunks:
                self._ranks.seek(4 * (start * rows + some.start * days))
                content = self._ranks.read(4 * days * (some.stop - some.start))
                yield np.frombuffer(content, np.uint32).reshape(-1, days)
                start += days

        return decisions.ranking(np.concatenate(list(of_chunks()), axis=1))
