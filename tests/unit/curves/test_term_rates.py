from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from curves import DiscountCurve, Market, RentCurve, TermRates, forward_from_term_rate, market_from_text, rent_curve
from instruments.ground.errors import InputError, MarketError

AS_OF = dt.date(2026, 3, 31)
FLAT = DiscountCurve("rates:X", AS_OF, np.array([0.0, 1.0]), np.array([1.0, np.exp(-0.04)]))
BASE = {
    "kind": "two_factor",
    "index": "test index, spot",
    "spot_usd_per_hour": 2.0,
    "mean_reversion": 1.5,
    "short_volatility": 0.3,
    "long_volatility": 0.2,
}


def curve(**changes: Any) -> RentCurve:
    blocks = {"rates": {"X": {"kind": "flat", "rate": 0.04}}, "rent": {"H100": BASE | changes}}
    return rent_curve(Market.model_validate({"as_of": AS_OF, **blocks}), "rent:H100")


STRAIGHT = {"1Y": 2.0 - 0.2 * 365 / 365, "2Y": 2.0 - 0.2 * 731 / 365, "3Y": 2.0 - 0.2 * 1096 / 365}


@pytest.mark.parametrize(("payment", "at_three"), [("even", 0.763), ("prepaid", 0.902)])
def test_a_straight_line_of_terms_has_the_forward_by_hand(payment: str, at_three: float) -> None:
    found = curve(terms=STRAIGHT, payment=payment)
    assert float(found.forward(3.0)) == pytest.approx(at_three, abs=5e-4)  # three digits are quoted
    np.testing.assert_allclose(found.forward([0.0]), 2.0, rtol=1e-12)


def test_undiscounted_is_the_often_quoted_number() -> None:
    even, prepaid = (
        float(forward_from_term_rate(rate=1.4, slope=-0.2, years=3.0, annuity=3.0, discount=1.0, payment=how))
        for how in ("even", "prepaid")
    )
    assert even == prepaid == pytest.approx(0.80)


@pytest.mark.parametrize("payment", ["even", "prepaid"])
def test_forwards_add_up_to_every_term_rate(payment: str) -> None:
    quotes = {"3M": 1.95, "6M": 1.9, "1Y": 1.82, "2Y": 1.75, "3Y": 1.60}
    found = curve(terms=quotes, payment=payment)
    assert found.terms is not None
    for time, rate in zip(found.terms.times_years[1:].tolist(), quotes.values(), strict=True):
        rents = quad(lambda t: float(found.forward(t) * FLAT.discount(t)), 0.0, time, limit=200, points=found.terms.times_years[1:-1])[0]
        due = rate * (float(FLAT.annuity(time)) if payment == "even" else time)
        assert rents == pytest.approx(due, rel=1e-9)  # quadrature


def test_annuity_is_the_integral_of_the_curve() -> None:
    steps = DiscountCurve("rates:X", AS_OF, np.array([0.0, 1.0, 2.0, 5.0]), np.array([1.0, 0.97, 0.97, 0.8]))
    for time in (0.0, 0.3, 1.0, 1.7, 4.0, 8.0):
        exact = quad(lambda t: float(steps.discount(t)), 0.0, time, points=[x for x in (1.0, 2.0, 5.0) if x < time] or None)[0]
        assert float(steps.annuity(time)) == pytest.approx(exact, rel=1e-10)


def test_the_wedge_takes_its_share_and_nothing_at_once() -> None:
    plain, wedged = curve(terms=STRAIGHT), curve(terms=STRAIGHT, access_wedge=0.2, access_wedge_years=2.0)
    np.testing.assert_allclose(wedged.forward([0.0, 2.0]), plain.forward([0.0, 2.0]) * [1.0, 0.9], rtol=1e-12)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"terms": {"1Y": 2.0, "2Y": 0.9}}, "rent:H100.terms = a forward of .* fall too fast"),
        ({"terms": {"1Y": 2.0}, "forwards": {"1Y": 2.0}}, "not both"),
        ({"launches": {"old": {"expected": dt.date(2026, 1, 1), "jump_mean": -0.2}}}, "launch old.expected .* it is in the rent"),
        ({"mean_reversion": 0.0}, r"between 0\.001 and 50"),
        ({"access_wedge": 1.5}, r"between 0 and 0\.95"),
        ({"forwards": {"1Y": -2.0}}, "above 0"),
        ({"long_volatility": 35.0}, "3500 % a year"),
    ],
)
def test_bad_quotes_are_refused_in_one_line(changes: dict[str, Any], words: str) -> None:
    with pytest.raises((InputError, ValueError), match=words):
        curve(**changes)


def test_a_key_with_a_basis_falls_back_to_the_model() -> None:
    blocks = {"rates": {"X": {"kind": "flat", "rate": 0.04}}, "rent": {"H100": BASE, "H100:contract-1y": BASE | {"spot_usd_per_hour": 1.7}}}
    market = Market.model_validate({"as_of": AS_OF, **blocks})
    assert rent_curve(market, "rent:H100:contract-1y").spot_usd_per_hour == 1.7
    assert rent_curve(market, "rent:H100:spot").spot_usd_per_hour == 2.0
    with pytest.raises(MarketError, match="no rent:B200; add it; the market has rent:H100"):
        rent_curve(market, "rent:B200")


def test_launches_come_from_a_file() -> None:
    text = """schema = 1
as_of = 2026-03-31
[rates.X]
kind = "flat"
rate = 0.04
[rent."H100:spot"]
kind = "two_factor"
index = "an index, spot"
spot_usd_per_hour = 2.0
mean_reversion = 1.5
short_volatility = 0.3
long_volatility = 0.2
[rent."H100:spot".launches.Rubin]
expected = 2026-10-01
window_years = 0.25
jump_mean = {value = -0.22, range = [-0.35, 0.0], basis = "assumed", why = "one estimate"}
"""
    found = rent_curve(market_from_text(text), "rent:H100:spot")
    assert [launch.name for launch in found.launches] == ["Rubin"]
    with pytest.raises(InputError, match=r"launches\.Rubin\.jump_mean"):
        market_from_text(text.replace("value = -0.22", "value = -22.0"))


def test_term_rates_need_a_spot_and_positive_rates() -> None:
    for times, rates in (([0.0], [2.0]), ([0.0, 2.0, 1.0], [2.0, 2.0, 2.0]), ([0.0, 1.0], [2.0, 0.0])):
        with pytest.raises(InputError):
            TermRates("rent:X", np.array(times), np.array(rates), "even", FLAT)
