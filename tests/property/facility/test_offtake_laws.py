"""Laws of stand-alone offtakes over random deals and markets, each with its domain."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from hypothesis import assume, given, settings, strategies as st

from curves import Market
from instruments import Deal, Offtake, deal_from_text, dumps_json
from instruments.ground.tolerances import PV_REL
from pricing.engines.offtake_run import set_up_offtake
from pricing.laws import offtake as laws
from pricing.ledger.offtake import offtake_ledger
from pricing.mechanics.offtake_leaving import decide, foresight
from pricing.mechanics.offtake_settlement import Settled, nobody, settle
from pricing.mechanics.offtake_world import OfftakeWorld, offtake_world
from pricing.registry import Settings
from pricing.schedules.offtake import NEVER_ROW, OfftakePlan, firm_usd
from pricing.strategies import offtake_deals, offtake_markets
from tests.offtakes import deal, market, thin_rent

DEALS, MARKETS = offtake_deals(), offtake_markets()
HOW = Settings(paths=1)


def changed(given_deal: Deal, **terms: Any) -> Deal:
    offtake = given_deal.contracts["offtake"]
    return given_deal.evolve(contracts={"offtake": offtake.evolve(**terms)})


def terms_of(given_deal: Deal) -> Offtake:
    offtake = given_deal.contracts["offtake"]
    assert isinstance(offtake, Offtake)
    return offtake


def firm(given_deal: Deal, on: Market) -> float:
    return firm_usd(set_up_offtake(given_deal, "offtake", on).plan)[0]


def block(given_deal: Deal, on: Market) -> tuple[OfftakePlan, OfftakeWorld, Settled]:
    setup = set_up_offtake(given_deal, "offtake", on)
    world = offtake_world(setup.model, 0, 0)
    found = decide(setup.plan, world, setup.fitted(0, 1, only_used=True)).notices
    return setup.plan, world, settle(setup.plan, world, found["customer"], found["provider"])


@settings(max_examples=20)
@given(DEALS, MARKETS)
def test_the_shipped_laws_hold(given_deal: Deal, on: Market) -> None:
    for law in laws.LAWS:
        assert law.check(given_deal, on, HOW) is None


@settings(max_examples=15)
@given(DEALS, MARKETS)
def test_credits_and_prepayment_never_take_more_than_the_rent(given_deal: Deal, on: Market) -> None:
    plan, _, found = block(given_deal, on)
    assert (found.rent_paid - found.credits - found.burned).min() >= -PV_REL * plan.full_rent_usd.sum()


@settings(max_examples=25)
@given(DEALS, MARKETS, st.sampled_from([1, 30, 200]))
def test_a_longer_notice_never_lowers_firm(given_deal: Deal, on: Market, days: int) -> None:
    right = terms_of(given_deal).customer_may_leave
    assume(right is not None)
    assert right is not None
    longer = changed(given_deal, customer_may_leave=right.evolve(notice_days=right.notice_days + days))
    before = firm(given_deal, on)
    assert firm(longer, on) >= before - PV_REL * max(before, 1.0)


@settings(max_examples=25)
@given(DEALS, MARKETS)
def test_an_added_right_of_the_customer_never_raises_firm_and_the_providers_never_moves_it(given_deal: Deal, on: Market) -> None:
    bound = changed(given_deal, customer_may_leave=None)
    assert firm(given_deal, on) <= firm(bound, on) * (1.0 + PV_REL)
    assert firm(changed(given_deal, provider_may_leave=None), on) == firm(given_deal, on)


@settings(max_examples=10)
@given(st.sampled_from([2.0, 3.0, 5.0]), st.sampled_from(["economic", "optimal", "first_date"]), st.sampled_from([0, 45, 90]))
def test_what_the_customer_saves_the_provider_loses(price: float, exercise: str, days: int) -> None:
    """Domain: nobody defaults, nothing is prepaid, no cost of leaving, every hour is let again at once at the rent of the day."""
    right = {"first_notice": dt.date(2026, 6, 30), "notice_days": days, "exercise": exercise}
    given_deal = deal(
        price_usd_per_hour=price,
        customer_may_leave=right,
        after_default={"relet_months": 0, "relet_utilisation": 1.0},
        parties={"cloud": {}, "payer": {}, "maker": {}},
    )
    setup = set_up_offtake(given_deal, "offtake", market())
    world = offtake_world(setup.model, 0, 0)
    found = decide(setup.plan, world, setup.fitted(0, 1, only_used=True))
    left = settle(setup.plan, world, found.notices["customer"], found.notices["provider"])

    def to_provider(settled: Settled) -> np.ndarray:
        return np.einsum("t,tp->p", setup.plan.discount, settled.from_customer() + settled.relet)

    assert found.stay is not None
    gap = to_provider(found.stay) - to_provider(left) - found.saved["customer"]
    assert np.abs(gap).max() <= PV_REL * setup.plan.full_rent_usd.sum()
    # so the best use of an added right never raises what the contract is worth to the provider
    assert foresight(found.choices["customer"], gap.size).min() >= 0.0


@settings(max_examples=10)
@given(DEALS, MARKETS, st.sampled_from([0.5, 4.0]))
def test_twice_the_units_twice_the_money(given_deal: Deal, on: Market, factor: float) -> None:
    """Domain: no amount of the terms is in dollars but the rents."""
    assume(
        all(
            r is None or not r.termination.schedule_usd
            for r in (terms_of(given_deal).customer_may_leave, terms_of(given_deal).provider_may_leave)
        )
    )
    fleet = given_deal.assets["fleet"]
    cohorts = tuple(c.evolve(units=c.units * factor) for c in fleet.cohorts)
    ramp = {date: units * factor for date, units in terms_of(given_deal).capacity_units.items()}
    larger = given_deal.evolve(
        assets={"fleet": fleet.evolve(cohorts=cohorts)}, contracts={"offtake": terms_of(given_deal).evolve(capacity_units=ramp)}
    )
    small, large = block(given_deal, on), block(larger, on)
    scale = small[0].full_rent_usd.sum() * max(factor, 1.0)
    difference = offtake_ledger(large[0], large[2]) - factor * offtake_ledger(small[0], small[2])
    # a rule at the very edge may fall the other way by rounding: such paths are counted, not compared
    moved = (np.abs(difference).max(axis=(0, 1)) > PV_REL * scale).mean()
    assert moved <= 1e-3


@settings(max_examples=10)
@given(DEALS, MARKETS)
def test_json_out_and_in_gives_the_same_ledger(given_deal: Deal, on: Market) -> None:
    again = deal_from_text(dumps_json(given_deal), language="json")
    first, second = block(given_deal, on), block(again, on)
    assert np.array_equal(offtake_ledger(first[0], first[2]), offtake_ledger(second[0], second[2]))


@settings(max_examples=10)
@given(DEALS, MARKETS, st.integers(1, 11))
def test_what_comes_later_changes_no_decision_before(given_deal: Deal, on: Market, known: int) -> None:
    setup = set_up_offtake(given_deal, "offtake", on)
    fitted = setup.fitted(0, 1, only_used=True)
    one, other = offtake_world(setup.model, 0, 0), offtake_world(setup.model, 0, 1)

    def later(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where(a <= known, a, np.where(b > known, b, NEVER_ROW))

    rows = np.arange(len(setup.plan.dates))[:, None] <= known
    mixed = one._replace(
        rent=type(one.rent)(
            one.rent.curve, one.rent.years, one.rent.forward, np.where(rows, one.rent.short, other.rent.short),
            np.where(rows, one.rent.long, other.rent.long), one.rent.launched, one.rent.jumps,
        ),
        spot=np.where(rows, one.spot, other.spot),
        customer=later(one.customer, other.customer),
        operator=later(one.operator, other.operator),
        outages=np.where(rows, one.outages, 0),
    )  # fmt: skip
    before, after = (decide(setup.plan, world, fitted).notices for world in (one, mixed))
    for side in before:
        seen = (before[side] <= known) | (after[side] <= known)
        assert np.array_equal(before[side][seen], after[side][seen])


@settings(max_examples=15)
@given(DEALS, MARKETS)
def test_paths_do_not_see_each_other(given_deal: Deal, on: Market) -> None:
    setup = set_up_offtake(given_deal, "offtake", on)
    world = offtake_world(setup.model, 0, 0)
    paths = world.spot.shape[1]
    found = settle(setup.plan, world, nobody(paths), nobody(paths))
    half = OfftakeWorld(
        rent=world.rent,
        spot=world.spot[:, :7],
        customer=world.customer[:7],
        operator=world.operator[:7],
        substituted=world.substituted[:7],
        delay=world.delay[:, :7],
        outages=world.outages[:, :7],
        stays=world.stays[:7],
    )
    alone = settle(setup.plan, half, nobody(7), nobody(7))
    assert all(np.array_equal(a, b[:, :7]) for a, b in zip(alone, found, strict=True))


def test_more_volatility_of_rents_never_lowers_a_best_single_date() -> None:
    right = {"first_notice": dt.date(2026, 9, 30), "last_notice": dt.date(2026, 9, 30)}
    given_deal = deal(customer_may_leave=right, parties={"cloud": {}, "payer": {}, "maker": {}})
    worth = []
    for volatility in (0.0, 0.2, 0.6):
        setup = set_up_offtake(given_deal, "offtake", market(rent=thin_rent(volatility=volatility)))
        world = offtake_world(setup.model, 0, 0)
        worth.append(float(decide(setup.plan, world, {}).saved["customer"].mean()))
    assert worth[0] < worth[1] < worth[2]
