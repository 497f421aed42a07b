"""Contagion over dates on arrays of scenarios: shocks, triggers, clearing, forced sales, marks, audit (network note, section 9).

At each date, in this order:

1. price, belief, cash and business shocks; belief falls further after losses (`feedback`), business after that of partners (`effect`);
2. triggers: outside debt that is recalled is paid from cash, then by selling; margin debt over traded assets above its limit is a call, met
   by selling down to the target; business cannot be sold, so who cannot pay defaults, solvent or not;
3. clearing: assets, cross-held equity and debts, guarantees of outside debt called as the debtor falls short, default costs (greatest
   solution; who is in default stays there);
4. forced sales: by defaulters (all), by calls, and by entities short of equity over traded assets; prices p = p0 exp(-a sold), and
   clearing again, to a joint fixed point from the highest price down;
5. marks: values and equity at the last price; proceeds repay margin debt first;
6. audit: claims of outsiders = outside assets - dead weight.

Not modelled: the margin lender's lien inside the clearing (a defaulter's proceeds are shared by all its creditors), new money, time value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.clearing.holdings import clear_holdings
from pricing.clearing.rows import Bools, Floats, RowFailure, floats, settle, writable

TERMS = ("shock", "fire_sale", "default_cost", "belief", "business")
"""What value is lost to: the first is the initial shock, the others are frictions."""
MOST_ROUNDS = 20_000
"""Most sweeps of a clearing and most rounds of prices at one date."""
AUDIT_REL = 1e-10
"""Claims and assets may differ by this share: value identities after a linear solve."""


@dataclass(frozen=True)
class Sheets:
    """Balance sheets of a web as arrays. n entities, m traded assets; USD; traded units are worth 1 USD at the start."""

    nodes: tuple[str, ...]
    assets: tuple[str, ...]
    cash: Floats
    """[n]."""
    business: Floats
    """[n]."""
    belief_share: Floats
    """[n] in [0, 1]: how far business moves with belief."""
    units: Floats
    """[n, m]."""
    outside_debt: Floats
    """[n]: debts to outsiders, margin debt included."""
    margin_debt: Floats
    """[n]."""
    ltv_limit: Floats
    """[n] in (0, 1]."""
    ltv_target: Floats
    """[n] in [0, limit)."""
    capital_ratio: Floats
    """[n]: required equity over traded assets; 0 is none."""
    debts: Floats
    """L [n, n]: what i owes j."""
    equity_held: Floats
    """M [n, n]: share of j held by i, column sums below 1."""
    effect: Floats
    """[n, n]: relative fall of j's business per relative fall of i's value, felt at the next date; repayments are no fall."""
    impact: Floats
    """a [m]: p = p0 exp(-a units sold)."""
    guarantor: NDArray[np.int64]
    """[guarantee]: who promises."""
    debtor: NDArray[np.int64]
    """[guarantee]: whose outside debt is covered; a covered debt has one guarantor."""
    cap: Floats
    """[guarantee]."""
    default_cost: float
    """Share of a defaulter's assets and receipts that is lost."""
    feedback: float
    """Relative fall of belief at the next date per relative fall of all equity."""

    @property
    def outside_share(self) -> Floats:
        """[n]: share of each entity's equity in outside hands."""
        return 1.0 - self.equity_held.sum(axis=0)


@dataclass(frozen=True)
class Shocks:
    """Factors on what is there at each date, 1 is no shock. Axes [scenario, date, ...]."""

    price: Floats
    """[scenario, date, m]."""
    belief: Floats
    """[scenario, date]."""
    cash: Floats
    """[scenario, date, n]."""
    business: Floats
    """[scenario, date, n]."""
    recall: Floats
    """[scenario, date, n]: share of outside debt that lenders want back at once, 0 is none."""


@dataclass(frozen=True)
class Run:
    """What happened. Axes [scenario, date, ...]."""

    price: Floats
    """[scenario, date, m]: after sales."""
    value: Floats
    """[scenario, date, n]: assets of each entity after default costs, holdings included."""
    equity: Floats
    """[scenario, date, n]: worth of its shares."""
    lenders: Floats
    """[scenario, date, n]: what it would pay its outside lenders; what was repaid before is not in it."""
    default: Bools
    """[scenario, date, n]."""
    called: Bools
    """[scenario, date, n]: margin calls."""
    sold: Floats
    """[scenario, date, m]: units sold."""
    terms: Floats
    """[scenario, date, 5]: USD lost on the date to each of `TERMS`."""
    audit: Floats
    """[scenario]: largest share by which claims of outsiders and outside assets less dead weight differ."""
    rows: NDArray[np.int64]
    """Which scenarios of the batch these rows are."""
    failures: tuple[RowFailure, ...]
    """Scenarios without an answer."""


def shocks_for(
    sheets: Sheets,
    *,
    dates: int,
    price: ArrayLike = 1.0,
    belief: ArrayLike = 1.0,
    cash: ArrayLike = 1.0,
    business: ArrayLike = 1.0,
    recall: ArrayLike = 0.0,
) -> Shocks:
    """Shocks from factors that broadcast to [scenario, date, ...]; a factor below its last axis hits the first date only.

    Args:
        dates: number of dates, at least 1.
        price: (scenarios, m) or (scenarios, dates, m), above 0.
        belief: (scenarios,) or (scenarios, dates), at or above 0.
        cash, business: (scenarios, n) or (scenarios, dates, n), at or above 0.
        recall: share of outside debt recalled, (scenarios, n) or (scenarios, dates, n), in [0, 1].
    """
    n, m = len(sheets.nodes), len(sheets.assets)
    given = {"price": (price, (m,)), "belief": (belief, ()), "cash": (cash, (n,)), "business": (business, (n,)), "recall": (recall, (n,))}
    made: dict[str, Floats] = {}
    for name, (value, last) in given.items():
        array = floats(value, name, low=0.0, high=1.0 if name == "recall" else np.inf)
        if array.ndim < len(last) + 2:
            first = np.broadcast_to(array, np.broadcast_shapes(array.shape, (1, *last)))
            array = np.full((len(first), dates, *last), 0.0 if name == "recall" else 1.0)
            array[:, 0] = first
        if array.shape[1:] != (dates, *last):
            raise InputError(problem("array_shape", field=name, expected=f"(scenarios, {dates}, ...{last})", found=array.shape))
        made[name] = array
    rows = max(len(array) for array in made.values())
    for name, array in made.items():
        if len(array) not in (1, rows):
            raise InputError(problem("array_shape", field=name, expected=f"{rows} scenarios, or 1", found=array.shape))
    return Shocks(**{name: writable(np.broadcast_to(array, (rows, *array.shape[1:]))) for name, array in made.items()})


def run_dates(sheets: Sheets, shocks: Shocks, *, method: Literal["compiled", "plain"] = "compiled") -> Run:
    """Every scenario through every date.

    Args:
        sheets: balance sheets; equity and debts held inside as in `clear_holdings`.
        shocks: factors by date.
        method: the compiled loop, or the plain numpy statement of it.

    Raises:
        InputError: one hundred percent of an entity or more is held inside.
        NetworkError: no joint fixed point of clearing and prices, or the audit fails; in a batch a failure of its row.

    Limits: without shocks nothing moves; without default costs, forced sales, feedback and effects only the initial shock is lost.

    Source: order of events and fixed points as in the network note, sections 2.3, 4 and 9; sales as in Cifuentes, Ferrucci and Shin 2005.
    """
    full = np.flatnonzero(sheets.equity_held.sum(axis=0) >= 1.0)
    if len(full):
        share = f"{sheets.equity_held.sum(axis=0)[full[0]]:g}"
        raise InputError(problem("over_owned", field="equity_held", issuer=sheets.nodes[full[0]], share=share))
    if method == "plain":
        from pricing.web.dates_plain import run_plain

        parts = run_plain(sheets, shocks, *_before(sheets), MOST_ROUNDS)
    else:
        parts = _compiled(sheets, shocks)
    prices, values, equities, lenders, defaults, calls, sold, terms, audit, settled = parts
    remedy = "lower the impact, or hold less inside"
    failures = tuple(
        RowFailure(
            int(row), problem("not_converged", subject="contagion", iterations=MOST_ROUNDS, residual=f"{audit[row]:.1e}", remedy=remedy)
        )
        for row in np.flatnonzero(~settled | ~(audit <= AUDIT_REL))
    )
    rows = settle(failures, len(audit), single=False)
    kept = (part[rows] for part in (prices, values, equities, lenders, defaults, calls, sold, terms, audit))
    return Run(*kept, rows=rows, failures=failures)


def _compiled(sheets: Sheets, shocks: Shocks) -> tuple[Any, ...]:
    from pricing.kernels.contagion import run_rows  # numba loads only when something is run

    rows, dates, m = shocks.price.shape
    n = len(sheets.nodes)
    out = (
        np.empty((rows, dates, m)), np.empty((rows, dates, n)), np.empty((rows, dates, n)), np.empty((rows, dates, n)),
        np.zeros((rows, dates, n), dtype=bool), np.zeros((rows, dates, n), dtype=bool), np.zeros((rows, dates, m)),
        np.zeros((rows, dates, len(TERMS))), np.zeros(rows), np.zeros(rows, dtype=bool),
    )  # fmt: skip
    inverse = np.linalg.inv(np.eye(n) - sheets.equity_held)
    plain = (
        sheets.cash, sheets.business, sheets.belief_share, sheets.units, sheets.outside_debt, sheets.margin_debt, sheets.ltv_limit,
        sheets.ltv_target, sheets.capital_ratio, sheets.debts, sheets.equity_held, inverse, sheets.effect, sheets.impact,
        sheets.cap,
    )  # fmt: skip
    factors = (shocks.price, shocks.belief, shocks.cash, shocks.business, shocks.recall)
    numbers = (1.0 - sheets.default_cost, sheets.feedback)
    given = (writable(np.asarray(array, dtype=np.float64)) for array in plain)
    who = (np.array(sheets.guarantor, dtype=np.int64), np.array(sheets.debtor, dtype=np.int64))
    everything: list[Any] = [*given, *who, *numbers, *factors, *_before(sheets), MOST_ROUNDS, *out]
    run_rows(*everything)
    return out


def _before(sheets: Sheets) -> tuple[Floats, float]:
    """Value of every entity [n], and all equity, before any shock, USD."""
    owed = sheets.outside_debt + sheets.debts.sum(axis=1)
    share = sheets.debts / np.where(owed > 0, owed, 1.0)[:, None]
    own = sheets.cash + sheets.business + sheets.units.sum(axis=1)
    keep = 1.0 - sheets.default_cost
    calm = clear_holdings(assets=own, debts=owed, equity_held=sheets.equity_held, debt_held=share.T, alpha=keep, beta=keep)
    return writable(calm.value), float(calm.equity.sum())
