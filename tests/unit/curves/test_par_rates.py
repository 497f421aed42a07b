from __future__ import annotations

import numpy as np
import pytest

from curves import discounts_from_par, par_from_discounts
from instruments.ground.errors import InputError
from instruments.ground.tolerances import RATE_ABS


def test_positive_par_rates_without_falling_discounts() -> None:
    factors = discounts_from_par([0.10, 0.04])
    np.testing.assert_allclose(factors, [1 / 1.1, (1 - 0.04 / 1.1) / 1.04], rtol=1e-15)
    assert factors.round(3).tolist() == [0.909, 0.927]
    assert factors[1] > factors[0]


def test_batch_equals_loop_and_goes_back() -> None:
    rates = np.array([[0.10, 0.04, 0.05], [-0.01, 0.0, 0.002], [0.04, 0.04, 0.04]])
    factors = discounts_from_par(rates, accruals=365 / 360)
    for row, rate in zip(factors, rates, strict=True):
        assert np.array_equal(row, discounts_from_par(rate, accruals=365 / 360))
    np.testing.assert_allclose(par_from_discounts(factors, accruals=np.full(3, 365 / 360)), rates, atol=RATE_ABS)


def test_zero_rates_are_worth_par() -> None:
    assert discounts_from_par(np.zeros(4)).tolist() == [1.0] * 4


@pytest.mark.parametrize("rates", [[0.05, 1.5], [-1.0], [float("nan")]])
def test_ladders_without_discounts_are_refused(rates: list[float]) -> None:
    with pytest.raises(InputError, match="par_rates"):
        discounts_from_par(rates if rates != [0.05, 1.5] else [3.0, 9.0, 0.01, 9.0])
