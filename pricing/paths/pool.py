"""Defaults of a pool by a static one-factor Gaussian copula, and recoveries that fall with the factor.

**Model** obligor i of a line defaults by month t where X_i <= Phi^{-1}(1 - S(t)), X_i = l Z + g G + sqrt(1 - l^2 - g^2) e_i: a low state
is an early default. Recovery of the line is Phi(a + b Z), a = Phi^{-1}(R) sqrt(1 + b^2), so that its mean over Z is R. A copula is right
where nothing depends on the path of a factor; it must not be tied to a price at another horizon (loans use first passages instead).

**Source** Li (2000), On default correlation; Andersen and Sidenius (2004), Extensions to the Gaussian copula, for the recovery.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from pricing.formulas import recovery_given_factor
from pricing.paths.streams import BLOCK, generator
from pricing.schedules.types import Floats


@dataclass(frozen=True)
class PoolLine:
    """One line of equal obligors on a monthly grid."""

    label: str
    count: int
    default_odds: Floats
    """1 - S at each month end [time]."""
    loading: float
    group: str | None
    group_loading: float
    recovery: float
    recovery_slope: float


def recovery_given(line: PoolLine, factor: Floats) -> Floats:
    """Recovery rate given the factor [path]."""
    return recovery_given_factor(factor=factor, recovery=line.recovery, recovery_slope=line.recovery_slope)


def alive_shares(line: PoolLine, contract_id: str, factor: Floats, groups: dict[str, Floats], seed: int, block: int) -> Floats:
    """Share of the line's obligors alive at each month end [time, path]."""
    with np.errstate(divide="ignore"):
        levels = ndtri(line.default_odds)
    own = np.sqrt(max(0.0, 1.0 - line.loading**2 - line.group_loading**2))
    common = line.loading * factor + (line.group_loading * groups[line.group] if line.group is not None else 0.0)
    months, paths = len(levels), factor.size
    lost = np.zeros((months + 1, paths))
    stream = generator(seed, f"{contract_id}/{line.label}", block)
    columns = np.arange(paths)
    for _ in range(line.count):
        state = common + own * stream.standard_normal(paths)
        np.add.at(lost, (np.searchsorted(levels, state), columns), 1.0)
    return 1.0 - np.cumsum(lost[:months], axis=0) / line.count


def pool_factors(lines: tuple[PoolLine, ...], contract_id: str, seed: int, block: int) -> tuple[Floats, dict[str, Floats]]:
    """The common factor [path] and the factor of each group, of one block."""
    names = dict.fromkeys(line.group for line in lines if line.group is not None)
    groups: dict[str, Floats] = {name: generator(seed, f"{contract_id}/group/{name}", block).standard_normal(BLOCK) for name in names}
    return generator(seed, f"{contract_id}/factor", block).standard_normal(BLOCK), groups


def large_pool_alive(line: PoolLine, factor: Floats) -> Floats:
    """The same share in the limit of infinitely many obligors, groups taken for luck: P(alive | factor), [time, path]."""
    with np.errstate(divide="ignore"):
        levels = ndtri(line.default_odds)
    rest = np.sqrt(max(1.0 - line.loading**2, 0.0))
    if rest == 0.0:
        return (line.loading * factor[None, :] > levels[:, None]).astype(np.float64)
    return 1.0 - ndtr((levels[:, None] - line.loading * factor[None, :]) / rest)
