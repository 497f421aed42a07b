from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from instruments.conditions import PriceTarget
from instruments.contracts.warrant import WarrantPosition
from instruments.deal import Deal, Position
from instruments.ground.errors import GpufinError, InputError, PricingError, TermsError
from instruments.ground.tolerances import MC_SIGMAS, PV_REL
from instruments.observations import DaysOut
from pricing import price
from pricing.formulas import share_or_nothing_touch
from tests.warrants import EXPIRY, PLAN, SHARE, both, deal, market, milestone_leg, price_leg

YEARS = (EXPIRY - dt.date(2025, 10, 3)).days / 365


def seasoned(conditions: list[Any], *, milestones: Mapping[str, float] | None = None, **position: Any) -> Deal:
    return deal(conditions, position=Position(milestones=dict(milestones or {}), contracts={"warrant": WarrantPosition(**position)}))


def value(of: Deal, method: str = "monte_carlo") -> float:
    return price(of, market(), method=method, measures=["value"], paths=1).value


def test_latched_legs_leave_the_rest() -> None:
    whole = [both(130.0, 2.0, days="touch")]
    # the price has been met: only the delivery counts, and the other way round
    for latched, rest in (("0.legs.1", milestone_leg(2.0)), ("0.legs.0", price_leg(130.0, days="touch"))):
        assert value(seasoned(whole, latched=(latched,))) == pytest.approx(value(seasoned([rest], closes=(100.0,))), rel=PV_REL)
        for method in ("closed_form", "quantlib"):
            assert value(seasoned(whole, latched=(latched,)), method) == pytest.approx(value(deal([rest]), method), rel=PV_REL)
    both_latched = seasoned(whole, latched=("0.legs.0", "0.legs.1"))
    for method in ("monte_carlo", "closed_form", "quantlib"):
        assert value(both_latched, method) == pytest.approx(1000.0, rel=1e-9)  # QuantLib's payoff has a strike of 1e-12


def test_closed_form_refuses_an_at_date_leg_even_when_its_partner_has_latched() -> None:
    one = seasoned([both(130.0, 2.0, days="touch", price_meet="at_date")], latched=("0.legs.0",))
    with pytest.raises(PricingError, match="a leg is not latched"):
        value(one, "closed_form")


def test_deliveries_of_the_position_have_happened() -> None:
    past = {dt.date(2025, 9, 1): 1.0, dt.date(2026, 3, 2): 2.0}
    of = deal([milestone_leg(1.0), milestone_leg(2.0)], plan=past, position=Position(milestones={"deliveries": 1.0}))
    found = price(of, market(), method="monte_carlo", paths=1)
    assert found.row("value", part="tranche 1").value == pytest.approx(1000.0, rel=PV_REL)
    assert found.row("vesting_probability", part="tranche 1").value == 1.0
    assert 0.0 < (found.row("vesting_probability", part="tranche 2").value or 0.0) < 1.0


def test_an_overdue_delivery_is_refused() -> None:
    of = deal([milestone_leg(2.0)], plan={dt.date(2025, 9, 1): 1.0, dt.date(2026, 3, 2): 2.0})
    with pytest.raises(PricingError, match="was due on 2025-09-01 and is not in the position"):
        value(of)


def test_exercised_shares_are_gone() -> None:
    tranches = [price_leg(110.0, days="touch"), price_leg(130.0, days="touch")]
    fresh = price(deal(tranches), market(), method="closed_form")
    part = price(seasoned(tranches, exercised_shares=(10.0, 2.5)), market(), method="closed_form")
    assert part.row("value", part="tranche 1").value == 0.0
    assert part.value == pytest.approx(0.75 * (fresh.row("value", part="tranche 2").value or 0.0), rel=PV_REL)
    # nothing per share of a tranche that has none left
    with pytest.raises(InputError):
        part.row("value_per_share", part="tranche 1")


@pytest.mark.parametrize(
    ("position", "words"),
    [
        ({"exercised_shares": (1.0,)}, "one number per tranche: 2, not 1"),
        ({"exercised_shares": (1.0, 2.0, 3.0)}, "one number per tranche: 2, not 3"),
        ({"exercised_shares": (11.0, 0.0)}, "11 is not between 0 and the tranche's 10 shares"),
        ({"exercised_shares": (0.0, -1.0)}, "-1 is not between 0"),
        ({"latched": ("0.legs.7",)}, '= "0.legs.7": no such leg'),
        ({"latched": ("0",)}, '= "0": no such leg'),
        ({"latched": ("2.legs.0",)}, "no such leg"),
        ({"latched": ("legs.0",)}, "no such leg"),
    ],
)
def test_a_position_that_does_not_fit_its_warrant(position: dict[str, Any], words: str) -> None:
    with pytest.raises(TermsError, match=words):
        seasoned([both(110.0, 1.0), price_leg(120.0)], **position)


def test_a_leg_on_its_own_is_named_by_its_tranche() -> None:
    assert value(seasoned([both(110.0, 1.0), price_leg(1e6)], latched=("1",))) > 1000.0


def test_a_position_needs_the_markets_date() -> None:
    later = market(as_of=dt.date(2025, 10, 6))
    with pytest.raises(InputError) as caught:
        price(seasoned([price_leg(110.0)], closes=(100.0,)), later)
    assert caught.value.problems[0].field == "as_of"
    assert price(deal([price_leg(110.0)]), later, paths=1, measures=["value"]).value > 0.0


def test_closes_before_today_fill_the_window() -> None:
    target = price_leg(98.0, days=30)
    cold, warm = value(deal([target])), value(seasoned([target], closes=(200.0,) * 29))
    assert warm == pytest.approx(1000.0, rel=PV_REL)
    assert cold < 950.0
    # the oldest closes are of no use
    assert value(seasoned([target], closes=(1e6, *(90.0,) * 29))) == value(seasoned([target], closes=(90.0,) * 29))


def test_a_mean_with_history_equals_the_same_mean_without_it_when_the_window_has_passed() -> None:
    # low closes before today only delay the first full window
    late = [PriceTarget(of=SHARE, at_least=110.0, observation=DaysOut(hits=5, days=5))]
    assert value(seasoned(late, closes=(1.0,) * 5)) == value(deal(late))


@pytest.mark.parametrize("method", ["closed_form", "quantlib"])
def test_methods_that_look_ahead_refuse_high_closes_behind(method: str) -> None:
    with pytest.raises(PricingError):
        value(seasoned([price_leg(120.0, days=30)], closes=(200.0,) * 29), method)


def test_an_upper_bound_over_low_closes_behind_holds() -> None:
    of = seasoned([price_leg(105.0, days=10)], closes=(99.0,) * 9)
    found = price(of, market(), paths=1, measures=["value", "value_upper_bound"])
    assert found.value <= (found.row("value_upper_bound").value or 0.0)


def test_touch_in_the_interpreter_is_the_closed_form() -> None:
    of = seasoned([price_leg(120.0, days="touch")], closes=(100.0,))
    found = price(of, market(), method="monte_carlo", measures=["value"], paths=16384)
    exact = 10.0 * float(share_or_nothing_touch(spot=100, target=120, volatility=0.5, years=YEARS, rate=0.037))
    assert abs(found.value - exact) <= MC_SIGMAS * (found.standard_error or 0.0)


def test_the_expired_are_refused() -> None:
    with pytest.raises(GpufinError, match="it has expired"):
        price(deal([price_leg(110.0)]), market(as_of=dt.date(2026, 4, 1)))


def test_a_bare_contract_that_needs_a_milestone_is_told_so() -> None:
    with pytest.raises(InputError, match="put the contract in a Deal"):
        price(deal([milestone_leg(1.0)]).contracts["warrant"], market())
    bare = price(deal([price_leg(110.0)]).contracts["warrant"], market(), paths=1)
    assert bare.value == price(deal([price_leg(110.0)]), market(), paths=1, method="monte_carlo").value


def test_a_plan_that_has_run_needs_no_clock() -> None:
    of = deal([milestone_leg(3.0)], plan=PLAN, position=Position(milestones={"deliveries": 3.0}))
    assert value(of) == pytest.approx(1000.0, rel=PV_REL)
