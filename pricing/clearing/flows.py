"""Flow measures: where a dollar goes, how often it comes back, what supports whom (network note, section 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from instruments.ground.tolerances import CASH_CONSERVATION_ABS
from pricing.clearing.rows import Floats, RowFailure, floats, named, reaches, scenarios, settle, square, squeezed, stretched, vectors

BALANCE_REL = 1e3 * CASH_CONSERVATION_ABS
"""A node's inflow and outflow may differ by this share of all throughflow: figures are typed with few digits, sums round."""


@dataclass(frozen=True, slots=True)
class FlowTrace:
    """What flows, and where it comes from. A single scenario has no scenario axis."""

    flows: Floats
    """F [scenario, from, to]: cash per period between entities."""
    inflow: Floats
    """z [scenario, entity]: cash from the outside."""
    outflow: Floats
    """y [scenario, entity]: cash to the outside."""
    throughflow: Floats
    """T [scenario, entity]: all that passes through a node in a period."""
    passes: Floats
    """N [scenario, i, j]: expected passes through j of a dollar now at i, the start counted."""
    origin: Floats
    """N* [scenario, i, j]: the same, counted back from a dollar at j: T_i N_ij / T_j."""
    returning: Floats
    """f [scenario, entity]: chance that a dollar comes back; of a supplier, the share of its throughflow that it funds itself."""
    finn: Floats
    """[scenario]: Finn cycling index, share of all activity that is recycled, in [0, 1)."""
    path_length: Floats
    """[scenario]: average path length, activity per outside dollar; 0 where nothing flows."""
    depth: Floats
    """d [scenario, entity]: expected number of entities a dollar here has visited, this one included."""
    rows: NDArray[np.int64]
    """Which scenarios of the batch these rows are."""
    failures: tuple[RowFailure, ...]
    """Scenarios without an answer."""

    @property
    def total(self) -> Floats:
        """TST [scenario]: total system throughflow."""
        return self.throughflow.sum(axis=-1)


def trace(*, flows: ArrayLike, inflow: ArrayLike, outflow: ArrayLike, names: Sequence[str] | None = None) -> FlowTrace:
    """Throughflow, passes, return probability, Finn index and path length of a batch of flow webs.

    Model: T_i = z_i + sum_j F_ji = y_i + sum_j F_ij, G_ij = F_ij / T_i, N = (I - G)^-1, f_i = 1 - 1/N_ii, FCI = sum T f / TST,
    APL = TST / sum z. Detour flow is not counted as cycling (the comprehensive index is at least as large). A node without flow
    stands alone.

    Args:
        flows: F >= 0 with a zero diagonal, USD per period, (scenarios, n, n) or (n, n).
        inflow, outflow: z, y >= 0, USD per period, (scenarios, n) or (n,).
        names: names of entities for messages; numbers without.

    Raises:
        InputError: an array is malformed, or a node does not balance.
        NetworkError: a group that takes money in and never lets it out. In a batch both are failures of their rows.

    Source: Finn 1976, https://doi.org/10.1016/S0022-5193(76)80080-X (index in its 1980 form).

    Example:
        >>> float(trace(flows=[[0, 40], [10, 0]], inflow=[30, 0], outflow=[0, 30]).finn)
        0.25
    """
    single = np.ndim(flows) == 2 and np.ndim(inflow) < 2 and np.ndim(outflow) < 2
    links = square(flows, "flows")
    n = links.shape[-1]
    z, y = vectors(inflow, "inflow", n, low=0.0), vectors(outflow, "outflow", n, low=0.0)
    count = scenarios(links, z, y)
    links, z, y = stretched(links, count), stretched(z, count), stretched(y, count)
    through = z + links.sum(axis=-2)
    uneven = _unbalanced(through, y + links.sum(axis=-1), names)
    if single and uneven:
        raise InputError(uneven[0].problem)
    trapped = (through > 0) & ~reaches(links > 0, y > 0)
    trapped[[failure.row for failure in uneven]] = False
    shut = (
        RowFailure(int(row), problem("closed_group", subject="flows", group=named(trapped[row], names)))
        for row in np.flatnonzero(trapped.any(axis=-1))
    )
    failures = tuple(sorted((*uneven, *shut), key=lambda failure: failure.row))
    rows = settle(failures, count, single=single)
    links, z, y, through = links[rows], z[rows], y[rows], through[rows]
    safe = np.where(through > 0, through, 1.0)
    passes = np.linalg.inv(np.eye(n) - links / safe[..., None])
    origin = through[..., :, None] * passes / safe[..., None, :]
    np.einsum("sii->si", origin)[...] = np.einsum("sii->si", passes)
    returning = 1.0 - 1.0 / np.einsum("sii->si", passes)
    total, fresh = through.sum(axis=-1), z.sum(axis=-1)
    finn = (through * returning).sum(axis=-1) / np.where(total > 0, total, 1.0)
    length = total / np.where(fresh > 0, fresh, 1.0)
    out = squeezed(single, links, z, y, through, passes, origin, returning, finn, length, origin.sum(axis=-2))
    return FlowTrace(*out, rows=rows, failures=failures)


def _unbalanced(taken: Floats, paid: Floats, names: Sequence[str] | None) -> list[RowFailure]:
    """Rows in which a node takes in more or less than it pays out, by their worst node."""
    gap = np.abs(taken - paid)
    found: list[RowFailure] = []
    for row in np.flatnonzero((gap > BALANCE_REL * np.maximum(taken.sum(axis=-1, keepdims=True), 1e-300)).any(axis=-1)):
        node = int(np.argmax(gap[row]))
        name, inside = names[node] if names else str(node), (f"{taken[row, node]:g}", f"{paid[row, node]:g}")
        wrong = problem("unbalanced", subject="flows", field=name, node=name, inflow=inside[0], outflow=inside[1])
        found.append(RowFailure(int(row), wrong))
    return found


def closed_by_outside(flows: ArrayLike, inflow: ArrayLike = 0.0, outflow: ArrayLike = 0.0) -> tuple[Floats, Floats]:
    """Outside flows z and y raised just enough that every node balances: each gap is a derived entry."""
    links = square(flows, "flows")
    n = links.shape[-1]
    z, y = vectors(inflow, "inflow", n, low=0.0), vectors(outflow, "outflow", n, low=0.0)
    gap = z + links.sum(axis=-2) - y - links.sum(axis=-1)
    return np.maximum(0.0, -gap) + z, np.maximum(0.0, gap) + y


def impulse(traced: FlowTrace, *, pulse: ArrayLike, rounds: int) -> Floats:
    """Activity by round after a pulse of outside money: pulse' G^k, [scenario, round, entity], round 0 the pulse itself.

    Summed over all rounds it is pulse' N (`FlowTrace.passes`), and for pulse = z the throughflow.
    """
    links, through = np.atleast_3d(traced.flows.T).T, np.atleast_2d(traced.throughflow)
    now = stretched(vectors(pulse, "pulse", links.shape[-1], low=0.0), len(links))
    onward = links / np.where(through > 0, through, 1.0)[..., None]
    out = np.empty((len(links), rounds, links.shape[-1]))
    for k in range(rounds):
        out[:, k] = now
        now = np.einsum("si,sij->sj", now, onward)
    return squeezed(traced.throughflow.ndim == 1, out)[0]


@dataclass(frozen=True, slots=True)
class LookThrough:
    """Revenue by where it began."""

    by_source: Floats
    """R [scenario, source, entity]: revenue that began at a source."""
    reported: Floats
    """[scenario, entity]: revenue as booked."""
    net_of_recycled: Floats
    """[scenario, entity]: throughflow without the node's own money coming back, T / N_ii."""


def look_through(traced: FlowTrace, *, inflow_by_source: ArrayLike, revenue: ArrayLike, inflow_revenue: ArrayLike) -> LookThrough:
    """Whose money a node's revenue is: R_i^s = z_i^{s,rev} + sum_j F_ji^rev (z_s' N)_j / T_j.

    Args:
        inflow_by_source: z split by source, (scenarios, sources, n) or (sources, n); it must add up to z.
        revenue: the part of F that is revenue of the receiver, shape of F.
        inflow_revenue: the part of `inflow_by_source` that is revenue, same shape.

    Investment over revenue is not the recycled share: money that leaks on the way makes the latter smaller.
    """
    z = floats(inflow_by_source, "inflow_by_source", low=0.0)
    paid, direct = floats(revenue, "revenue", low=0.0), floats(inflow_revenue, "inflow_revenue", low=0.0)
    if paid.shape != traced.flows.shape or direct.shape != z.shape or z.shape[-1] != traced.flows.shape[-1]:
        expected = f"revenue like flows {traced.flows.shape}, both inflows (..., sources, {traced.flows.shape[-1]})"
        raise InputError(problem("array_shape", field="revenue", expected=expected, found=(paid.shape, z.shape, direct.shape)))
    if (paid > traced.flows * (1 + BALANCE_REL)).any() or (direct > z * (1 + BALANCE_REL)).any():
        raise InputError(problem("array_range", field="revenue", expected="at most the flow it is part of", index="(i, j)", value="larger"))
    if not np.allclose(z.sum(axis=-2), traced.inflow, rtol=BALANCE_REL, atol=BALANCE_REL * float(np.max(traced.total))):
        rule = "a split that adds up to the inflow"
        raise InputError(problem("array_range", field="inflow_by_source", expected=rule, index="(source, i)", value="off"))
    share = (z @ traced.passes) / np.where(traced.throughflow > 0, traced.throughflow, 1.0)[..., None, :]
    by_source = direct + share @ paid
    reported = paid.sum(axis=-2) + direct.sum(axis=-2)
    net = traced.throughflow / np.diagonal(traced.passes, axis1=-2, axis2=-1)
    return LookThrough(*squeezed(False, by_source, reported, net))


def new_external_cash(*, outside_in: ArrayLike, returned: ArrayLike) -> Floats:
    """NNEC by source: outside cash in less outside cash returned to financiers (dividends, buy-backs, repayments), [..., source]."""
    return floats(outside_in, "outside_in", low=0.0) - floats(returned, "returned", low=0.0)
