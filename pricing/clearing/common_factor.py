"""How many of several unlike firms default together, when one common factor moves them all."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri, roots_hermitenorm

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.clearing.rows import Floats, floats

NODES = 201
"""Quadrature points over the factor: the conditional odds are smooth for loadings up to `MOST`."""
MOST = 0.95
"""Largest loading: beyond it the odds given the factor are steps."""


def joint_default_odds(*, default_probability: ArrayLike, loading: ArrayLike) -> Floats:
    """Odds of 0, 1, ..., n defaults among n firms.

    Model: firm i defaults where a_i Z + sqrt(1 - a_i^2) e_i < N^-1(p_i), Z and e_i independent standard normals; given Z firms are
    independent and their number is counted by convolution. Equal firms: `pricing.formulas.pool_default_odds` with correlation a^2.

    Args:
        default_probability: p, [firm], in [0, 1]. loading: a, one or [firm], in [0, 0.95].

    Returns:
        [n + 1], adding to 1. Mean number of defaults: sum of p, whatever the loadings.

    Limits: loading 0: independence.

    Example:
        >>> joint_default_odds(default_probability=[0.5, 0.5], loading=0.0).round(12).tolist()
        [0.25, 0.5, 0.25]
    """
    p = np.atleast_1d(floats(default_probability, "default_probability", low=0.0, high=1.0))
    a = np.broadcast_to(floats(loading, "loading", low=0.0, high=MOST), p.shape)
    if p.ndim != 1:
        raise InputError(problem("array_shape", field="default_probability", expected="(firms,)", found=p.shape))
    z, weights = roots_hermitenorm(NODES)
    weights = weights / weights.sum()
    given = ndtr((ndtri(p)[:, None] - a[:, None] * z) / np.sqrt(1.0 - a[:, None] ** 2))
    count = np.zeros((len(p) + 1, len(z)))
    count[0] = 1.0
    for odds in given:
        count[1:] = count[1:] * (1.0 - odds) + count[:-1] * odds
        count[0] *= 1.0 - odds
    return np.asarray(count @ weights)
