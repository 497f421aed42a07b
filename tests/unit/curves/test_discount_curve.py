from __future__ import annotations

import copy
import datetime as dt
import pickle

import numpy as np
import pytest

from curves import DiscountCurve, Market, OisQuotes, discount_curve
from curves.rates import build
from instruments.ground.errors import CalibrationError, InputError, MarketError, Reason
from instruments.ground.tolerances import RATE_ABS

AS_OF = dt.date(2025, 10, 3)
QUOTES = {"1M": 0.04338, "1Y": 0.03986, "5Y": 0.03567}


def ois(quotes: dict[str, float]) -> Market:
    return Market.model_validate({"as_of": AS_OF, "rates": {"USD-SOFR": {"kind": "ois", "quotes": quotes}}})


def flat(rate: float) -> DiscountCurve:
    market = Market.model_validate({"as_of": AS_OF, "rates": {"USD-SOFR": {"kind": "flat", "rate": rate}}})
    return discount_curve(market, "rates:USD-SOFR")


@pytest.mark.parametrize("rate", [-0.02, 0.0, 0.04])
def test_flat_rate_is_exponential_at_every_time(rate: float) -> None:
    curve, times = flat(rate), np.array([[0.0, 0.3], [1.0, 47.0]])
    np.testing.assert_allclose(curve.discount(times), np.exp(-rate * times), rtol=1e-14)
    np.testing.assert_allclose(curve.zero_rate(times), rate, atol=RATE_ABS)
    np.testing.assert_allclose(curve.forward_rate(times, times + 1.0), rate, atol=RATE_ABS)


def test_time_zero() -> None:
    curve = discount_curve(ois(QUOTES), "rates:USD-SOFR")
    assert float(curve.discount(0.0)) == 1.0
    assert float(curve.zero_rate(0.0)) == pytest.approx(float(curve.zero_rate(1e-6)), abs=RATE_ABS)
    assert float(curve.forward_rate(0.0, 0.0)) == pytest.approx(float(curve.forward_rate(0.0, 1e-3)), abs=RATE_ABS)


def test_last_forward_goes_on() -> None:
    curve = discount_curve(ois(QUOTES), "rates:USD-SOFR")
    end = float(curve.times_years[-1])
    np.testing.assert_allclose(curve.forward_rate([end, 20.0], [10.0, 30.0]), curve.forward_rate(4.0, 4.5), atol=RATE_ABS)


def test_forwards_between_nodes_multiply_to_the_discounts() -> None:
    curve = DiscountCurve("rates:X", AS_OF, np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.9, 0.85]))
    assert float(curve.forward_rate(1.0, 1.0)) == pytest.approx(-np.log(0.85 / 0.9))
    assert float(curve.forward_rate(0.5, 1.5)) == pytest.approx(-0.5 * np.log(0.9) - 0.5 * np.log(0.85 / 0.9))


@pytest.mark.parametrize("times", [-0.1, [1.0, -1e-9], float("nan"), float("inf")])
def test_past_and_void_times_are_refused(times: object) -> None:
    with pytest.raises(InputError, match="times_years"):
        flat(0.04).discount(times)  # type: ignore[arg-type]


def test_reversed_forward_is_refused() -> None:
    with pytest.raises(InputError, match="end_years = 1"):
        flat(0.04).forward_rate([0.0, 2.0], [1.0, 1.0])


@pytest.mark.parametrize(
    ("times", "factors"),
    [([0.0], [1.0]), ([0.0, 1.0], [1.0]), ([0.1, 1.0], [1.0, 0.9]), ([0.0, 1.0, 1.0], [1.0, 0.9, 0.9]), ([0.0, 1.0], [1.0, 0.0])],
)
def test_bad_nodes_are_refused(times: list[float], factors: list[float]) -> None:
    with pytest.raises(InputError):
        DiscountCurve("rates:X", AS_OF, np.array(times), np.array(factors))


def test_record_is_a_value() -> None:
    curve = discount_curve(ois(QUOTES), "rates:USD-SOFR")
    for twin in (pickle.loads(pickle.dumps(curve)), copy.deepcopy(curve)):
        assert twin == curve
        assert hash(twin) == hash(curve)
        with pytest.raises(ValueError, match="WRITEABLE"):
            twin.discounts.flags.writeable = True
    assert curve != flat(0.04)
    with pytest.raises(AttributeError):
        curve.key = "rates:Y"  # type: ignore[misc]


def test_curve_is_remembered_by_value() -> None:
    first = discount_curve(ois(QUOTES), "rates:USD-SOFR")
    assert discount_curve(ois(dict(reversed(QUOTES.items()))), "rates:USD-SOFR") is first
    assert discount_curve(ois(QUOTES | {"5Y": 0.0357}), "rates:USD-SOFR") is not first
    assert build._build.cache_info().maxsize is not None


def test_missing_and_wrong_keys() -> None:
    with pytest.raises(MarketError, match=r"no rates:EUR.*rates:USD-SOFR") as caught:
        discount_curve(ois(QUOTES), "rates:EUR")
    assert caught.value.problems[0].reason is Reason.MISSING_MARKET
    with pytest.raises(InputError, match="rates:NAME"):
        discount_curve(ois(QUOTES), "credit:META")


def test_two_quotes_of_one_pillar_name_the_pillar() -> None:
    with pytest.raises(CalibrationError, match=r"rates:USD-SOFR\.(1Y|12M) = 0\.04") as caught:
        discount_curve(ois({"6M": 0.04, "12M": 0.04, "1Y": 0.041, "5Y": 0.04}), "rates:USD-SOFR")
    assert caught.value.problems[0].reason is Reason.CALIBRATION


def test_quote_without_a_curve_names_its_own_pillar_and_not_the_last() -> None:
    market = ois({"1Y": 0.04, "2Y": 1.0, "3Y": 0.04, "10Y": 0.04})
    with pytest.raises(CalibrationError) as caught:
        discount_curve(market, "rates:USD-SOFR")
    assert caught.value.problems[0].field in {"2Y", "3Y"}
    assert caught.value.__cause__ is not None


def test_stale_quotes_keep_their_tenors() -> None:
    fresh = discount_curve(ois(QUOTES), "rates:USD-SOFR")
    stale = OisQuotes.model_validate({"quotes": QUOTES, "observed": dt.date(2025, 7, 7)})
    assert discount_curve(ois(QUOTES).evolve(rates={"USD-SOFR": stale}), "rates:USD-SOFR") == fresh
