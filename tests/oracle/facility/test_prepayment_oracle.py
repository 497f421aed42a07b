"""A loan that may be prepaid: the lattice beside closed forms, QuantLib's callable bond, and simulated paths with fitted exercise."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from instruments import Loan
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL, PV_REL
from pricing._quantlib.callable import quantlib_callable
from pricing.engines.prepayment_lattice import CallTerms, prepayable_value
from pricing.engines.refinancing import spread_move
from pricing.laws.prepayment import LATTICE_REL
from pricing.mechanics.offtake_leaving import Choice, decided, fit, foresight, notice_of
from pricing.paths.credit import default_clock, first_passage
from pricing.schedules.grid import day_counts
from pricing.schedules.loan import LoanFlows, planned_cash, scheduled_value, term_flows, unit_loan

AS_OF = dt.date(2026, 3, 31)


def flows(rate: float = 0.09, kind: str = "bullet", years: int = 3) -> LoanFlows:
    loan = {
        "kind": "loan", "lender": "a", "borrower": "b", "commitment_usd": 100e6, "maturity": dt.date(2026 + years, 3, 31),
        "fixed": {"share": 1.0, "rate": rate}, "amortisation": {"kind": kind, "start": dt.date(2026, 4, 30)},
    }  # fmt: skip
    return term_flows(Loan.model_validate(loan), AS_OF)


def curve(rate: float) -> Any:
    return lambda years: np.exp(-rate * np.asarray(years))


def terms(given: LoanFlows, price: float = 1.0, first: int = 0, cost: float = 0.0, share: float = 1.0) -> CallTerms:
    n = len(given.dates)
    return CallTerms(np.full(n, price), (np.arange(n) >= first) & (np.arange(n) < n - 1), share, cost)


@pytest.mark.parametrize("kind", ["bullet", "annuity"])
@pytest.mark.parametrize("hazard", [0.0, 0.005, 0.05, 0.5])
def test_without_dates_it_is_the_planned_flows_on_one_credit(kind: str, hazard: float) -> None:
    given = flows(kind=kind)
    never = CallTerms(np.ones(36), np.zeros(36, dtype=np.bool_), 1.0, 0.0)
    found = prepayable_value(given, curve(0.04), curve(hazard), 0.4, never)
    exact = scheduled_value(given, curve(0.04), curve(hazard), 0.4).risky
    assert found.lender == found.borrower == pytest.approx(exact, rel=LATTICE_REL)


@settings(max_examples=20)
@given(
    st.floats(0.0, 0.15), st.floats(-0.01, 0.1), st.integers(0, 34), st.sampled_from([1.0, 1.03]), st.sampled_from([0.0, 0.01]),
    st.sampled_from(["bullet", "annuity", "straight"]),
)  # fmt: skip
def test_nobody_defaults_the_best_date_is_known_today(rate: float, flat: float, first: int, price: float, cost: float, kind: str) -> None:
    given = flows(rate, kind)
    right = terms(given, price, first, cost)
    d = curve(flat)(day_counts(given.as_of, given.dates)[0])
    cash = planned_cash(given, curve(flat))
    after = np.append((given.floating + given.fixed)[1:], 0.0)
    paid = np.cumsum(d * cash)
    stops = paid + d * after * (price + cost)
    best = min(float(paid[-1]), float(stops[right.open].min()) if right.open.any() else np.inf)
    found = prepayable_value(given, curve(flat), np.ones_like, 0.4, right)
    assert found.borrower == pytest.approx(best, rel=PV_REL * 10)  # sixty products


@pytest.mark.parametrize("rate", [0.03, 0.05, 0.09])
@pytest.mark.parametrize(("first", "price"), [(0, 1.0), (12, 1.02)])
def test_quantlibs_callable_bond(rate: float, first: int, price: float) -> None:
    given = flows(rate, years=5)

    def discount(years: Any) -> Any:
        return np.exp(-0.03 * np.asarray(years) - 0.003 * np.asarray(years) ** 2)

    right = terms(given, price, first)
    other = quantlib_callable(given, discount, right.price, right.open, subject="loan")
    assert prepayable_value(given, discount, np.ones_like, 0.4, right).lender == pytest.approx(other, rel=ORACLE_REL)


def test_simulated_paths_with_fitted_exercise_lie_just_above_and_foresight_below() -> None:
    """The same loan on paths of its borrower's driver: a rule that must be found loses a little of the borrower's optimum."""
    given, hazard, recovery = flows(), 0.05, 0.4
    right = terms(given, 1.01, 6, 0.005)
    years, days = day_counts(given.as_of, given.dates)
    survival, unit = curve(hazard)(years), unit_loan(given, curve(0.04))
    clock, own = default_clock(survival), unit.own_margin()
    steps = np.diff(np.concatenate([[0.0], clock]))
    start = np.concatenate([[0.0], years[:-1]])
    d, middle = curve(0.04)(years), curve(0.04)(start + np.floor(days / 2.0) / 365.0)
    balance = given.floating + given.fixed
    cash, after, n = planned_cash(given, curve(0.04)), np.append(balance[1:], 0.0), len(given.dates)

    def world(seed: int) -> tuple[Choice, np.ndarray]:
        rng = np.random.default_rng(seed)
        normals, uniforms = rng.standard_normal((n, 20_000)), rng.random((n, 20_000))
        month = first_passage(normals, uniforms, clock)
        level = 1.0 + np.cumsum(np.sqrt(steps)[:, None] * normals, axis=0)
        t = np.arange(n)[:, None]
        flow = np.where(month > t, (d * cash)[:, None], np.where(month == t, (recovery * balance * middle)[:, None], 0.0))
        later = np.cumsum(flow[::-1], axis=0)[::-1] - flow
        rows = np.flatnonzero(right.open)
        total = (d * after * (right.price + right.cost))[:, None]
        moves = [spread_move(level[row], clock, survival, years, row, n - 1, recovery) for row in rows]
        saving = np.stack([after[row] * (unit.worth(int(row), own + move) - 1.015) for row, move in zip(rows, moves, strict=True)])
        return Choice(rows, saving, (later - total)[rows], month > rows[:, None]), flow.sum(axis=0)

    rule = fit([world(1)[0]])
    choice, held = world(2)
    saved = notice_of(choice, decided(choice, "optimal", rule), held.size)[1]
    exact = prepayable_value(given, curve(0.04), curve(hazard), recovery, right)
    closed = scheduled_value(given, curve(0.04), curve(hazard), recovery).risky
    error = float(saved.std() / np.sqrt(saved.size))
    option = closed - exact.borrower
    assert abs(held.mean() - closed) < MC_SIGMAS * held.std() / np.sqrt(held.size)
    assert saved.mean() < option + MC_SIGMAS * error
    assert saved.mean() > 0.97 * option - MC_SIGMAS * error  # four basis functions lose less than 3 %
    assert foresight(choice, held.size).mean() > option
