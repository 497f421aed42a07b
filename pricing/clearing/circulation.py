"""What part of a flow goes round: largest circulation, potential and loops, pledge chains, a random web to compare with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from instruments.ground.errors import InputError, NetworkError
from instruments.ground.messages import problem
from instruments.ground.tolerances import FIXED_POINT_RESIDUAL
from pricing.clearing.flows import FlowTrace
from pricing.clearing.rows import Floats, scenarios, square, squeezed, stretched, vectors

FIT_ROUNDS = 10_000
"""Most rounds of proportional fitting: each halves or better the error on webs that can be fitted at all."""


@dataclass(frozen=True, slots=True)
class Circulation:
    """The largest part of the flows that returns to where it started."""

    amount: Floats
    """[scenario]: USD per period that multilateral netting could remove."""
    split: Floats
    """c [scenario, from, to]: one circulation of that amount; the amount is unique, the split is not."""
    share_of_inside: Floats
    """[scenario]: amount / sum F."""
    share_of_all: Floats
    """[scenario]: amount / (sum F + sum z + sum y)."""


def max_circularity(*, flows: ArrayLike, inflow: ArrayLike = 0.0, outflow: ArrayLike = 0.0) -> Circulation:
    """Largest circulation inside a batch of flow webs, by linear programme (HiGHS).

    Model: max sum c subject to 0 <= c <= F and sum_j c_ij = sum_j c_ji for every i. Rises with F, never rises when an edge goes,
    0 on a web without cycles. `flows`, `inflow`, `outflow` as in `trace`.

    Raises:
        NetworkError: the linear programme did not solve.

    Source: https://arxiv.org/html/2506.12546v1
    """
    links = square(flows, "flows")
    n = links.shape[-1]
    z, y = vectors(inflow, "inflow", n, low=0.0), vectors(outflow, "outflow", n, low=0.0)
    count = scenarios(links, z, y)
    single = np.ndim(flows) == 2 and count == 1
    split = np.zeros((count, n, n))
    for row, web in enumerate(stretched(links, count)):
        split[row] = _circulation(web)
    amount = split.sum(axis=(-1, -2))
    inside = stretched(links, count).sum(axis=(-1, -2))
    everything = inside + stretched(z, count).sum(axis=-1) + stretched(y, count).sum(axis=-1)
    return Circulation(*squeezed(single, amount, split, _ratio(amount, inside), _ratio(amount, everything)))


def _ratio(top: Floats, bottom: Floats) -> Floats:
    return top / np.where(bottom > 0, bottom, 1.0)


def _circulation(web: Floats) -> Floats:
    start, end = np.nonzero(web)
    out = np.zeros_like(web)
    if not len(start):
        return out
    edges = np.arange(len(start))
    ends = csr_matrix(
        (np.r_[np.ones(len(edges)), -np.ones(len(edges))], (np.r_[start, end], np.r_[edges, edges])), shape=(len(web), len(edges))
    )
    scale = web.max()
    found = linprog(
        -np.ones(len(edges)),
        A_eq=ends,
        b_eq=np.zeros(len(web)),
        bounds=np.c_[np.zeros(len(edges)), web[start, end] / scale],
        method="highs",
    )
    if not found.success:
        raise NetworkError(problem("no_solution", subject="max_circularity", why=str(found.message), remedy="check the sizes of the flows"))
    out[start, end] = found.x * scale
    return out


@dataclass(frozen=True, slots=True)
class Gradient:
    """Net flows split into a hierarchy and loops."""

    potential: Floats
    """phi [entity]: height in the hierarchy; mean 0 in each linked group."""
    loops: Floats
    """r [i, j], antisymmetric: what the potential does not explain."""
    loop_energy_share: float
    """sum r^2 / sum A^2, in [0, 1]."""


def gradient_part(flows: ArrayLike) -> Gradient:
    """Helmholtz-Hodge split of one web's net flows A = F - F'. A picture of hierarchy only: never report it without the gross measures."""
    web = square(flows, "flows")[0]
    net = web - web.T
    linked = (web + web.T) > 0
    laplacian = np.diag(linked.sum(axis=1)).astype(float) - linked
    # A_ij ~ phi_i - phi_j over linked pairs: normal equations of the graph Laplacian, least-norm solution
    potential = np.linalg.lstsq(laplacian, net.sum(axis=1), rcond=None)[0]
    rest = np.where(linked, net - potential[:, None] + potential[None, :], 0.0)
    size = float((net**2).sum())
    return Gradient(potential, rest, float((rest**2).sum()) / size if size else 0.0)


def pledge_depth(pledges: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How many claims stand on one another: for each claim, the longest chain of claims secured on claims down from it.

    Args:
        pledges: claim to the claims or assets that secure it. What is nobody's claim (a GPU) has depth 0.

    Raises:
        InputError: the pledges run in a circle; its members are named.
    """
    try:
        order = tuple(TopologicalSorter(pledges).static_order())
    except CycleError as error:
        raise InputError(problem("pledge_cycle", subject="pledges", group=list(error.args[1][:-1]))) from error
    depth: dict[str, int] = {}
    for claim in order:
        depth[claim] = max((depth[under] + 1 for under in pledges.get(claim, ())), default=0)
    return depth


def null_percentile(traced: FlowTrace, *, measure: Callable[[Floats], float], draws: int, rng: np.random.Generator) -> tuple[float, Floats]:
    """Where a measure of one web stands among random webs with the same z, y and T: (share of draws below it, the draws' values).

    Each draw fills all off-diagonal links with exponential weights and fits them to the row sums T - y and column sums T - z by
    iterative proportional fitting.

    Raises:
        NetworkError: the sums cannot be fitted (one node is more than half of the inside flows).
    """
    n = len(traced.throughflow)
    paid, taken = traced.throughflow - traced.outflow, traced.throughflow - traced.inflow
    values = np.empty(draws)
    for draw in range(draws):
        values[draw] = measure(_fitted(rng.exponential(size=(n, n)) * (1 - np.eye(n)), paid, taken))
    return float((values < measure(traced.flows)).mean()), values


def _fitted(seed: Floats, paid: Floats, taken: Floats) -> Floats:
    web, goal = seed, FIXED_POINT_RESIDUAL * paid.sum()
    for _ in range(FIT_ROUNDS):
        web = web * _ratio(paid, web.sum(axis=1))[:, None]
        web = web * _ratio(taken, web.sum(axis=0))[None, :]
        if np.abs(web.sum(axis=1) - paid).max() <= goal:
            return web
    left = np.abs(web.sum(axis=1) - paid).max() / paid.sum()
    raise NetworkError(
        problem("not_converged", subject="null model", iterations=FIT_ROUNDS, residual=f"{left:.1e}", remedy="drop the largest node")
    )
