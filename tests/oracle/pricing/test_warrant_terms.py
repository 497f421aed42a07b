"""Payoffs of warrants against closed forms: early exercise, dilution, floors, forfeiture, ladders, adjustments."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from curves import Market
from instruments import (
    AnyOf,
    DateReached,
    Deal,
    EventHappened,
    Forfeiture,
    MarketCap,
    PricingError,
    ValueFloor,
    Warrant,
    after_special_dividend,
    after_split,
)
from instruments.deal import Milestone, Position
from instruments.ground.errors import TermsError
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL, PV_REL
from pricing import price
from pricing.formulas import call_value, put_value
from tests.warrants import AS_OF, EXPIRY, SHARE, both, deal, ladder_of, market, milestone_leg, price_leg, sigmas

YEARS = (EXPIRY - AS_OF).days / 365
RATE = float(np.log(1.037))  # the market's flat rate is yearly
FREE = DateReached(on=AS_OF)


def terms(of: Deal, **changes: Any) -> Deal:
    warrant = of.contracts["warrant"]
    assert isinstance(warrant, Warrant)
    return of.evolve(contracts={"warrant": warrant.evolve(**changes)})


def worth(of: Deal, on: Market | None = None, method: str | None = "monte_carlo", paths: int = 1) -> tuple[float, float]:
    found = price(of, market() if on is None else on, method=method, measures=["value"], paths=paths)
    return found.value, found.standard_error or 0.0


def close_to(of: Deal, expected: float, on: Market | None = None, paths: int = 16_384) -> None:
    value, error = worth(of, on, paths=paths)
    assert sigmas(value, error, expected) <= MC_SIGMAS, (value, error, expected)


def flat(rate: float = 0.05, **share: float) -> Market:
    return market(rates={"USD": {"kind": "flat", "rate": rate}}, share=share)


def rate_of(on: Market) -> float:
    from curves import discount_curve

    return float(-np.log(discount_curve(on, "rates:USD").discount(np.array([YEARS]))[0]) / YEARS)


def test_a_plain_call_is_black_and_scholes_and_quantlib() -> None:
    on = flat()
    plain = deal([FREE], strike_usd=95.0)
    exact = 10.0 * float(call_value(spot=100.0, strike=95.0, volatility=0.5, years=YEARS, rate=rate_of(on)))
    close_to(plain, exact, on)
    for method in ("closed_form", "quantlib"):
        assert worth(plain, on, method)[0] == pytest.approx(exact, rel=ORACLE_REL)


def test_best_exercise_is_the_call_without_dividends_and_the_share_today_with_them() -> None:
    # without dividends nobody exercises early: vested from the start, the best choice is the European call, known without simulation error
    on = flat()
    exact = 10.0 * float(call_value(spot=100.0, strike=95.0, volatility=0.5, years=YEARS, rate=rate_of(on)))
    best, error = worth(deal([FREE], strike_usd=95.0, exercise="best"), on)
    # the first day is a day away: its spread is the only error left
    assert sigmas(best, error, exact) <= MC_SIGMAS
    assert error < 0.02 * exact
    rich = flat(dividend_yield=0.5)
    for exercise, expected in (("at_vesting", 1000.0), ("best", 1000.0), ("at_expiry", 1000.0 * np.exp(-0.5 * YEARS))):
        value, _ = worth(deal([FREE], exercise=exercise), rich)
        assert value == pytest.approx(expected, rel=0.5 / 365 * 4)  # the first business day is up to three days away


def test_best_exercise_is_never_worth_less_than_either_policy() -> None:
    for yield_ in (0.0, 0.1, 0.4):
        on = flat(dividend_yield=yield_)
        tranches = [price_leg(110.0), price_leg(130.0)]
        values = {e: worth(deal(tranches, strike_usd=60.0, exercise=e), on) for e in ("at_expiry", "at_vesting", "best")}
        for other in ("at_expiry", "at_vesting"):
            assert values["best"][0] >= values[other][0] - MC_SIGMAS * np.hypot(values["best"][1], values[other][1])


def test_whole_shares_lose_the_fraction_and_no_more() -> None:
    net = {"settlement": "net"}
    whole = {"settlement": "net", "whole_shares": True}
    for shares, strike in ((10.0, 30.0), (1e6, 30.0)):
        plain = worth(deal([FREE], shares=shares, strike_usd=strike, terms=net))[0]
        floored = worth(deal([FREE], shares=shares, strike_usd=strike, terms=whole))[0]
        # at most one share of each tranche goes, at today's price
        assert plain - 100.0 <= floored < plain
    gross = worth(deal([FREE], strike_usd=30.0))
    assert worth(deal([FREE], strike_usd=30.0, terms=net)) == gross


def diluted(count: float = 100.0, **share: float) -> Market:
    return flat(shares_outstanding=count, **share)


def test_dilution_of_firm_value_is_the_textbook_warrant() -> None:
    # w shares at K on N: each is worth N/(N+w) of a call on firm value per share
    on = diluted(40.0)
    call = float(call_value(spot=100.0, strike=80.0, volatility=0.5, years=YEARS, rate=rate_of(on)))
    close_to(deal([FREE], strike_usd=80.0, terms={"dilution": "after_vesting"}), 10.0 * 40.0 / 50.0 * call, on)
    penny, _ = worth(deal([FREE], terms={"dilution": "after_vesting"}), on)
    assert penny == pytest.approx(10.0 * 100.0 * 40.0 / 50.0, rel=PV_REL)


def test_dilution_is_the_same_for_gross_and_net_settlement() -> None:
    on = diluted(40.0)
    values = {
        settlement: worth(deal(ladder_of(), strike_usd=50.0, terms={"dilution": "after_vesting", "settlement": settlement}), on)
        for settlement in ("gross", "net")
    }
    assert values["gross"] == values["net"]


def test_dilution_lowers_hurdles_reached_and_vanishes_with_the_count() -> None:
    tranches = [price_leg(103.0), price_leg(110.0), price_leg(120.0)]
    plain = worth(deal(tranches))[0]
    heavy = worth(deal(tranches, terms={"dilution": "after_vesting"}), diluted(60.0))[0]
    light = worth(deal(tranches, terms={"dilution": "after_vesting"}), diluted(1e12))[0]
    undiluted_general = worth(deal([AnyOf(legs=(t,)) for t in tranches]), diluted(1e12))[0]
    assert heavy < 0.95 * plain
    assert light == pytest.approx(undiluted_general, rel=1e-9)


def test_a_same_day_hurdle_without_a_consistent_state_is_an_error_that_says_so() -> None:
    with pytest.raises(PricingError) as refused:
        worth(deal([price_leg(110.0)], terms={"dilution": "same_day"}), diluted(100.0))
    text = str(refused.value.problems[0])
    assert "no consistent state on 20" in text
    assert "after_vesting" in text
    # with nothing that vesting could break, the very same rule is fine
    fine = worth(deal([FREE], terms={"dilution": "same_day"}), diluted(40.0))[0]
    assert fine == pytest.approx(10.0 * 100.0 * 40.0 / 50.0, rel=PV_REL)


def test_dilution_needs_a_share_count() -> None:
    with pytest.raises(Exception, match="dilution needs a share count"):
        worth(deal([FREE], terms={"dilution": "after_vesting"}))


FLOOR_DAY = dt.date(2026, 2, 2)


def test_a_floor_adds_a_put_on_the_package() -> None:
    on = flat()
    floor = ValueFloor(amount_usd=1100.0, on=FLOOR_DAY)
    years = (FLOOR_DAY - AS_OF).days / 365
    put = 10.0 * float(put_value(spot=100.0, strike=110.0, volatility=0.5, years=years, rate=rate_of(on)))
    of = deal([FREE], terms={"floor": floor})
    close_to(of, 1000.0 + put, on)
    beside = price(of, on, method="quantlib")
    assert beside.value == pytest.approx(1000.0 + put, rel=1e-9)  # QuantLib's payoff has a strike of 1e-12
    parts = price(of, on, method="monte_carlo", paths=1)
    assert parts.row("value", part="value floor").value == pytest.approx(put, rel=0.05)
    assert parts.row("value", part="value floor", party="vendor").value == pytest.approx(
        -(parts.row("value", part="value floor").value or 0)
    )


def test_a_floor_with_a_strike_is_a_spread_of_calls() -> None:
    on, years = flat(), (FLOOR_DAY - AS_OF).days / 365
    of = deal([FREE], strike_usd=40.0, terms={"floor": ValueFloor(amount_usd=800.0, on=FLOOR_DAY)})
    calls = [float(call_value(spot=100.0, strike=k, volatility=0.5, years=years, rate=rate_of(on))) for k in (40.0, 120.0)]
    top_up = 800.0 * np.exp(-rate_of(on) * years) - 10.0 * (calls[0] - calls[1])
    found = price(of, on, method="monte_carlo", paths=16_384).row("value", part="value floor")
    assert sigmas(found.value or 0.0, found.standard_error or 0.0, top_up) <= MC_SIGMAS


def test_a_floor_is_owed_only_on_its_condition() -> None:
    floor = ValueFloor(amount_usd=1100.0, on=FLOOR_DAY, condition=milestone_leg(1.0))
    never = floor.evolve(condition=price_leg(1e6))
    open_, conditional, void = (
        price(deal([FREE], terms={"floor": each}), market(), method="monte_carlo", paths=1).row("value", part="value floor").value or 0.0
        for each in (floor.evolve(condition=None), floor, never)
    )
    assert void == 0.0
    assert 0.8 * open_ < conditional < open_  # planned two months before the floor's date, with a quarter of root-year noise


def test_forfeiture_by_default_is_survival_for_a_share_independent_of_it() -> None:
    hazard = 0.6
    on = market(credit={"BUY": {"kind": "hazard", "hazard": hazard}})
    lost = EventHappened(event="default", party="buyer")
    of = deal([DateReached(on=EXPIRY)], buyer=True, terms={"forfeiture": Forfeiture(when=lost)})
    close_to(of, 1000.0 * np.exp(-hazard * YEARS), on)
    # vested on the first day: the unvested rule takes nothing, the other takes what is not exercised yet
    kept = terms(deal([FREE], buyer=True), forfeiture=Forfeiture(when=lost))
    assert worth(kept, on)[0] == pytest.approx(1000.0, rel=0.01)
    close_to(terms(kept, forfeiture=Forfeiture(when=lost, takes="unexercised")), 1000.0 * np.exp(-hazard * YEARS), on)


def test_events_of_the_market_end_a_warrant() -> None:
    gone = Forfeiture(when=EventHappened(event="change_of_control", party="vendor"))
    of = deal([DateReached(on=EXPIRY)], terms={"forfeiture": gone})
    on = market(events={"change_of_control:vendor": {"hazard": 0.8}})
    close_to(of, 1000.0 * np.exp(-0.8 * YEARS), on)
    with pytest.raises(PricingError, match=r"events\.change_of_control:vendor"):
        worth(of)
    none = market(events={"change_of_control:vendor": {"hazard": 0.0}})
    assert worth(of, none)[0] == pytest.approx(1000.0, rel=PV_REL)


def test_a_market_cap_target_is_the_price_target_on_every_method() -> None:
    on = market(share={"shares_outstanding": 2e6})
    cap = deal([MarketCap(of=SHARE, at_least=260e6, observation=price_leg(1.0, days="touch").observation)])
    touch = deal([price_leg(130.0, days="touch")])
    for method in ("closed_form", "quantlib", "monte_carlo"):
        assert worth(cap, on, method) == worth(touch, on, method)


def test_hundreds_of_tranches_cost_no_more_paths_and_add_up() -> None:
    count = 240
    plan = {dt.date(2025, 10, 20) + dt.timedelta(days=2 * k // 3): float(k + 1) for k in range(0, count, 3)}
    stones = {"deliveries": Milestone(unit="bn", plan=plan)}
    fine = deal([milestone_leg(min(k + 1.0, max(plan.values()))) for k in range(count)], shares=1.0, milestones=stones, strike_usd=50.0)
    value, error = worth(fine)
    found = price(fine, market(), method="monte_carlo", measures=["value"], paths=1)
    assert sum(row.value or 0.0 for row in found.rows if row.part and row.party == "buyer") == pytest.approx(value, rel=1e-9)
    assert error < 0.01 * value


def test_a_split_changes_nothing_but_the_numbers() -> None:
    on, after = market(share={"shares_outstanding": 100.0}), market(share={"spot_usd": 25.0, "shares_outstanding": 400.0})
    for conditions, more in (
        (ladder_of(5), {}),
        ([MarketCap(of=SHARE, at_least=11_000.0)], {}),
        ([both(110.0, 1.0)], {"dilution": "after_vesting"}),
    ):
        of = deal(conditions, strike_usd=20.0, terms=more)
        split = of.evolve(contracts={"warrant": after_split(of.contracts["warrant"], 4.0)})  # type: ignore[arg-type]
        assert split.contracts["warrant"].shares == 40.0 * len(conditions)  # type: ignore[union-attr]
        assert worth(split, after)[0] == pytest.approx(worth(of, on)[0], rel=1e-9)


def test_a_special_dividend_keeps_the_value_at_the_price_without_it() -> None:
    of = deal(ladder_of(), strike_usd=20.0)
    adjusted = after_special_dividend(of.contracts["warrant"], dividend_usd=10.0, close_before_usd=100.0)  # type: ignore[arg-type]
    assert adjusted.strike_usd == pytest.approx(18.0)
    assert worth(of.evolve(contracts={"warrant": adjusted}), market(share={"spot_usd": 90.0}))[0] == pytest.approx(worth(of)[0], rel=1e-9)


def test_a_lapsed_leg_takes_its_tranche() -> None:
    from instruments import WarrantPosition

    position = Position(contracts={"warrant": WarrantPosition(lapsed=("0.legs.1",))})
    of = deal([both(110.0, 1.0), both(110.0, 1.0)], position=position)
    found = price(of, market(), method="monte_carlo", paths=1)
    assert found.row("value", part="tranche 1").value == 0.0
    assert (found.row("value", part="tranche 2").value or 0.0) > 100.0
    for method in ("closed_form", "quantlib"):
        with pytest.raises(PricingError, match="can come true no more"):
            worth(of, method=method)


def test_a_repeated_tranche_is_its_repeats_and_accrues_between_the_dates_of_its_plan() -> None:
    from instruments import Repeat, Tranche

    stones = {"deliveries": Milestone(unit="bn", plan={dt.date(2026, 3, 2): 3.0}, accrues_from=AS_OF)}
    dense = {AS_OF + (dt.date(2026, 3, 2) - AS_OF) * k / 6: k / 2 for k in range(1, 7)}
    of = deal([milestone_leg(0.5)], shares=60.0, milestones=stones, strike_usd=50.0)
    short = terms(of, tranches=(Tranche(shares=60.0, condition=milestone_leg(0.5), repeat=Repeat(count=6, level_step=0.5)),))
    long = deal(
        [milestone_leg(k / 2) for k in range(1, 7)],
        shares=10.0,
        milestones={"deliveries": Milestone(unit="bn", plan=dense)},
        strike_usd=50.0,
    )
    assert [tranche.condition.at_least for tranche in short.contracts["warrant"].every_tranche] == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]  # type: ignore[union-attr]
    assert worth(short) == worth(long)
    assert worth(short)[0] > worth(of.evolve(milestones={"deliveries": Milestone(unit="bn", plan={dt.date(2026, 3, 2): 3.0})}))[0]


def test_only_a_rising_level_can_be_repeated() -> None:

    from instruments import Repeat, Tranche

    with pytest.raises(TermsError, match="needs one milestone leg"):
        Tranche(shares=1.0, condition=price_leg(100.0), repeat=Repeat(count=2, level_step=1.0))


def test_a_gate_outside_the_file_takes_its_share_of_every_method() -> None:
    for method in ("monte_carlo", "closed_form", "quantlib"):
        whole, part = (worth(deal([price_leg(130.0, days="touch")], terms={"gate_odds": odds}), method=method)[0] for odds in (1.0, 0.8))
        assert part == pytest.approx(0.8 * whole, rel=PV_REL)
    assert worth(deal([FREE], terms={"gate_odds": 0.0}))[0] == 0.0


def test_any_path_of_a_price_tells_what_it_compared_and_when_it_turned() -> None:
    from instruments import WarrantPosition
    from pricing import simulate_paths, turns, verdicts, watch_paths
    from pricing.conditions import vesting_day

    of = deal([both(110.0, 1.0, days=5)], position=Position(contracts={"warrant": WarrantPosition(latched=("0.legs.0",))}))
    watch = watch_paths(of, market(), "warrant", seed=3)
    np.testing.assert_array_equal(watch.world.closes[SHARE], simulate_paths(of, market(), "warrant", seed=3).closes[SHARE])
    condition = of.contracts["warrant"].tranches[0].condition  # type: ignore[union-attr]
    vest = vesting_day(condition, watch, "0")
    path = int(np.argmax((vest > 5) & (vest < watch.world.grid.size)))
    listed = verdicts(condition, watch, path, place="0")
    assert [(v.leg, v.holds) for v in turns(listed)[:2]] == [("legs.0", True), ("legs.1", False)]
    turned = next(v for v in turns(listed) if v.leg == "legs.1" and v.holds)
    assert turned.date == watch.world.grid.dates[int(vest[path])]
    day = int(vest[path])
    assert turned.tested == pytest.approx(float(watch.world.closes[SHARE][day - 4 : day + 1, path].mean()), rel=PV_REL)
    assert turned.tested >= turned.threshold == 110.0
