"""A valuation as a bet: closed forms, round trips, limits, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from instruments.ground.errors import InputError, NetworkError
from pricing import clearing
from pricing.narrative.paid_ahead import dominance_value, funded_runway, implied_odds, minsky_class, paid_ahead, tender_mark


def test_500_bn_prepays_twenty_years_of_125_bn_of_revenue() -> None:
    """The article's sum: 20 % margin, growth equal to the discount rate."""
    assert clearing.implied_revenue(value=500e9, margin=0.2, years=20, growth=0.1, discount=0.1) == pytest.approx(125e9)
    found = paid_ahead(value_usd=500e9, margin=0.2, revenue_usd=125e9, growth=[0.0, 0.1, 0.2], discount=[0.0, 0.1, 0.2])
    assert np.diagonal(found.years) == pytest.approx(20.0)
    assert found.at_least(20.0).tolist() == [[True, True, True], [False, True, True], [False, False, True]]


def test_the_map_is_the_scalar_form_at_every_point() -> None:
    growth, discount = np.linspace(-0.1, 0.6, 8), np.linspace(0.02, 0.3, 7)
    found = paid_ahead(value_usd=500e9, margin=0.2, revenue_usd=13e9, growth=growth, discount=discount)
    for i, g in enumerate(growth):
        for j, k in enumerate(discount):
            if np.isinf(found.years[i, j]):
                with pytest.raises(NetworkError):
                    clearing.implied_years(value=500e9, margin=0.2, revenue=13e9, growth=g, discount=k)
                continue
            assert found.years[i, j] == pytest.approx(
                clearing.implied_years(value=500e9, margin=0.2, revenue=13e9, growth=g, discount=k), rel=1e-9
            )
            needed = clearing.implied_revenue(value=500e9, margin=0.2, years=float(found.years[i, j]), growth=g, discount=k)
            assert needed == pytest.approx(13e9, rel=1e-9)
    assert np.isinf(found.years).any()


def test_odds_of_dominance_are_recovered() -> None:
    bet = {"win_usd": [4000e9, 900e9], "lose_usd": 50e9, "years": 10.0, "discount": 0.12}
    value = dominance_value(odds=[0.3, 0.8], **bet)
    assert implied_odds(value_usd=value, **bet) == pytest.approx([0.3, 0.8])
    assert value[0] == pytest.approx((0.3 * 4000e9 + 0.7 * 50e9) / 1.12**10)
    sure = implied_odds(value_usd=900e9, win_usd=900e9, lose_usd=0.0, years=10.0, discount=0.12)
    assert float(sure) == pytest.approx(1.12**10)  # above 1: more than certainty is worth
    with pytest.raises(InputError, match="win_usd"):
        implied_odds(value_usd=1.0, win_usd=1.0, lose_usd=1.0, years=1.0, discount=0.1)


def test_a_small_tender_marks_everything_and_pays_the_firm_nothing() -> None:
    found = tender_mark(mark_before_usd=300e9, sold_usd=6.6e9, mark_at_sale_usd=500e9)
    assert (found.cash_to_firm_usd, found.mark_gain_usd) == (0.0, 200e9)
    assert found.gain_per_dollar == pytest.approx(200 / 6.6)
    new = tender_mark(mark_before_usd=300e9, sold_usd=0.0, mark_at_sale_usd=340e9, new_money_usd=40e9)
    assert (new.cash_to_firm_usd, new.mark_gain_usd) == (40e9, 0.0)  # at an unchanged price new money is no gain
    with pytest.raises(InputError, match="tender"):
        tender_mark(mark_before_usd=300e9, sold_usd=600e9, mark_at_sale_usd=500e9)


def test_a_runway_without_funding_is_cash_over_burn() -> None:
    common = {"cash_usd": 40e9, "burn_usd_per_year": 25e9, "response": 1.0, "step_years": 0.25}
    none = funded_runway(funding_usd_per_year=0.0, belief=np.ones(12), **common)
    assert none.years.tolist() == pytest.approx([1.6])
    assert none.cash[0, -1] == pytest.approx(40e9 - 3 * 25e9)
    full = funded_runway(funding_usd_per_year=25e9, belief=np.ones(12), **common)
    assert np.isinf(full.years[0])
    half = funded_runway(funding_usd_per_year=25e9, belief=np.full((2, 40), [[0.5], [0.2]]), **common)
    assert half.years == pytest.approx([40 / 12.5, 40 / 20.0])
    deaf = funded_runway(funding_usd_per_year=25e9, belief=np.full(12, 0.1), **(common | {"response": 0.0}))
    assert np.isinf(deaf.years[0])
    with pytest.raises(InputError, match="belief"):
        funded_runway(funding_usd_per_year=0.0, belief=[1.2], **common)


def test_minskys_classes() -> None:
    assert minsky_class(income_usd=10, interest_usd=4, principal_usd=6) == "hedge"
    assert minsky_class(income_usd=9.9, interest_usd=4, principal_usd=6) == "speculative"
    assert minsky_class(income_usd=3.9, interest_usd=4, principal_usd=0) == "ponzi"
    assert minsky_class(income_usd=-1, interest_usd=0, principal_usd=0) == "ponzi"
