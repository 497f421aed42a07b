"""Laws of staged equity on drawn deals and markets: the shipped ones, and those that exact numbers can keep to the last digit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from curves import Market
from instruments import Deal, FixedAmount, MarketPrice, StagedEquity, StopRight, UsdPerUnit, deal_from_text, dumps_json
from instruments.contracts.staged import stages_of
from instruments.ground.tolerances import MC_SIGMAS
from pricing.engines import staged_simulation
from pricing.laws import staged
from pricing.registry import Settings, find_engine
from pricing.strategies import staged_deals, staged_markets
from tests.staged import deal as small, market, task, tranche

ROOM = 1e-9 * 3000.0
"""Rounding of sums of amounts."""
EXAMPLES = 8
"""Simulated deals per law: each costs a block of paths."""


def within(law: staged.Law, deal: Deal) -> Deal:
    """The deal brought into the domain of a law."""
    stake = deal.contracts["stake"]
    assert isinstance(stake, StagedEquity)
    changes: dict[str, object] = {}
    if law.name in ("stop_options", "own_right"):
        changes = {"investor_stop": StopRight(tolerance=0.1), "issuer_stop": StopRight(tolerance=0.4)}
        changes["tranches"] = tuple(
            t.evolve(price=MarketPrice(discount=0.1)) if t.price.kind == "next_round" else t for t in stake.tranches
        )
    if law.name == "staged_scales":
        plain = (t.evolve(amount=FixedAmount(usd=500.0)) for t in stake.tranches)
        changes["tranches"] = tuple(t.evolve(price=t.price.evolve(round_usd=None)) if t.price.kind == "fixed_price" else t for t in plain)
    return deal.evolve(contracts={"stake": stake.evolve(**changes)})


@pytest.mark.parametrize("law", staged.LAWS, ids=lambda law: law.name)
def test_shipped_laws_hold(law: staged.Law) -> None:
    @settings(max_examples=EXAMPLES)
    @given(staged_deals().map(lambda deal: within(law, deal)), staged_markets(correlated=True))
    def holds(deal: Deal, market: Market) -> None:
        assert law.applies(deal)
        assert law.check(deal, market, Settings(paths=1, threads=1)) is None

    holds()


def exact(deal: Deal, market: Market, **changes: object) -> dict[str, float]:
    stake = deal.contracts["stake"]
    assert isinstance(stake, StagedEquity)
    changed = deal.evolve(contracts={"stake": stake.evolve(**changes)})
    rows = find_engine(StagedEquity, "closed_form").engine(task(changed, market)).rows
    found = {row.measure: row.value or 0.0 for row in rows if row.part is None and row.party == "maker"}
    return found | {row.measure: row.value or 0.0 for row in rows if row.part is None and row.measure == "issuer_stop_option"}


PLAIN = staged_deals(options_on_options=False)


@given(PLAIN, staged_markets())
def test_numbers_stand_in_their_order(deal: Deal, market: Market) -> None:
    found = exact(deal, market)
    assert -ROOM <= found["drawn"] <= found["expected"] + ROOM <= found["headline"] + 2 * ROOM
    assert found["firm"] <= found["headline"]
    assert min(found["investor_stop_option"], found["issuer_stop_option"]) >= -ROOM


@given(PLAIN, staged_markets(), st.sampled_from([0.0, 0.2, 0.5]))
def test_more_tolerance_is_never_worth_more_to_who_has_it(deal: Deal, market: Market, tolerance: float) -> None:
    strict, mild = (exact(deal, market, investor_stop=StopRight(tolerance=each)) for each in (tolerance, tolerance + 0.3))
    assert strict["value"] >= mild["value"] - ROOM
    strict, mild = (exact(deal, market, issuer_stop=StopRight(tolerance=each)) for each in (tolerance, tolerance + 0.3))
    assert strict["value"] <= mild["value"] + ROOM


@given(PLAIN, staged_markets())
def test_an_option_is_the_value_with_it_less_the_value_without(deal: Deal, market: Market) -> None:
    found = exact(deal, market)
    assert found["investor_stop_option"] == pytest.approx(found["value"] - exact(deal, market, investor_stop=None)["value"], abs=ROOM)
    assert found["issuer_stop_option"] == pytest.approx(exact(deal, market, issuer_stop=None)["value"] - found["value"], abs=ROOM)


@settings(max_examples=EXAMPLES)
@given(PLAIN, staged_markets())
def test_simulation_and_closed_form_agree(deal: Deal, market: Market) -> None:
    simulated = find_engine(StagedEquity, "monte_carlo").engine(task(deal, market))
    expected = exact(deal, market)
    for row in simulated.rows:
        if row.part is None and row.party == "maker" and row.measure in ("value", "expected", "investor_stop_option"):
            # a rare path may be missing: 3,000 USD twice on one path in 4,096
            room = (MC_SIGMAS + 1.0) * (row.standard_error or 0.0) + 2.0 * 3000.0 * MC_SIGMAS / 4096.0
            assert row.value == pytest.approx(expected[row.measure], abs=room), row.measure


@given(PLAIN, staged_markets())
def test_json_out_and_in_prices_the_same(deal: Deal, market: Market) -> None:
    again = deal_from_text(dumps_json(deal), language="json")
    assert again == deal
    assert exact(again, market) == exact(deal, market)


@given(PLAIN, staged_markets(), st.sampled_from([0.5, 2.0]))
def test_amounts_follow_the_price_per_unit(deal: Deal, market: Market, scale: float) -> None:
    """A share of the price moves with it, a sum per unit does not; only amounts move, not odds."""
    sites = deal.milestones["sites"]
    moved = deal.evolve(milestones={"sites": sites.evolve(price_per_unit_usd=scale * (sites.price_per_unit_usd or 0.0))})
    for before, after, terms in zip(staged_amounts(deal), staged_amounts(moved), deal.contracts["stake"].tranches, strict=True):  # type: ignore[union-attr]
        follows = terms.amount.kind == "units" and not isinstance(terms.amount.per_unit, UsdPerUnit)
        assert after == pytest.approx(before * (scale if follows else 1.0))
    assert exact(moved, market)["headline"] == pytest.approx(sum(staged_amounts(moved)))


def staged_amounts(deal: Deal) -> list[float]:
    stake = deal.contracts["stake"]
    assert isinstance(stake, StagedEquity)
    return [stage.amount_usd for stage in stages_of(stake, deal.milestones)]


def test_a_broken_claim_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The claims law can fail: money that is put off for ever is found."""
    real = staged_simulation.staged_postings
    monkeypatch.setattr(staged_simulation, "staged_postings", lambda *arguments: real(*arguments) + 1.0)
    law = next(law for law in staged.LAWS if law.name == "staged_claims")
    assert law.check(small(tranche(1.0)), market(), Settings(paths=1, threads=1)) is not None
