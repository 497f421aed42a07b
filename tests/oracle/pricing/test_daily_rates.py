"""The short rate in the daily world: martingales with and without default, QuantLib's option on a share and a Hull-White rate, limits."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import QuantLib as ql
from hypothesis import given, settings, strategies as st

from curves import Market, ShortRate, discount_curve, equity_forward, survival_curve
from instruments.conditions import AllOf, DateReached
from instruments.contracts.coupons import FloatingCoupon
from instruments.contracts.staged_parts import NextRoundPrice
from instruments.contracts.warrant import ValueFloor
from instruments.ground.tolerances import MC_SIGMAS
from pricing import price
from pricing.engines.margin_loan_simulation import simulated
from pricing.engines.staged_setup import prepare
from pricing.formulas import call_value
from pricing.paths.daily_rates import MOVING, STILL
from pricing.paths.drivers import Drivers, resolve_drivers
from pricing.paths.grid import daily_grid
from pricing.paths.streams import BLOCK
from pricing.paths.world import World, simulate_world
from pricing.registry import Settings, Task
from pricing.strategies.margin_loans import margin_deal
from tests import margins, staged
from tests.warrants import AS_OF, SHARE, deal, market, price_leg, sigmas

CREDIT, RENT, RATE = "credit:VND", "rent:H100", "rates:USD"
END = dt.date(2027, 4, 2)
VOLATILITY, REVERSION, YIELD = 0.05, 0.1, 0.03
"""Five times what dollar rates do: what they add is many standard errors."""


def quoted(tie: float = 0.5, rate_volatility: float = VOLATILITY, **changes: Any) -> Market:
    tables: dict[str, Any] = {
        "rates": {"USD": {"kind": "flat", "rate": 0.037, "volatility": rate_volatility, "mean_reversion": REVERSION}},
        "equity": {"AMD": {"spot_usd": 100.0, "volatility": 0.25, "dividend_yield": YIELD}},
        "credit": {"VND": {"kind": "hazard", "hazard": 0.15}},
        "rent": {"H100": {"kind": "thin_rent", "spot_usd_per_hour": 2.0, "growth": -0.1, "volatility": 0.3}},
        "correlation": {
            f"{SHARE}|{RATE}": tie, f"{SHARE}|{CREDIT}": 0.4, f"{CREDIT}|{RATE}": 0.5 * tie, f"{RENT}|{RATE}": -0.3, f"{SHARE}|{RENT}": 0.2
        },
    }  # fmt: skip
    return market(**(tables | changes))


def drivers_of(on: Market, issuer: bool) -> Drivers:
    linked = {SHARE: CREDIT} if issuer else None
    grid = daily_grid(on, END)
    return resolve_drivers(on, grid, prices=(SHARE, RENT), clocks=(), credits=(CREDIT,), issuers=linked, moving_rate=True)


@lru_cache(maxsize=8)
def worlds(tie: float, probability: Any, issuer: bool) -> tuple[World, ...]:
    drivers = drivers_of(quoted(tie), issuer)
    return tuple(simulate_world(drivers, probability, SHARE, 3, block, touched=()) for block in range(2))


def far_off(samples: list[np.ndarray], expected: np.ndarray) -> float:
    """Worst distance in standard errors, over rows [row, path]."""
    whole = np.concatenate(samples, axis=1)
    errors = whole.std(axis=1, ddof=1) / np.sqrt(whole.shape[1])
    return float((np.abs(whole.mean(axis=1) - expected) / errors).max())


@pytest.mark.parametrize("issuer", [False, True])
@pytest.mark.parametrize("tie", [-0.6, 0.0, 0.5])
def test_bonds_shares_alive_and_survival_keep_their_means_on_every_date(tie: float, issuer: bool) -> None:
    found, on = worlds(tie, "pricing", issuer), quoted(tie)
    grid = found[0].grid
    days = np.arange(20, grid.size, 70)
    assert far_off([world.discounts[days] for world in found], grid.discounts[days]) < MC_SIGMAS
    shares = [world.discounts[days] * world.closes[SHARE][days] for world in found]
    assert far_off(shares, 100.0 * np.exp(-YIELD * grid.times[days])) < MC_SIGMAS
    alive = [(days[:, None] < world.defaulted[CREDIT]).astype(float) for world in found]
    assert far_off(alive, survival_curve(on, CREDIT).survival(grid.times[days])) < MC_SIGMAS
    if issuer:
        assert max(float(s[~a.astype(bool)].max(initial=0.0)) for s, a in zip(shares, alive, strict=True)) == 0.0


def test_means_hold_given_the_state_of_the_rate_half_way() -> None:
    """A martingale, not only on average from the start: what comes after has the right mean on paths with high rates, and with low ones."""
    for world in worlds(0.5, "pricing", True):
        half, end = world.grid.size // 2, world.grid.size - 1
        assert world.rates is not None
        moved = world.discounts[end] * world.closes[SHARE][end] * np.exp(YIELD * (world.grid.times[end] - world.grid.times[half]))
        steps = moved - world.discounts[half] * world.closes[SHARE][half]
        for sign in (-1.0, 1.0):
            chosen = steps[sign * world.rates.factor[half] > 0.0]
            assert abs(chosen.mean()) < MC_SIGMAS * chosen.std(ddof=1) / np.sqrt(chosen.size)


def test_bond_prices_half_way_are_what_their_payments_are_worth() -> None:
    for world in worlds(0.5, "pricing", False):
        half, end = world.grid.size // 2, world.grid.size - 1
        now, then = np.full(BLOCK, half), np.full(BLOCK, end)
        difference = world.discounts[end] - world.discounts[half] * world.bonds(now, then)
        assert world.rates is not None
        for sign in (-1.0, 1.0):
            chosen = difference[sign * world.rates.factor[half] > 0.0]
            assert abs(chosen.mean()) < MC_SIGMAS * chosen.std(ddof=1) / np.sqrt(chosen.size)
        assert (world.bonds(then, then) == 1.0).all()


@pytest.mark.parametrize("tie", [-0.6, 0.5])
def test_the_share_measure_gives_the_same_prices(tie: float) -> None:
    """A bond and a rent, paid at the end, in units of the share and in units of the account."""
    on = quoted(tie)
    grid = worlds(tie, "share", False)[0].grid
    end, spot = grid.size - 1, 100.0 * float(np.exp(-YIELD * grid.times[-1]))
    bonds = [(spot / world.closes[SHARE][end])[None, :] for world in worlds(tie, "share", False)]
    assert far_off(bonds, np.array([grid.discounts[end]])) < MC_SIGMAS
    rents = [(spot * world.closes[RENT][end] / world.closes[SHARE][end])[None, :] for world in worlds(tie, "share", False)]
    account = np.concatenate([world.discounts[end] * world.closes[RENT][end] for world in worlds(tie, "pricing", False)])
    whole = np.concatenate(rents, axis=1)
    error = np.hypot(account.std(ddof=1), whole.std(ddof=1)) / np.sqrt(account.size)
    assert abs(whole.mean() - account.mean()) < MC_SIGMAS * error
    assert on.correlation[f"{SHARE}|{RATE}"].value == tie


def quantlib_call(on: Market, strike: float, tie: float, years: float) -> float:
    """QuantLib's option on a lognormal share and a Hull-White rate, at the time of the grid's last day."""
    today = ql.Date(AS_OF.day, AS_OF.month, AS_OF.year)
    ql.Settings.instance().evaluationDate = today
    day = ql.Actual365Fixed()
    rate = float(-np.log(discount_curve(on, RATE).discount(years)) / years)
    curve = ql.YieldTermStructureHandle(ql.FlatForward(today, rate, day))
    dividends = ql.YieldTermStructureHandle(ql.FlatForward(today, YIELD, day))
    smile = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), 0.25, day))
    process = ql.BlackScholesMertonProcess(ql.QuoteHandle(ql.SimpleQuote(100.0)), dividends, curve, smile)
    model = ql.HullWhite(curve, REVERSION, VOLATILITY)
    option = ql.VanillaOption(ql.PlainVanillaPayoff(ql.Option.Call, strike), ql.EuropeanExercise(today + round(years * 365)))
    option.setPricingEngine(ql.AnalyticBSMHullWhiteEngine(tie, process, model))
    return float(option.NPV())


@pytest.mark.parametrize("tie", [-0.6, 0.0, 0.5])
def test_a_plain_warrant_is_quantlib_s_option_on_share_and_rate(tie: float) -> None:
    made = deal([DateReached(on=AS_OF)], strike_usd=110.0, expiry=END, shares=1.0)
    on = quoted(tie)
    exact = price(made, on, method="closed_form").row("value").value
    years = float(daily_grid(on, END).times[-1])
    assert exact == pytest.approx(quantlib_call(on, 110.0, tie, years), rel=1e-9)
    row = price(made, on, method="monte_carlo", paths=12288, seed=5).row("value")
    assert row.error_note is not None
    assert MOVING in row.error_note
    assert sigmas(row.value, row.standard_error, exact) < MC_SIGMAS
    still = float(call_value(spot=100.0, strike=110.0, volatility=0.25, years=years, rate=0.037, dividend_yield=YIELD))
    assert abs(exact - still) > 0.2 if tie else exact > still
    assert STILL in (price(made, on, method="quantlib").row("value").error_note or "")


@pytest.mark.parametrize("tie", [-0.6, 0.5])
def test_keeping_a_vested_call_is_worth_what_the_path_s_curve_says(tie: float) -> None:
    """`best` sees at vesting what the call will be worth: without dividends nobody exercises before the end."""
    on = quoted(tie, equity={"AMD": {"spot_usd": 100.0, "volatility": 0.25}})
    made = deal([DateReached(on=dt.date(2026, 6, 1))], strike_usd=110.0, expiry=END, shares=1.0, exercise="best")
    held = price(made, on, method="monte_carlo", paths=8192).row("value")
    waited = price(made.evolve(contracts={"warrant": made.contracts["warrant"].evolve(exercise="at_expiry")}), on, method="closed_form")
    assert sigmas(held.value, held.standard_error, waited.row("value").value) < MC_SIGMAS


def test_a_floor_is_cash_on_the_path_s_curve() -> None:
    """A package that cannot vest: the floor is a bond."""
    on = quoted()
    never = [AllOf(legs=(price_leg(1e6), DateReached(on=AS_OF)))]
    floor = ValueFloor(amount_usd=50.0, on=dt.date(2026, 12, 30))
    made = deal(never, strike_usd=0.0, expiry=END, shares=1.0, terms={"floor": floor})
    row = price(made, on, method="monte_carlo", paths=8192).row("value")
    grid = daily_grid(on, END)
    day = int(np.searchsorted(grid.ordinals, floor.on.toordinal()))
    assert row.standard_error > 0.0
    assert sigmas(row.value, row.standard_error, 50.0 * float(grid.discounts[day])) < MC_SIGMAS


def lab_market(tie: float) -> Market:
    rates = {"USD": {"kind": "flat", "rate": 0.04, "volatility": VOLATILITY, "mean_reversion": REVERSION}}
    return staged.market(
        rates=rates, correlation={f"{staged.SHARE}|{RATE}": tie}, milestones={"sites": {"clock_volatility": 0.0}}, credit={},
        share={"volatility": 0.25},
    )  # fmt: skip


@pytest.mark.parametrize("tie", [-0.6, 0.5])
def test_a_note_with_a_cap_is_a_call_on_share_and_rate(tie: float) -> None:
    """Money out on a known day, shares a year later at the lower of the price and the cap: principal and a call, all on moving rates."""
    on = lab_market(tie)
    note = staged.tranche(1.0, price=NextRoundPrice(cap_usd_per_share=100.0, discount=0.0, months=12))
    made = staged.deal(note, credit=False)
    row = price(made, on, method="monte_carlo", paths=16384).row("value")
    run = staged.task(made, on)

    resolved = prepare(run)
    grid, drivers = resolved.drivers.grid, resolved.drivers
    trigger = int(np.searchsorted(grid.times, drivers.clocks[0].planned[0]))
    draw, issue = int(resolved.draw_at[trigger]), int(resolved.tranches[0].convert_at[trigger])
    years = np.array(grid.times[issue])
    volatility = float(drivers.forward_volatility(drivers.share(staged.SHARE), years))
    rate = float(-np.log(grid.discounts[issue]) / years)
    call = float(call_value(spot=1.0, strike=1.0, volatility=volatility, years=years, rate=rate))
    exact = 1000.0 * (float(grid.discounts[issue]) + call - float(grid.discounts[draw]))
    assert sigmas(row.value, row.standard_error, exact) < MC_SIGMAS
    assert row.error_note == MOVING


@given(rate_volatility=st.floats(0.001, 0.03), reversion=st.floats(0.0, 0.5), seed=st.integers(0, 50))
@settings(max_examples=8)
def test_a_safe_loan_that_floats_without_a_spread_is_worth_par_on_every_path(rate_volatility: float, reversion: float, seed: int) -> None:
    on = margins.market().evolve(
        rates={"USD-SOFR": {"kind": "flat", "rate": 0.04, "volatility": rate_volatility, "mean_reversion": reversion}}
    )
    loan = margins.loan(coupon=FloatingCoupon(index="rates:USD-SOFR", spread=0.0), amount_usd=1e6, interest_months=1)

    made = margin_deal(loan)
    task = Task(deal=made, contract_id="loan", contract=made.contracts["loan"], market=on, settings=Settings(paths=1, seed=seed))
    _, run, _ = simulated(task)
    assert np.abs(run.of(loan.lender) / 1e6 - 1.0).max() < 1e-9


def test_a_fixed_safe_loan_is_worth_its_bonds_whatever_rates_do() -> None:
    on = margins.market().evolve(rates={"USD-SOFR": {"kind": "flat", "rate": 0.04, "volatility": 0.03, "mean_reversion": 0.0}})
    made = margins.loan(amount_usd=1e6)

    row = price(margin_deal(made), on, method="simulation", paths=8192).row("value")
    still = price(margin_deal(made), margins.market(), method="simulation", paths=1).row("value")
    assert row.standard_error > 0.0
    assert sigmas(row.value, row.standard_error, still.value) < MC_SIGMAS


def test_a_rate_that_hardly_moves_changes_nothing_and_none_draws_nothing() -> None:
    """The limit, and the off switch: the same bytes as a market that never heard of a volatility."""
    never = market(**{"equity": {"AMD": {"spot_usd": 100.0, "volatility": 0.25, "dividend_yield": YIELD}}})
    still = quoted(0.0, rate_volatility=0.0)
    hardly = quoted(0.5, rate_volatility=1e-10)
    made = deal([price_leg(120.0)], strike_usd=90.0, expiry=END, shares=1.0)
    a, b, c = (price(made, on, method="monte_carlo", paths=1, seed=9).row("value").value for on in (never, still, hardly))
    assert a == b
    assert c == pytest.approx(a, rel=0.2)
    grid = daily_grid(hardly, END)
    drivers = resolve_drivers(hardly, grid, prices=(SHARE,), clocks=(), credits=(), moving_rate=True)
    one = simulate_world(drivers, "pricing", None, 1, 0)
    two = simulate_world(resolve_drivers(still, grid, prices=(SHARE,), clocks=(), credits=(), moving_rate=True), "pricing", None, 1, 0)
    assert one.rates is not None
    assert two.rates is None
    assert np.abs(one.closes[SHARE] / two.closes[SHARE] - 1.0).max() < 1e-8
    assert equity_forward(still, SHARE, 1.0) == equity_forward(hardly, SHARE, 1.0)


@given(
    volatility=st.floats(0.0, 1.0), tie=st.floats(-1.0, 1.0), years=st.floats(0.0, 30.0), own=st.floats(0.0, 0.05), k=st.floats(0.0, 1.0)
)
def test_the_variance_of_a_forward_adds_up_from_above_zero(volatility: float, tie: float, years: float, own: float, k: float) -> None:
    rate = ShortRate(RATE, own, k)
    found = float(rate.forward_variance(volatility, tie, years))
    assert found >= -1e-12
    u = np.linspace(0.0, years, 4001)
    load = rate.loading(u)
    inside = volatility**2 + 2.0 * tie * volatility * own * load + own**2 * load**2
    assert found == pytest.approx(float(np.trapezoid(inside, u)), rel=1e-5, abs=1e-9)
