"""The borrower's right to prepay: prices, the ledger by hand, what shuts the window, the spread that it follows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from instruments import Deal
from instruments.contracts.loan_prepayment import VoluntaryPrepayment
from instruments.ground.errors import TermsError
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, MC_SIGMAS, PV_REL
from pricing import price, simulate
from pricing.cli.facilities import feature_tables
from pricing.engines.facility_priced import priced
from pricing.engines.loan_prepayment import HELD
from pricing.engines.refinancing import spread_move
from pricing.kernels.facility import roll_kept
from pricing.ledger import facility as k
from pricing.ledger.checks import check_ledger
from pricing.ledger.statements import by_party
from pricing.mechanics.rollforward import Rolled, roll_forward
from pricing.paths.credit import default_clock
from pricing.schedules.call import UnitLoan, call_prices, open_dates
from pricing.schedules.facility import Facility
from pricing.schedules.plan import NEVER, Events
from tests.facilities import AS_OF, deal, drivers, market, plain_deal, setup

PAID = [k.INTEREST_FLOATING, k.INTEREST_FIXED, k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED, k.UNDRAWN_FEE, k.CALL_PREMIUM]
FIRST = dt.date(2026, 4, 30)


def right(**terms: Any) -> dict[str, Any]:
    return {"first": FIRST, "schedule": {FIRST: 1.02}, "cost": 0.01} | terms


def at(month: int, crossed: int = NEVER) -> Events:
    return Events(np.array([month]), np.array([crossed]))


def rolled(facility: Facility, month: int, **path: Any) -> Rolled:
    """One path with a prepayment; its ledger is checked, and the kernel says the same."""
    given = drivers(facility, **path)
    run = roll_forward(facility.plan, given, at(month))
    for check in check_ledger(facility.plan, given, run):
        assert check.relative <= CASH_CONSERVATION_ABS, check
    assert np.abs(roll_kept(facility.plan, given, at(month))[0] - run.ledger).max() <= PV_REL * facility.plan.commitment
    return run


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_the_ledger_of_a_prepayment_by_hand(share: float) -> None:
    facility = setup(plain_deal(prepayment=right(share=share))).facility
    run = rolled(facility, 5)
    row, left = run.ledger[5, :, 0], 24e6 * 18 / 24
    assert row[k.CALL_PREMIUM] == pytest.approx(0.02 * share * left)
    assert row[k.NEW_LOAN_COST] == pytest.approx(0.01 * share * left)
    assert row[k.REFINANCED] == row[k.NEW_LOAN] == pytest.approx(1.03 * share * left)
    assert row[k.PRINCIPAL_FIXED] == pytest.approx(1e6 + share * left)
    assert run.states[5, k.FIXED, 0] == pytest.approx((1.0 - share) * left)
    assert run.ledger[6:, k.INTEREST_FIXED, 0].sum() == pytest.approx((1.0 - share) * 0.01 * 1e6 * sum(range(1, 19)))
    assert run.outcomes[k.PREPAID_MONTH, 0] == 5


def test_after_a_prepayment_in_full_the_owner_takes_all() -> None:
    facility = setup(plain_deal(prepayment=right())).facility
    run = rolled(facility, 5)
    assert run.ledger[6:, PAID].sum() == 0.0
    assert run.ledger[6 : facility.plan.maturity, k.DISTRIBUTION, 0] == pytest.approx(
        run.ledger[6 : facility.plan.maturity, [k.RENT], 0].sum(axis=1)
    )
    frame = by_party(facility.postings, run.ledger[:, :, 0], run.ledger[:, :, 0] * facility.plan.discount[:, None])
    values = dict(frame.select("party", "net_present_value").iter_rows())
    assert values["refinancer"] == pytest.approx(0.0, abs=1e-6)  # lends at the market
    assert sum(values.values()) == pytest.approx(0.0, abs=1e-3)


def test_the_swap_is_closed_out_at_its_value() -> None:
    hedge = {"share": 0.9, "start": dt.date(2026, 10, 31), "rate": 0.05}
    facility = setup(deal(prepayment=right(first=dt.date(2026, 12, 31)), hedge=hedge)).facility
    plan, run = facility.plan, rolled(facility, 12)
    close = (plan.swap_due[13:] * plan.discount[13:]).sum() / plan.discount[12]
    assert close > 0.0
    assert run.ledger[12, k.SWAP, 0] == pytest.approx(plan.swap_due[12] + close)
    assert run.ledger[13:, k.SWAP].sum() == 0.0


@pytest.mark.parametrize("path", [{"customer": 4}, {"ratio": 1.0, "operator": 2, "substituted": False}])
def test_the_window_is_shut_on_default(path: dict[str, Any]) -> None:
    facility = setup(plain_deal(prepayment=right())).facility
    run = rolled(facility, 6, **path)
    assert run.ledger[:, k.REFINANCED].sum() == 0.0
    assert run.outcomes[k.PREPAID_MONTH, 0] == facility.plan.months


def test_a_date_that_never_comes_changes_nothing() -> None:
    facility, none = setup(plain_deal(prepayment=right())).facility, setup(plain_deal()).facility
    assert np.array_equal(rolled(facility, NEVER).ledger, roll_forward(none.plan, drivers(none)).ledger)


def unit(maturity: int = 24, rate: float = 0.01, forward: float = 0.003) -> UnitLoan:
    """A fixed bullet, monthly."""
    one = np.ones(maturity)
    return UnitLoan(rate * one, np.where(np.arange(maturity) == maturity - 1, 1.0, 0.0), forward * one, one / 12.0, maturity)


def test_prices_are_make_whole_then_steps_then_par() -> None:
    terms = VoluntaryPrepayment.model_validate(
        {
            "first": dt.date(2026, 4, 30), "make_whole": {"until": dt.date(2026, 12, 31), "spread": 0.005},
            "schedule": {dt.date(2027, 1, 31): 1.03, dt.date(2027, 7, 31): 1.0},
        }
    )  # fmt: skip
    dates = setup(plain_deal()).facility.dates[:24]
    times = np.array([(date - AS_OF).days / 365.0 for date in dates])
    found = call_prices(terms, unit(), dates, times, lambda t: np.exp(-0.04 * t))
    hand = sum((0.01 + (s == 23)) * np.exp(-0.045 * (times[s] - times[3])) for s in range(4, 24))
    assert found[3] == pytest.approx(hand)
    assert (found[9:15] == 1.03).all()
    assert (found[15:] == 1.0).all()
    assert (found[:9] > 1.0).all()
    assert not open_dates(terms, dates, 24)[-1]


def test_a_floating_loan_is_worth_par_at_its_own_margin_on_every_date() -> None:
    forward, accrual = np.linspace(0.002, 0.005, 24), np.full(24, 1.0 / 12.0)
    loan = UnitLoan(forward + 0.03 * accrual, np.where(np.arange(24) == 23, 1.0, 0.02), forward, accrual, 24)
    for t in (0, 10, 22):
        assert float(loan.worth(t, 0.03)) == pytest.approx(1.0, abs=1e-14)
        assert float(loan.worth(t, 0.02)) > 1.0 > float(loan.worth(t, 0.04))
    assert loan.own_margin() == pytest.approx(0.03)
    assert float(loan.worth(23, 0.0)) == 0.0


def test_the_spread_of_the_day_keeps_the_forward_odds_on_average() -> None:
    years = np.arange(1, 61) / 12.0
    survival = np.exp(-0.04 * years)
    clock = default_clock(survival)
    level = np.linspace(1e-4, 8.0, 200_001)
    root = np.sqrt(clock[11])
    density = (np.exp(-0.5 * ((level - 1.0) / root) ** 2) - np.exp(-0.5 * ((level + 1.0) / root) ** 2)) / (root * np.sqrt(2.0 * np.pi))
    move = spread_move(level, clock, survival, years, 11, 59, 0.4)
    odds = survival[59] / survival[11] * np.exp(-move / 0.6 * 4.0)
    assert np.trapezoid(density * odds, level) == pytest.approx(survival[59], rel=1e-6)  # the trapezoid's own error
    assert np.trapezoid(density, level) == pytest.approx(survival[11], rel=1e-6)
    assert (np.diff(move) <= 0.0).all()  # a better credit refinances at less
    assert odds[-1] == pytest.approx(2.0 * ndtr(8.0 / np.sqrt(clock[59] - clock[11])) - 1.0)
    assert (spread_move(level, np.zeros(60), np.ones(60), years, 11, 59, 0.4) == 0.0).all()


def test_without_credits_the_borrower_prepays_on_the_first_date_that_pays() -> None:
    nobody = {name: {} for name in ("bank", "spv", "parent", "payer", "maker")}
    for margin, month in ((0.01, 5), (0.2, None)):
        terms = right(market_margin=margin, exercise="spread", first=dt.date(2026, 9, 30))
        given = Deal.model_validate(plain_deal(prepayment=terms).model_dump(by_alias=True) | {"parties": nobody})
        found = priced(given, "loan", market(), 1, 0, 1)
        expected = float(month) if month is not None else float(found.run.facility.plan.months)
        assert (found.run.outcomes[k.PREPAID_MONTH] == expected).all()
        cost = 0.01 * _balance(found.run.facility, month) if month is not None else 0.0
        saved = (found.held.net - found.run.net).mean() - cost
        assert found.option is not None
        assert found.option.ruled.mean() == pytest.approx(saved, abs=1e-3)


def _balance(facility: Facility, month: int) -> float:
    return float(facility.plan.discount[month]) * 24e6 * (23 - month) / 24


def test_rules_lie_between_never_and_foresight() -> None:
    found = {
        rule: priced(deal(prepayment=right(first=dt.date(2026, 12, 31), schedule={}, exercise=rule)), "loan", market(), 1, 0, 1)
        for rule in ("never", "spread", "optimal")
    }
    optimal = found["optimal"].option
    assert optimal is not None
    assert (found["never"].run.net == found["never"].held.net).all()
    for each in found.values():
        assert each.option is not None
        assert (each.option.ruled <= each.option.known + 1e-6).all()
    best, spread = optimal.ruled, found["spread"].option.ruled  # type: ignore[union-attr]
    gap = best - spread
    assert gap.mean() > -MC_SIGMAS * gap.std() / np.sqrt(gap.size)
    lost = found["optimal"].held.net - found["optimal"].run.net
    assert lost.mean() > MC_SIGMAS * lost.std() / np.sqrt(lost.size)


def test_price_and_simulate_say_the_same_and_any_path_is_replayed() -> None:
    given, on = deal(prepayment=right(first=dt.date(2026, 12, 31), schedule={})), market()
    fresh = price(given, on, paths=1).rows
    rows = {(row.measure, row.part, row.party): row.value for row in fresh if row.contract == "loan" and row.method == "simulation"}
    found = simulate(given, on, paths=1, threads=1)
    run = found.runs[0]
    assert rows["value", None, "bank"] == pytest.approx(run.value)
    held, option = rows["value", HELD, "bank"], rows["prepayment_option", None, "spv"]
    assert held is not None
    assert option is not None
    cost = float(np.sum(run.mean_ledger[:, k.NEW_LOAN_COST] * run.facility.plan.discount))
    assert held - run.value == pytest.approx(option + cost)
    text = "\n".join(feature_tables([row for row in found.rows if row.contract == "loan"]))
    assert "prepaid by choice" in text
    assert HELD in text
    path = int(np.argmin(run.outcomes[k.PREPAID_MONTH]))
    again = run.replay(path)[1]
    assert again.outcomes[:, 0] == pytest.approx(run.outcomes[:, path])


def test_what_cannot_be_is_refused() -> None:
    for terms, words in (
        ({"first": dt.date(2026, 6, 30)}, "draws end on"),
        ({"first": dt.date(2030, 1, 31)}, "matures on"),
        ({"first": dt.date(2027, 1, 31), "make_whole": {"until": dt.date(2026, 12, 31), "spread": 0.005}}, "ends before the first"),
        ({"first": dt.date(2027, 1, 31), "schedule": {dt.date(2027, 1, 31): 1.0, dt.date(2028, 1, 31): 1.02}}, "step down"),
    ):
        with pytest.raises(TermsError, match=words):
            deal(prepayment=terms)
    with pytest.raises(TermsError, match="on each draw"):
        plain_deal(upfront_fee=0.01)
