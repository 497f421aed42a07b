"""Limits of staged equity: certain milestones, no volatility, certain default, everything drawn; and the pieces by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from curves import Market
from instruments import (
    DateReached,
    Deal,
    FixedPrice,
    MarketPrice,
    ShareOfPrice,
    StagedEquity,
    StagedPosition,
    StopRight,
    UnitsAmount,
)
from pricing import price
from pricing.formulas import gap_claim_odds, gap_claim_value
from pricing.formulas.staged import UNBOUNDED
from pricing.registry import find_engine
from pricing.results import Row
from tests.staged import deal, market, task, tranche

METHODS = ("monte_carlo", "closed_form")
CERTAIN = {"milestones": {"sites": {"clock_volatility": 0.0}}, "credit": {"LAB": {"kind": "hazard", "hazard": 0.0}}}


def figures(made: Deal, at: Market, method: str, part: str | None = None) -> dict[str, float]:
    rows: tuple[Row, ...] = find_engine(StagedEquity, method).engine(task(made, at)).rows
    return {row.measure: row.value or 0.0 for row in reversed(rows) if row.part == part and row.probability in (None, "pricing")}


@pytest.mark.parametrize("method", METHODS)
def test_a_certain_milestone_is_a_date(method: str) -> None:
    on_a_date = deal(tranche(condition=DateReached(on=dt.date(2026, 3, 31))), investor_stop=StopRight())
    by_plan = deal(tranche(1.0), investor_stop=StopRight())
    at = market(**CERTAIN)
    planned, dated = figures(by_plan, at, method), figures(on_a_date, at, method)
    assert {name: planned[name] for name in dated} == pytest.approx(dated, rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("spot", "drawn"), [(150.0, True), (90.0, False)])
def test_without_volatility_everything_is_known(method: str, spot: float, drawn: bool) -> None:
    made = deal(tranche(condition=DateReached(on=dt.date(2026, 3, 31))), investor_stop=StopRight(), credit=False)
    at = market(share={"volatility": 0.0, "spot_usd": spot}, rates={"USD": {"kind": "flat", "rate": 0.0}})
    found = figures(made, at, method)
    assert found["expected"] == (1000.0 if drawn else 0.0)
    assert found["value"] == pytest.approx(1000.0 * (spot / 100.0 - 1.0) if drawn else 0.0, abs=1e-9)
    assert found["investor_stop_option"] == pytest.approx(0.0 if drawn else 100.0, abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_certain_default_leaves_nothing_but_what_was_drawn(method: str) -> None:
    made = deal(tranche(1.0), tranche(2.0), drawn=StagedPosition(drawn_usd=(300.0, 0.0)))
    found = figures(made, market(credit={"LAB": {"kind": "hazard", "hazard": 1000.0}}), method)
    assert found["value"] == pytest.approx(0.0, abs=1e-9)
    assert found["expected"] == pytest.approx(300.0, abs=1e-6)
    assert (found["headline"], found["drawn"]) == (2000.0, 300.0)


@pytest.mark.parametrize("method", METHODS)
def test_everything_drawn_is_worth_nothing_more(method: str) -> None:
    made = deal(tranche(1.0), drawn=StagedPosition(drawn_usd=(1000.0,), drawn_shares=(10.0,)), reached=1.0)
    found = figures(made, market(), method)
    assert found["headline"] == found["expected"] == found["drawn"] == 1000.0
    assert found["value"] == found["investor_stop_option"] == 0.0
    assert found["dilution_expected"] == pytest.approx(0.01)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_reached_and_not_drawn_is_drawn_next(method: str) -> None:
    found = figures(deal(tranche(1.0), credit=False, reached=1.0), market(), method, "tranche 1")
    assert found["draw_probability"] == 1.0
    assert found["draw_time"] == pytest.approx(8 / 365)


@pytest.mark.parametrize("method", METHODS)
def test_the_price_of_the_day_is_worth_its_discount(method: str) -> None:
    made = deal(tranche(condition=DateReached(on=dt.date(2026, 3, 31)), price=MarketPrice(discount=0.2)), credit=False)
    years = (dt.date(2026, 3, 31) - dt.date(2025, 9, 22)).days / 365.0
    assert figures(made, market(), method)["value"] == pytest.approx(1000.0 * 0.25 * np.exp(-0.04 * years), rel=1e-4)
    fair = made.evolve(contracts={"stake": deal(tranche(1.0, price=MarketPrice())).contracts["stake"]})
    assert figures(fair, market(), method)["value"] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_a_letter_that_either_side_may_stop_without_loss_is_worth_nothing(method: str) -> None:
    made = deal(tranche(1.0, standing="non_binding"), investor_stop=StopRight(), issuer_stop=StopRight())
    found = figures(made, market(), method)
    assert found["value"] == pytest.approx(0.0, abs=1e-9)
    assert found["expected"] == pytest.approx(0.0, abs=1e-6)
    assert found["headline"] == 1000.0


def test_firm_tranches_cannot_be_stopped() -> None:
    dated = DateReached(on=dt.date(2026, 3, 31))
    made = deal(tranche(condition=dated, standing="firm"), tranche(condition=dated), investor_stop=StopRight(), credit=False)
    first, second = (figures(made, market(), "closed_form", f"tranche {n}") for n in (1, 2))
    assert (first["firm"], second["firm"]) == (1000.0, 0.0)
    assert first["expected"] == pytest.approx(1000.0)
    assert second["expected"] < 900.0
    assert first["investor_stop_option"] == 0.0


def test_part_of_a_unit_that_the_vendor_pays_for() -> None:
    units = UnitsAmount(milestone="sites", units=1.0, per_unit=ShareOfPrice(share=0.2))
    found = figures(deal(tranche(amount=units), price_per_unit_usd=3500.0), market(), "closed_form")
    assert found["financed_per_unit"] == pytest.approx(700.0)
    assert found["financed_share"] == pytest.approx(0.2)
    assert found["share_of_hardware"] == pytest.approx(-found["value"] / 3500.0)


def test_new_shares_have_their_part_in_the_round() -> None:
    """Worth of 1,000 USD at half price in a round of 5,000: 20 shares of (1,000 shares x 100 + 5,000) / (1,000 + 100) each."""
    dated = DateReached(on=dt.date(2025, 9, 30))
    made = deal(tranche(condition=dated, price=FixedPrice(usd_per_share=50.0, round_usd=5000.0)), credit=False)
    at = market(share={"volatility": 0.0}, rates={"USD": {"kind": "flat", "rate": 0.0}})
    assert figures(made, at, "closed_form")["value"] == pytest.approx(20.0 * 105_000.0 / 1100.0 - 1000.0, rel=1e-12)


def test_limits_of_the_gap_formula() -> None:
    def both(**changes: Any) -> tuple[float, float]:
        terms: dict[str, Any] = {"forward": 1.2, "variance": 0.0, "low": 1.0, "high": 1.5, "floor": 0.0} | changes
        return float(gap_claim_value(**terms)), float(gap_claim_odds(**terms))

    assert both() == (pytest.approx(0.2), 1.0)
    assert both(low=1.3) == (0.0, 0.0)
    assert both(high=1.1) == (0.0, 0.0)
    assert both(low=1.2, high=1.2) == (pytest.approx(0.2), 1.0)
    assert both(floor=1.6) == (0.0, 0.0)
    assert both(floor=1.4) == (pytest.approx(0.4), 1.0)
    assert both(low=2.0, high=1.0, variance=0.3) == (0.0, 0.0)
    value, odds = both(low=-1.0, high=UNBOUNDED, variance=0.3)
    assert (value, odds) == (pytest.approx(0.2), pytest.approx(1.0))


def test_an_issuer_without_credit_is_said() -> None:
    found = price(deal(tranche(1.0), credit=False), market(), paths=1, method="monte_carlo")
    assert any("no default ends the draws" in warning for warning in found.warnings)


def test_real_world_odds_only_with_their_block() -> None:
    made = deal(tranche(1.0), investor_stop=StopRight())
    assert not [row for row in price(made, market(), paths=1).rows if row.probability == "real_world"]
    at = market(real_world={"equity_drift": {"LAB": 0.3}})
    rows = {row.probability: row for row in price(made, at, paths=1).rows if row.measure == "draw_probability"}
    assert (rows["real_world"].value or 0.0) > (rows["pricing"].value or 0.0)  # a share that rises is bought more often


def test_the_same_bytes_for_any_number_of_threads_and_another_seed_moves_them() -> None:
    made = deal(tranche(1.0), tranche(2.0), investor_stop=StopRight(tolerance=0.2))
    texts = {price(made, market(), paths=3 * 4096, threads=threads).to_json() for threads in (1, 2, 3)}
    assert len(texts) == 1
    assert price(made, market(), paths=3 * 4096, seed=1).to_json() not in texts
