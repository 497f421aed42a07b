"""Values printed in textbooks, to their printed digits.

Sources: E. G. Haug (1998), "The Complete Guide to Option Pricing Formulas", table 2-9 (standard barrier options, Reiner and Rubinstein);
J. C. Hull, "Options, Futures and Other Derivatives", the example of the Black-Scholes chapter.
"""

from __future__ import annotations

import numpy as np
import pytest

from instruments import DateReached
from instruments.ground.tolerances import MC_SIGMAS
from pricing import price
from pricing.formulas import call_value, put_value, touch_call_value, touch_probability
from tests.warrants import AS_OF, EXPIRY, deal, market, price_leg, sigmas

PRINTED = 0.00006
"""Half of the last printed digit, and a little for the way the printed number was rounded."""
HAUG = {"spot": 100.0, "years": 0.5, "rate": 0.08, "dividend_yield": 0.04}
REBATE = 3.0
UP_AND_IN = [(90.0, 0.25, 14.1112), (100.0, 0.25, 8.4482), (90.0, 0.30, 15.2098), (100.0, 0.30, 9.7278)]
"""Strike, volatility, printed value; barrier 105, rebate 3 paid at expiry where the barrier was not touched."""


@pytest.mark.parametrize(("strike", "volatility", "printed"), UP_AND_IN)
def test_up_and_in_calls_of_haugs_table(strike: float, volatility: float, printed: float) -> None:
    terms = {**HAUG, "volatility": volatility}
    knocked = float(touch_call_value(target=105.0, strike=strike, **terms))
    odds = float(touch_probability(target=105.0, measure="pricing", **terms))
    assert knocked + REBATE * np.exp(-0.08 * 0.5) * (1.0 - odds) == pytest.approx(printed, abs=PRINTED)


def test_hulls_call_and_put() -> None:
    terms = {"spot": 42.0, "strike": 40.0, "volatility": 0.2, "years": 0.5, "rate": 0.1}
    assert float(call_value(**terms)) == pytest.approx(4.76, abs=0.005)
    assert float(put_value(**terms)) == pytest.approx(0.81, abs=0.005)


def test_a_warrant_by_every_method_is_the_table_scaled() -> None:
    # the table's volatility, scaled so that s^2 T is the same over the warrant's shorter life; no rates, so that only this product counts
    years = (EXPIRY - AS_OF).days / 365
    volatility = 0.25 * np.sqrt(0.5 / years)
    on = market(rates={"USD": {"kind": "flat", "rate": 0.0}}, share={"volatility": volatility})
    exact = 10.0 * float(touch_call_value(spot=100.0, target=105.0, strike=90.0, volatility=0.25, years=0.5))
    of = deal([price_leg(105.0, days="touch")], strike_usd=90.0)
    for method in ("closed_form", "quantlib"):
        assert price(of, on, method=method).value == pytest.approx(exact, rel=1e-9)
    found = price(of, on, method="monte_carlo", measures=["value"], paths=16_384)
    assert sigmas(found.value, found.standard_error or 0.0, exact) <= MC_SIGMAS
    assert price(deal([DateReached(on=AS_OF)], strike_usd=90.0), on, method="closed_form").value > exact
