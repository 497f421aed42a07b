"""A date that comes by expiry, and stays, asks nothing of shares that are bought at expiry; any other date does."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from instruments import AllOf, DateReached, PricingError
from instruments.ground.tolerances import MC_SIGMAS
from pricing import price
from pricing.formulas import call_value
from tests.warrants import AS_OF, EXPIRY, deal, market, milestone_leg, price_leg

LATER = dt.date(2026, 1, 15)
YEARS = (EXPIRY - AS_OF).days / 365.0


def values(condition: Any, **terms: Any) -> dict[str, float]:
    made = deal([condition], strike_usd=90.0, **terms)
    return {method: price(made, market(), method=method, measures=("value",)).value for method in ("closed_form", "quantlib")}


@pytest.mark.parametrize("on", [AS_OF, LATER, EXPIRY])
def test_a_plain_call_by_every_method(on: dt.date) -> None:
    expected = 10.0 * float(call_value(spot=100.0, strike=90.0, volatility=0.5, years=YEARS, rate=0.037))
    found = values(DateReached(on=on))
    assert found["quantlib"] == pytest.approx(found["closed_form"], rel=1e-10)
    assert found["closed_form"] == pytest.approx(expected, rel=1e-3)  # the flat rate is quoted otherwise than continuously
    simulated = price(deal([DateReached(on=on)], strike_usd=90.0), market(), method="monte_carlo", measures=("value",), paths=8192)
    assert simulated.value == pytest.approx(found["closed_form"], abs=MC_SIGMAS * (simulated.standard_error or 0.0))


def test_a_date_beside_another_leg_changes_nothing() -> None:
    touch = price_leg(120.0, days="touch")
    assert values(AllOf(legs=(DateReached(on=LATER), touch))) == values(touch)


def test_the_ladder_and_the_interpreter_agree_on_a_date_that_has_come() -> None:
    """The first is compiled and takes a first-day date as none; a second date, later, sends the other to the interpreter."""
    ladder = deal([AllOf(legs=(DateReached(on=AS_OF), milestone_leg(1.0)))])
    general = deal([AllOf(legs=(DateReached(on=AS_OF), milestone_leg(1.0), DateReached(on=dt.date(2025, 10, 7))))])
    fast, slow = (price(made, market(), method="monte_carlo", measures=("value",), paths=8192) for made in (ladder, general))
    assert fast.value == pytest.approx(slow.value, abs=MC_SIGMAS * ((fast.standard_error or 0.0) + (slow.standard_error or 0.0)))


@pytest.mark.parametrize(
    ("condition", "terms"),
    [
        (DateReached(on=EXPIRY + dt.timedelta(days=1)), {}),
        (DateReached(on=LATER), {"exercise": "at_vesting"}),
        (DateReached(on=LATER, meet="simultaneous"), {}),
    ],
)
def test_other_dates_are_refused(condition: DateReached, terms: dict[str, Any]) -> None:
    with pytest.raises(PricingError, match="dates before expiry"):
        values(condition, **terms)
