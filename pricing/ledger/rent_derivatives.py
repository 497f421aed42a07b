"""Compute derivatives on the ledger, month by month, with the default of either side.

**Clock** on a payment date the mean is known; defaults since the last payment come first (both sides in one month: the first side's is
taken); then the month is settled, or closed out. **Swap** close-out nets the month with the value of the rest at the forwards of that date;
the survivor pays in full, the defaulted side its recovery. **Option** after the seller's default every later payoff is paid at the
recovery on its own date: by iterated expectation the same present value as a claim on what the options are worth at default. **Future**
margined: the first posting brings the position from its price to the market, later ones are variation from month end to month end, the
last one ends at the mean. The clearing house does not default.

Default is the first passage of a driver (`pricing.paths.credit`), correlated month by month with the rent's own innovation by the
market's correlation of `rent:X` and `credit:Y`. **Not modelled** collateral, thresholds, contagion from one default to the other.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from curves import correlation_matrix, survival_curve
from instruments.contracts.compute_derivatives import RentFuture, RentOption, RentSwap
from pricing.engines.rent_setup import RentRun, prepare_rent
from pricing.ledger.plan import Claim, LedgerPlan, Posting
from pricing.ledger.runs import ContractRun, Roll, run_contract
from pricing.paths.credit import default_clock, first_passage
from pricing.paths.deal_world import mixing
from pricing.paths.rent_months import MonthPaths, month_paths
from pricing.paths.streams import BLOCK, generator
from pricing.registry import Task, register_simulator
from pricing.schedules.grid import month_ends, months_to
from pricing.schedules.types import Floats

CLAIMS: tuple[Claim, ...] = ("cash", "due", "written_off")
"""What is posted of a claim, in column order."""


@dataclass(frozen=True)
class Sides:
    """Credit of the two sides; a side without one never defaults."""

    keys: tuple[str, ...]
    """Distinct market keys."""
    clocks: tuple[Floats, ...]
    """Default clock of each key [month]."""
    recoveries: tuple[float, ...]
    mix: Floats
    """Root of the correlation of rent and credits; without dependence the rent stands apart."""
    first: str | None
    second: str | None


def sides_of(run: RentRun, *, dependence: bool = True) -> Sides:
    """Credits of the two parties of a contract, from its deal and market."""
    task = run.task
    first, second = (task.deal.parties[name].credit for name in run.sides)
    keys = tuple(dict.fromkeys(key for key in (first, second) if key is not None))
    years = np.array([month.pay_years for month in run.months])
    curves = [survival_curve(task.market, key) for key in keys]
    correlation = np.array(correlation_matrix(task.market, (run.curve.key, *keys)))
    if not dependence:
        correlation[0, 1:] = correlation[1:, 0] = 0.0
    clocks = tuple(default_clock(curve.survival(years)) for curve in curves)
    return Sides(keys, clocks, tuple(curve.recovery for curve in curves), mixing(correlation), first, second)


def _default_months(run: RentRun, sides: Sides, paths: MonthPaths, seed: int, block: int) -> dict[str, Floats]:
    """Index of the month of default by key [path]; the number of months where there is none."""
    count, width = len(run.months), paths.rents.shape[1]
    normals = np.empty((1 + len(sides.keys), count, width))
    normals[0] = _innovations(run, paths, seed, block)
    for index, key in enumerate(sides.keys):
        normals[index + 1] = generator(seed, key, block).standard_normal((count, width))
    found: dict[str, Floats] = {}
    for index, key in enumerate(sides.keys):
        driver = np.zeros((count, width))
        for factor in range(index + 2):
            driver += sides.mix[index + 1, factor] * normals[factor]
        uniforms = generator(seed, f"{key}/bridge", block).random((count, width))
        found[key] = first_passage(driver, uniforms, sides.clocks[index])
    return found


def _innovations(run: RentRun, paths: MonthPaths, seed: int, block: int) -> Floats:
    """The rent's own shocks between payments, standard normal [month, path]; luck of their own where nothing moves."""
    model, times = run.curve.factors, paths.states.times_years
    short, long, cross = model.covariance(np.diff(times, prepend=0.0))
    root = np.sqrt(short)
    load = np.divide(cross, root, out=np.zeros_like(root), where=root > 0.0)
    own = np.sqrt(np.maximum(long - load**2, 0.0))
    found = np.empty((len(run.months), paths.rents.shape[1]))
    spare = generator(seed, f"{run.curve.key}/none", block)
    for index in range(len(run.months)):
        rows = paths.days_of(index)
        a, b = root[rows] + load[rows], own[rows]
        scale = float(np.sqrt(np.sum(a * a + b * b)))
        if scale > 0.0:
            found[index] = (np.einsum("t,tp->p", a, paths.normals[0, rows]) + np.einsum("t,tp->p", b, paths.normals[1, rows])) / scale
        else:
            found[index] = spare.standard_normal(found.shape[1])
    return found


def _claim(payer: str, payee: str, contract: str, reason: str) -> tuple[Posting, ...]:
    return tuple(Posting(payer, payee, contract, reason, "USD", claim) for claim in CLAIMS)


def _post(ledger: Floats, time: int, column: int, due: Floats, paid_share: Floats) -> None:
    """A claim and what is paid on it, in three columns from `column`; the rest is written off."""
    paid = due * paid_share
    ledger[time, column] = paid
    ledger[time, column + 1] = due
    ledger[time, column + 2] = due - paid


def swap_ledger(run: RentRun, *, dependence: bool = True) -> tuple[LedgerPlan, Roll]:
    """Plan and postings of a swap: settlement to the fixed payer, settlement to the receiver, close-out to each."""
    sides, (payer, receiver), count, load = sides_of(run, dependence=dependence), run.sides, len(run.months), run.hours
    name, seed = run.task.contract_id, run.task.settings.seed
    plan = LedgerPlan(
        tuple(
            posting
            for reason in ("settlement", "close-out")
            for one, other in ((receiver, payer), (payer, receiver))
            for posting in _claim(one, other, name, reason)
        )
    )
    recovery = dict(zip(sides.keys, sides.recoveries, strict=True))

    def roll(block: int) -> Floats:
        paths = month_paths(run.curve, run.months, seed, block)
        ledger = np.zeros((count, len(plan), BLOCK))
        gone = _default_months(run, sides, paths, seed, block)
        never = np.full(BLOCK, float(count))
        one = gone[sides.first] if sides.first else never
        two = gone[sides.second] if sides.second else never
        end = np.minimum(one, two)
        whole = np.ones(BLOCK)
        for index in range(count):
            net = load * (paths.mean(index) - run.agreed())
            alive, closing = end > index, end == index
            _post(ledger, index, 0, np.where(alive, np.maximum(net, 0.0), 0.0), whole)
            _post(ledger, index, 3, np.where(alive, np.maximum(-net, 0.0), 0.0), whole)
            if closing.any():
                claim = np.zeros(BLOCK)
                claim[closing] = net[closing] + _rest(run, paths, index, closing)
                # the defaulted side pays its recovery, the survivor in full
                _post(ledger, index, 6, np.maximum(claim, 0.0), np.where(two < one, recovery.get(sides.second or "", 1.0), 1.0))
                _post(ledger, index, 9, np.maximum(-claim, 0.0), np.where(one <= two, recovery.get(sides.first or "", 1.0), 1.0))
        return ledger

    return plan, roll


def _rest(run: RentRun, paths: MonthPaths, index: int, chosen: np.ndarray) -> Floats:
    """Value to the fixed payer of the months after one, at its payment, on the chosen paths [chosen path]."""
    found = np.zeros(int(chosen.sum()))
    last = paths.days_of(index).stop - 1
    for later in range(index + 1, len(run.months)):
        month = run.months[later]
        # no day has passed yet where the first payment is due on the market's own date: today's forwards
        ahead = paths.states.forwards(last, month.times, chosen).mean(axis=0) if last >= 0 else np.full(found.size, run.fair[later])
        found += run.hours * run.discounts[later] / run.discounts[index] * (month.known + month.open_share * ahead - run.agreed())
    return found


def option_ledger(run: RentRun) -> tuple[LedgerPlan, Roll]:
    """Plan and postings of a strip of options: payoff to the buyer."""
    sides, (buyer, seller), count = sides_of(run), run.sides, len(run.months)
    seed, sign = run.task.settings.seed, 1.0 if getattr(run.contract, "option", "call") == "call" else -1.0
    plan = LedgerPlan(_claim(seller, buyer, run.task.contract_id, "payoff"))
    recovery = dict(zip(sides.keys, sides.recoveries, strict=True))

    def roll(block: int) -> Floats:
        paths = month_paths(run.curve, run.months, seed, block)
        ledger = np.zeros((count, len(plan), BLOCK))
        gone = _default_months(run, sides, paths, seed, block)[sides.second] if sides.second else np.full(BLOCK, float(count))
        for index in range(count):
            payoff = run.hours * np.maximum(sign * (paths.mean(index) - run.agreed()), 0.0)
            _post(ledger, index, 0, payoff, np.where(gone <= index, recovery.get(sides.second or "", 1.0), 1.0))
        return ledger

    return plan, roll


def future_run(run: RentRun) -> ContractRun:
    """A future rolled: variation to each side on the market's date, at month ends, and on the last day of the month."""
    (long, short), month, name, seed = run.sides, run.months[0], run.task.contract_id, run.task.settings.seed
    as_of, last = run.task.market.as_of, month.days[-1] if month.days else run.task.market.as_of
    ends = tuple(date for date in month_ends(as_of, months_to(as_of, last)) if not month.days or date < month.days[0])
    marks = np.array([(date - as_of).days / 365.0 for date in ends])
    dates: tuple[dt.date, ...] = (as_of, *ends, *((last,) if month.days else ()))
    plan = LedgerPlan((*_claim(short, long, name, "variation"), *_claim(long, short, name, "variation")))

    def roll(block: int) -> Floats:
        prices = np.empty((len(dates), BLOCK))
        prices[0] = run.fair[0]
        if month.days:
            paths = _marked_paths(run, marks, seed, block)
            for index in range(len(ends)):
                prices[1 + index] = month.known + month.open_share * paths.states.forwards(index, month.times).mean(axis=0)
            prices[-1] = month.known + month.open_share * paths.rents[len(ends) :].mean(axis=0)
        gains = run.hours * np.diff(prices, axis=0, prepend=np.full((1, BLOCK), run.agreed()))
        ledger, whole = np.zeros((len(dates), len(plan), BLOCK)), np.ones(BLOCK)
        for time in range(len(dates)):
            _post(ledger, time, 0, np.maximum(gains[time], 0.0), whole)
            _post(ledger, time, 3, np.maximum(-gains[time], 0.0), whole)
        return ledger

    # margin earns the same rate that it is discounted at: present values are sums, as the price of a future has it
    return run_contract(name, plan, dates, np.ones(len(dates)), roll, paths=run.task.settings.paths, threads=run.task.settings.threads)


def _marked_paths(run: RentRun, marks: Floats, seed: int, block: int) -> MonthPaths:
    """Paths over the marks and the days of the month, as one strip of days."""
    month = run.months[0]
    times = np.concatenate([marks, month.times])
    days = (*(run.task.market.as_of for _ in marks), *month.days)
    strip = type(month)(month.month, month.known, month.open_share, times, days, month.fixed, month.pay_date, month.pay_years)
    return month_paths(run.curve, (strip,), seed, block)


def _rolled(run: RentRun, plan: LedgerPlan, roll: Roll) -> ContractRun:
    settings, dates = run.task.settings, tuple(month.pay_date for month in run.months)
    return run_contract(run.task.contract_id, plan, dates, run.discounts, roll, paths=settings.paths, threads=settings.threads)


@register_simulator(RentSwap)
def simulate_swap(task: Task) -> ContractRun:
    """A swap on the ledger; see the module."""
    run = prepare_rent(task)
    return _rolled(run, *swap_ledger(run))


@register_simulator(RentOption)
def simulate_option(task: Task) -> ContractRun:
    """A strip of options on the ledger; see the module."""
    run = prepare_rent(task)
    return _rolled(run, *option_ledger(run))


@register_simulator(RentFuture)
def simulate_future(task: Task) -> ContractRun:
    """A future on the ledger; see the module."""
    return future_run(prepare_rent(task))
