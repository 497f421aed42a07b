"""Indices over unknown amounts: rigorous outer bounds, and the range that a search attains inside them.

The truth lies between the attained range and the outer bounds. How each bound is made:

- largest circulation: rises with every flow, so two linear programmes, at the lowest and at the highest flows, are exact;
- path length: 1 + sum F / sum z, where z_i is the larger of what is stated and the node's gap. The highest value is a linear-fractional
  programme, the lowest a sequence of mixed-integer ones: both exact;
- Finn index: weighted mean of return chances (`pricing.web.chains`), weights between the lowest and highest throughflows. Choosing each
  node's row and weight on its own ignores that one amount enters two nodes, so this bound is outer, not exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from instruments.ground.errors import NetworkError
from instruments.ground.messages import problem
from pricing.clearing.circulation import max_circularity
from pricing.clearing.flows import trace
from pricing.clearing.rows import Floats
from pricing.web.chains import return_bounds
from pricing.web.graph import FlowGraph

RATIO_STEP = 1e-7
"""A ratio of flows is the lowest once no amounts improve it by this share of the outside money: the accuracy of the programmes."""
MOST_STEPS = 50
"""Most steps of the ratio; each at least halves the error, a handful is enough."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of an index. Where nothing is unknown all four agree."""

    low: float
    high: float
    attained_low: float
    attained_high: float


def flow_range(graph: FlowGraph) -> tuple[Floats, Floats, Floats, Floats]:
    """Lowest and highest throughflow [n], and lowest and highest stated and derived outside money z [n]."""
    (low_f,), (low_z,), (low_y,) = graph.matrices(graph.low[None])
    (high_f,), (high_z,), (high_y,) = graph.matrices(graph.high[None])
    least_in, most_in = low_z + low_f.sum(axis=0), high_z + high_f.sum(axis=0)
    least_out, most_out = low_y + low_f.sum(axis=1), high_y + high_f.sum(axis=1)
    least_outside = np.maximum(low_z, least_out - high_f.sum(axis=0))
    most_outside = np.maximum(high_z, most_out - low_f.sum(axis=0))
    return np.maximum(least_in, least_out), np.maximum(most_in, most_out), np.maximum(least_outside, 0.0), most_outside


def path_length_bounds(graph: FlowGraph, start: float) -> tuple[float, float]:
    """Lowest and highest average path length, exact; `start` is any value that some amounts reach."""
    return _lowest_path(graph, start), _highest_path(graph)


def _inside(graph: FlowGraph) -> NDArray[np.bool_]:
    return (graph.start >= 0) & (graph.end >= 0)


def _gaps(graph: FlowGraph) -> tuple[Floats, Floats]:
    """Two matrices [node, edge] whose larger product with the amounts is a node's outside money: what it pays less what it takes from
    inside, and what is stated.
    """
    needs, stated = np.zeros((len(graph.nodes), len(graph.low))), np.zeros((len(graph.nodes), len(graph.low)))
    for e in range(len(graph.low)):
        if graph.start[e] >= 0:
            needs[graph.start[e], e] += 1.0
            if graph.end[e] >= 0:
                needs[graph.end[e], e] -= 1.0
        else:
            stated[graph.end[e], e] += 1.0
    return needs, stated


def _lowest_path(graph: FlowGraph, start: float) -> float:
    """Dinkelbach 1967: lower the ratio r = sum F / sum z until min(sum F - r sum z) is 0. Each step is a mixed-integer programme, since
    outside money is the larger of two sums at every node.
    """
    inside = _inside(graph).astype(float)
    edges, n = len(graph.low), len(graph.nodes)
    if not inside.any():
        return 1.0
    scale = float(graph.high.max())
    needs, stated = _gaps(graph)
    big = (np.abs(needs) + np.abs(stated)) @ graph.high / scale
    eye, choice = np.eye(n), np.diag(big)
    limits = LinearConstraint(np.block([[-needs, eye, -choice], [-stated, eye, choice]]), -np.inf, np.r_[np.zeros(n), big])
    bounds = Bounds(np.r_[graph.low / scale, np.full(n, -big.max()), np.zeros(n)], np.r_[graph.high / scale, big, np.ones(n)])
    whole = np.r_[np.zeros(edges + n), np.ones(n)]
    ratio, left = start - 1.0, -np.inf
    for _ in range(MOST_STEPS):
        goal = np.r_[inside, np.full(n, -ratio), np.zeros(n)]
        found = milp(goal, constraints=limits, bounds=bounds, integrality=whole, options={"mip_rel_gap": 1e-9})
        if found.x is None:
            raise NetworkError(problem("no_solution", subject="path length", why=str(found.message), remedy="narrow the ranges"))
        amounts = np.clip(found.x[:edges] * scale, graph.low, graph.high)
        outside = np.maximum(needs @ amounts, stated @ amounts).sum()
        left = float(found.fun)
        if left > -RATIO_STEP * max(1.0, outside / scale):
            return 1.0 + ratio
        ratio = float(amounts @ inside) / outside
    raise NetworkError(
        problem("not_converged", subject="path length", iterations=MOST_STEPS, residual=f"{left:.1e}", remedy="narrow the ranges")
    )


def _highest_path(graph: FlowGraph) -> float:
    """One linear programme in amounts, outside money and a scale t that makes the money add up to 1 (Charnes and Cooper 1962)."""
    inside = _inside(graph)
    if not inside.any():
        return 1.0
    edges, n = len(graph.low), len(graph.nodes)
    scale = float(graph.high.max())
    needs, stated = _gaps(graph)
    own, eye = np.eye(edges), np.eye(n)
    rows = np.block(
        [
            [needs, -eye, np.zeros((n, 1))],
            [stated, -eye, np.zeros((n, 1))],
            [own, np.zeros((edges, n)), -graph.high[:, None] / scale],
            [-own, np.zeros((edges, n)), graph.low[:, None] / scale],
        ]
    )
    goal = np.r_[-inside.astype(float), np.zeros(n + 1)]
    whole = np.r_[np.zeros(edges), np.ones(n), 0.0][None]
    found = linprog(goal, A_ub=rows, b_ub=np.zeros(len(rows)), A_eq=whole, b_eq=[1.0], method="highs")
    if found.status in (2, 3):  # always feasible (z is free upwards), so unbounded: some amounts need no outside money at all
        group = "the web, at some of the unknown amounts,"
        raise NetworkError(problem("closed_group", subject="web", field=graph.perimeter, group=group))
    if not found.success:
        raise NetworkError(problem("no_solution", subject="path length", why=str(found.message), remedy="narrow the ranges"))
    return 1.0 - float(found.fun)


def weighted_bounds(low: Floats, high: Floats, least: Floats, most: Floats) -> tuple[float, float]:
    """Bounds of sum T f / sum T with T between `least` and `most` and f between `low` and `high`."""
    return _extreme_mean(low, least, most, largest=False), _extreme_mean(high, least, most, largest=True)


def _extreme_mean(value: Floats, least: Floats, most: Floats, *, largest: bool) -> float:
    order = np.argsort(-value if largest else value)
    weight = np.tile(least, (len(value) + 1, 1))
    for k, i in enumerate(order):
        weight[k + 1 :, i] = most[i]
    total = weight.sum(axis=1)
    means = (weight @ value)[total > 0] / total[total > 0]
    if not len(means):
        return 0.0
    return float(means.max() if largest else means.min())


def circulation_bounds(graph: FlowGraph) -> tuple[float, float]:
    """Exact bounds of the amount that goes round, USD."""
    ends = [graph.matrices(side[None])[0] for side in (graph.low, graph.high)]
    found = max_circularity(flows=np.concatenate(ends)).amount if len(graph.nodes) else np.zeros(2)
    return float(found[0]), float(found[1])


TRIALS = 128
"""Random points, and as many corners, that a search starts from."""
LEVELS = np.array([0.0, 0.5, 1.0])
"""Where in its interval a search tries each amount."""
RADII = (0.5, 0.3, 0.2, 0.1, 0.05, 0.02)
"""How far around its best point a search looks at last, as shares of each interval."""
NEAR = 48
"""Points at each radius."""
LEAST_GAIN = 1e-12
"""A move that gains less ends a search."""


def highest_circular_share(graph: FlowGraph) -> float:
    """Largest share of inside flows that goes round at any amounts: one linear programme, flows scaled to add up to 1."""
    used = np.flatnonzero(_inside(graph) & (graph.high > 0))
    m, n = len(used), len(graph.nodes)
    if not m:
        return 0.0
    scale = float(graph.high[used].max())
    own, zero = np.eye(m), np.zeros((m, 1))
    limits = np.block(
        [
            [own, -own, zero],
            [np.zeros((m, m)), own, -graph.high[used, None] / scale],
            [np.zeros((m, m)), -own, graph.low[used, None] / scale],
        ]
    )
    round_trip = np.zeros((n + 1, 2 * m + 1))
    np.add.at(round_trip, (graph.start[used], np.arange(m)), 1.0)
    np.add.at(round_trip, (graph.end[used], np.arange(m)), -1.0)
    round_trip[n, m : 2 * m] = 1.0
    found = linprog(
        np.r_[-np.ones(m), np.zeros(m + 1)],
        A_ub=limits,
        b_ub=np.zeros(3 * m),
        A_eq=round_trip,
        b_eq=np.r_[np.zeros(n), 1.0],
        method="highs",
    )
    if not found.success:
        raise NetworkError(problem("no_solution", subject="circular share", why=str(found.message), remedy="narrow the ranges"))
    return min(1.0, -float(found.fun))


def attained_finn(graph: FlowGraph, *, seed: int, starts: int = 2, sweeps: int = 6) -> tuple[float, float]:
    """Range of the Finn index that amounts inside the box reach: one amount at a time, from the best of many points."""
    rng = np.random.default_rng(seed)
    free = graph.open_edges
    if not len(free):
        value = float(finn_of(graph, graph.low[None])[0])
        return value, value
    part = rng.random((TRIALS, len(graph.low)))
    points = graph.low + (graph.high - graph.low) * np.vstack([part, part < 0.5, np.array([0.0, 0.5, 1.0])[:, None] + 0.0 * part[:3]])
    values = finn_of(graph, points)
    ends: list[float] = []
    for sign in (-1, 1):
        best = sign * float(values[np.argmax(sign * values)])
        for first in np.argsort(-sign * values)[:starts]:
            now, value = points[first], values[first]
            for _ in range(sweeps):
                trial = np.tile(now, (len(LEVELS) * len(free), 1))
                moved = np.tile(free, len(LEVELS))
                trial[np.arange(len(moved)), moved] = (graph.low + (graph.high - graph.low) * LEVELS[:, None])[:, free].ravel()
                found = finn_of(graph, trial)
                pick = int(np.argmax(sign * found))
                if sign * (found[pick] - value) <= LEAST_GAIN:
                    break
                now, value = trial[pick], found[pick]
            for radius in RADII:  # the best point may lie inside: look closer and closer around it
                near = now + radius * (graph.high - graph.low) * rng.uniform(-1.0, 1.0, (NEAR, len(now)))
                near = np.clip(near, graph.low, graph.high)
                found = finn_of(graph, near)
                pick = int(np.argmax(sign * found))
                if sign * (found[pick] - value) > 0:
                    now, value = near[pick], found[pick]
            best = max(best, sign * float(value))
        ends.append(sign * best)
    return ends[0], ends[1]


def finn_of(graph: FlowGraph, amounts: Floats) -> Floats:
    """Finn index [scenario] of amounts [scenario, edge]. Raises `NetworkError` where some amounts close a group."""
    flows, inflow, outflow = graph.balanced(amounts)
    found = trace(flows=flows, inflow=inflow, outflow=outflow, names=graph.nodes)
    if found.failures:
        raise NetworkError(*(failure.problem for failure in found.failures))
    return found.finn


def index_intervals(graph: FlowGraph, *, seed: int) -> dict[str, Interval]:
    """Finn index, path length and circulation of a web under one perimeter, with their bounds."""
    least, most, _, _ = flow_range(graph)
    reached = attained_finn(graph, seed=seed)
    amount = circulation_bounds(graph)
    middle = 0.5 * (graph.low + graph.high)
    flows, inflow, _ = graph.balanced(middle[None])
    path = 1.0 + float(flows.sum()) / float(inflow.sum()) if inflow.sum() > 0 else 1.0
    finn, length = reached, (path, path)
    if len(graph.open_edges):
        finn = weighted_bounds(*return_bounds(graph), least, most)
        length = path_length_bounds(graph, path)
    return {
        "finn_index": Interval(*finn, *reached),
        "path_length": Interval(*length, *length),
        "circularity": Interval(*amount, *amount),
    }
