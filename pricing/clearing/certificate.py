"""What a clearing result must prove: which fixed point, how far from it, whether there can be another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from pricing.clearing.rows import Bools, Floats

Rank = Literal["first", "pro_rata"]
"""Rank of creditors outside the network: paid before those inside, or in one class with them."""
Which = Literal["greatest", "least"]
"""Which fixed point: the best for all at once (from full payment down), or the worst (from nothing paid up)."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Proof of a fixed point. Vectors have one entry per solved scenario."""

    method: str
    """Name of the solver."""
    which: Which
    """Greatest or least fixed point."""
    rank: Rank | None
    """Rank of outside creditors, where the model has them."""
    iterations: NDArray[np.int64]
    """Rounds used."""
    residual: Floats
    """Largest distance of the result from the map applied to it, over the total debt (or value) of the scenario."""
    uniqueness: str
    """A condition that is enough for one solution only, in words."""
    unique: Bools
    """Whether that condition holds; where it does not, greatest and least may differ."""


def closed_groups(links: Bools) -> list[NDArray[np.int64]]:
    """Strongly connected groups with at least one link that no link leaves: money paid inside them stays there."""
    graph = csr_matrix(links)
    count, label = connected_components(graph, directed=True, connection="strong")
    start, end = np.repeat(np.arange(len(links)), np.diff(graph.indptr)), graph.indices
    leaving = np.zeros(count, dtype=bool)
    leaving[label[start[label[start] != label[end]]]] = True
    linked = np.zeros(count, dtype=bool)
    linked[label[start[label[start] == label[end]]]] = True
    return [np.flatnonzero(label == group) for group in np.flatnonzero(linked & ~leaving)]


def unique_debts(links: Bools, outside: Floats, cushion: Floats) -> Bools:
    """[scenario]: whether each closed group of debtors holds outside cash above its outside claims.

    Two clearing vectors differ by d >= 0 with d = share' d on a closed group; summing the map over that group shows that its net
    outside cash and all it receives must then be zero.

    Args:
        links: [1 or scenario, n, n] who owes whom.
        outside: [scenario, n] claims of outsiders in the same class as the network's: a leak, 0 under rank `first`.
        cushion: [scenario, n] outside assets less outside claims that rank first.
    """
    rows = len(cushion)
    unique = np.ones(rows, dtype=bool)
    if (outside > 0)[:, links.any(axis=(0, 2))].all():
        return unique  # every debtor pays some outsider: no group is closed
    for k in range(len(links)):
        chosen = slice(None) if len(links) == 1 else slice(k, k + 1)
        for group in closed_groups(links[k]):
            leak = (outside[chosen][:, group] > 0).any(axis=1)
            unique[chosen] &= leak | (cushion[chosen][:, group].sum(axis=1) > 0)
    return unique
