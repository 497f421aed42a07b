"""What rents can and cannot tell about the two-factor model."""

from __future__ import annotations

import numpy as np

from curves.arrays import FloatArray

WEAK_ERROR = 1.0
"""A standard error above this, of a logarithm (a factor of e) or of a yearly drift, is no knowledge."""
MOVES_TOGETHER = 0.95
"""Estimates whose errors are correlated beyond this are known together only."""
RELATIVE_FLAT = 1e-10
"""A curvature below this share of the largest is none."""
CORE = 5
"""Parameters of the factors stand first; levels, noises and jumps follow."""
ALWAYS = (
    "the risk premium (short_premium, growth less real_world_growth) is not in rents at all: it needs forwards",
    "the access wedge of term rates and the risk premium are not told apart even by forwards: the wedge is the user's",
    "the long-term level of each series is its own: rents of different bases have no common level",
)
"""What no history of rents identifies."""


def identification(
    hessian: FloatArray, names: tuple[str, ...], series: int, terms: tuple[float, ...]
) -> tuple[FloatArray, tuple[str, ...]]:
    """Standard errors of the free parameters, and sentences about what the data leave open.

    Args:
        hessian: of the negative log likelihood at its minimum [parameter, parameter]; logarithms of speeds, volatilities and noises,
            the inverse hyperbolic tangent of the correlation.
        names: [parameter].
        series: how many series.
        terms: term of each, years.

    Returns:
        Standard errors [parameter], infinite along directions without curvature, and the report.
    """
    scale = np.sqrt(np.maximum(np.abs(np.diag(hessian)), 1e-12))
    values, vectors = np.linalg.eigh(hessian / np.outer(scale, scale))
    flat = values <= RELATIVE_FLAT * values[-1]
    safe = np.where(flat, 1.0, values)
    covariance = (vectors[:, ~flat] / safe[~flat]) @ vectors[:, ~flat].T / np.outer(scale, scale)
    silent = np.abs(vectors[:, flat]).max(axis=1, initial=0.0) > 0.1
    errors = np.where(silent, np.inf, np.sqrt(np.maximum(np.diag(covariance), 0.0)))
    report: list[str] = []
    for index in np.flatnonzero(flat):
        parts = [names[k] for k in np.flatnonzero(np.abs(vectors[:, index]) > 0.1)]
        report.append(f"the likelihood is flat along {', '.join(parts)}: only a combination is known")
    for index, name in enumerate(names):
        if index != 4 and np.isfinite(errors[index]) and errors[index] > WEAK_ERROR:
            report.append(f"{name}: standard error {errors[index]:.2g} on the logarithmic scale, the data hardly speak about it")
    if np.isfinite(errors[4]) and errors[4] > 0.1:
        report.append(
            f"growth: standard error {errors[4]:.2f} a year; a drift is known to volatility / root of years, whatever the frequency"
        )
    spread = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    joint = covariance / np.outer(spread, spread)
    for i in range(CORE):
        for j in range(i):
            if abs(joint[i, j]) > MOVES_TOGETHER and not (silent[i] or silent[j]):
                report.append(f"{names[j]} and {names[i]} are known together only (correlation of errors {joint[i, j]:+.2f})")
    if len(set(terms)) < 2:
        report.append(
            "one term only: the short-term deviation is told from the level by its decay in time alone, not by the term structure"
        )
    if series < 2:
        report.append("one series only: its noise and the fast part of the deviation look alike")
    return errors, (*report, *ALWAYS)
