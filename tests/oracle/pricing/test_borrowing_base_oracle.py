"""A base that stands still is a risky bond: simulation beside QuantLib, and arrays beside QuantLib."""

from __future__ import annotations

import numpy as np
import pytest

from curves import discount_curve, survival_curve
from instruments.contracts.borrowing_base import BaseEnforcement
from instruments.contracts.coupons import FixedCoupon, FloatingCoupon
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL
from pricing import price
from pricing.engines.borrowing_base_quantlib import bond_flows, constant_recovery
from pricing.registry import Settings, Task
from pricing.schedules.loan import scheduled_value
from pricing.strategies.borrowing_bases import base_deal
from tests.bases import base, market, plan_of

COUPONS = [FixedCoupon(rate=0.06), FloatingCoupon(spread=0.03)]


def still(coupon: object) -> object:
    """Nothing counts, nothing is drawn or prepaid: 100 m of assets that hardly run off bring 50 % at once."""
    classes = (base().classes[0].evolve(advance_rate=1.0),)
    assets = tuple(asset.evolve(value_usd=2.0 * asset.value_usd) for asset in base().assets)
    return base(
        coupon=coupon, classes=classes, assets=assets, enforcement=BaseEnforcement(liquidation=0.2, lag_months=0), undrawn_fee=0.004
    )


@pytest.mark.parametrize("coupon", COUPONS, ids=["fixed", "floating"])
def test_a_still_base_is_a_risky_bond(coupon: object) -> None:
    found = price(base_deal(still(coupon)), market(borrower=0.3, obligors=0.0), paths=4 * 4096, threads=1)
    simulated, bond = found.row("value", method="simulation"), found.row("value", method="quantlib")
    # the bond recovers in the middle of a month and leaves the month's interest out of the claim; 6 of 480 months run off
    slack = 2e-3 * 8e7 * 0.14
    assert abs(simulated.value - bond.value) < MC_SIGMAS * simulated.standard_error + slack
    assert simulated.value < 0.96 * 8e7


@pytest.mark.parametrize("coupon", COUPONS, ids=["fixed", "floating"])
def test_arrays_and_quantlib_agree(coupon: object) -> None:
    of, on = still(coupon), market(borrower=0.3)
    deal = base_deal(of)
    plan = plan_of(of, on)
    task = Task(deal=deal, contract_id="revolver", contract=of, market=on, settings=Settings())
    discount, survival = discount_curve(on, "rates:USD-SOFR").discount, survival_curve(on, "credit:CLD").survival
    ours = scheduled_value(bond_flows(plan, task), discount, survival, constant_recovery(plan))
    theirs = price(deal, on, method="quantlib")
    assert ours.risky == pytest.approx(theirs.value, rel=ORACLE_REL)
    assert constant_recovery(plan) == pytest.approx(0.5)


def test_the_fair_margin_brings_a_quiet_revolver_to_par() -> None:
    of, on = base(), market(borrower=0.0, obligors=0.0)
    first = price(base_deal(of), on, method="simulation", paths=1, threads=1).row("fair_margin").value
    assert first is not None
    again = price(base_deal(of.evolve(coupon=FixedCoupon(rate=first))), on, method="simulation", paths=1, threads=1)
    assert again.value == pytest.approx(8e7, rel=ORACLE_REL)
    assert np.isfinite(first)
