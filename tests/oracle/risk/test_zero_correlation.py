"""The limit in which a facility is one credit at a constant recovery: QuantLib's risky bond and CDS legs beside the simulation.

A customer's default in month c ends the contract after that month's payment, and a guarantor in default pays R of the claim a month later.
So a payment is received where the customer was alive the month before: QuantLib sees the survival curve one month late.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import QuantLib as ql

from curves import discount_curve
from curves._quantlib.session import session, to_ql
from instruments.ground.tolerances import MC_SIGMAS
from pricing._quantlib.loan import quantlib_value
from pricing.engines.facility_run import Setup, planned_run
from pricing.risk.dependence import mean_and_error, uncorrelated
from pricing.risk.sensitivities import BP, sensitivity, steps
from pricing.schedules.loan import LoanFlows, facility_flows
from tests.facilities import AS_OF, market, plain_deal, setup

PATHS = 32_768
HAZARD, RECOVERY = 0.15, 0.4
MONTH_REL = 0.011
"""Of what is recovered: QuantLib pays it in the middle of the month, the facility at its end with that month's interest of 1 %."""


def on_one_credit(recovery: float, **changes: Any) -> Setup:
    """Only the customer defaults; hardware and rents of the market fetch nothing; a guarantor in default pays `recovery` of the claim."""
    rent = {"kind": "thin_rent", "spot_usd_per_hour": 3.0, "growth": 0.0, "volatility": 0.4, "relet_months": 1, "relet_utilisation": 0.0}
    resale = {"kind": "thin_resale", "new_usd": 0.01, "decline": 0.3, "depth_units": 1e9, "impact": 0.0, "sale_cost": 0.0}
    credit = {"PAYER": {"kind": "hazard", "hazard": HAZARD}, "PARENT": {"kind": "hazard", "hazard": 0.1}}
    on = market(rent={"GPU": rent}, resale={"GPU": resale}, credit=credit, correlation={"rent:GPU|credit:PAYER": 0.5})
    terms = plain_deal(
        **{
            "enforcement": {"default_margin": 0.0, "grace_months": 0, "repossession_months": 0, "lots": 1, "idle_cost_share": 0.0},
            "guarantee": {"form": "payment", "payment_lag_months": 0},
        }
        | changes,
    )
    base = setup(terms, on)
    model = base.model
    survival = model.survival.copy()
    survival[model.credits.index("credit:PARENT")] = 0.0  # the guarantor is in default from the first month on, and operates nothing
    plan = base.facility.plan._replace(guarantor_recovery=recovery)
    return replace(base, facility=replace(base.facility, plan=plan), model=replace(model, survival=survival, operator=None))


def flows_of(base: Setup) -> LoanFlows:
    rolled = planned_run(base.facility)
    return facility_flows(base.facility, rolled.ledger[:, :, 0], rolled.states[:, :, 0])


def late(hazard: float) -> Any:
    """Survival a month late: certain on the first payment date."""

    def survival(years: Any) -> Any:
        times = np.asarray(years)
        return np.concatenate([[1.0], np.exp(-hazard * times[:-1])])

    return survival


def by_quantlib(base: Setup, recovery: float, hazard: float = HAZARD) -> tuple[float, float]:
    """Default-free and risky value."""
    curve = discount_curve(market(), "rates:USD-SOFR").discount
    found = quantlib_value(flows_of(base), curve, late(hazard), recovery, subject="loan")
    return found.default_free, found.risky


@pytest.mark.parametrize("recovery", [0.0, RECOVERY])
def test_cva_is_that_of_a_risky_bond(recovery: float) -> None:
    base = on_one_credit(recovery)
    apart = uncorrelated(base)
    run = apart.run(paths=PATHS)
    free = apart.cut("credit:PAYER").run(paths=PATHS)
    cva, error = mean_and_error(free.net - run.net)
    safe, risky = by_quantlib(base, recovery)
    nothing = by_quantlib(base, 0.0)[1]
    assert free.value == pytest.approx(safe, rel=1e-6)  # a scrap value of hardware is in ours
    assert abs(cva - (safe - risky)) <= MC_SIGMAS * error + MONTH_REL * (risky - nothing)
    assert error < 0.02 * cva
    # the contract is paid whatever rents do: in this limit dependence costs nothing
    assert abs(base.run(paths=PATHS).value - run.value) <= MC_SIGMAS * error * np.sqrt(2.0)


def test_cva_of_a_bullet_is_a_cds_protection_leg_and_the_interest_lost() -> None:
    """Protection on the principal plus coupons that a default takes: all by QuantLib's CDS engine and its fee leg."""
    rich = {"price_usd_per_hour": 30_000.0 / 730.5, "availability": 1.0, "delay_odds_per_month": 0.0}  # a month's rent repays the loan
    bullet = {"kind": "bullet", "start": dt.date(2028, 3, 31)}
    base = uncorrelated(on_one_credit(RECOVERY, amortisation=bullet, offtake=rich))
    cva, error = mean_and_error(base.cut("credit:PAYER").run(paths=PATHS).net - base.run(paths=PATHS).net)
    flows = flows_of(base)
    notional = float(flows.fixed[0])
    curve = discount_curve(market(), "rates:USD-SOFR").discount
    with session(AS_OF):
        today, ends = to_ql(AS_OF), [to_ql(date) for date in flows.dates]
        years = np.array([(end - today) / 365.0 for end in ends])
        discount = ql.DiscountCurve([today, *ends], [1.0, *(float(d) for d in curve(years))], ql.Actual365Fixed())
        survival = late(HAZARD)(years)
        hazards = np.diff(-np.log(np.append(1.0, survival))) / np.diff(np.append(0.0, years))
        default = ql.HazardRateCurve([today, *ends], [float(hazards[0]), *(float(h) for h in hazards)], ql.Actual365Fixed())
        schedule = ql.Schedule([today, *ends])
        swap = ql.CreditDefaultSwap(
            ql.Protection.Buyer, notional, 0.12, schedule, ql.Unadjusted, ql.Thirty360(ql.Thirty360.ISDA), False, True, today
        )
        swap.setPricingEngine(
            ql.MidPointCdsEngine(ql.DefaultProbabilityTermStructureHandle(default), RECOVERY, ql.YieldTermStructureHandle(discount))
        )
        protection, risky_coupons = swap.defaultLegNPV(), -swap.couponLegNPV()
    coupons = float((flows.fixed * 0.01 * curve(years)).sum())  # 12 % on 30/360
    # principal: what is lost of it is paid in the middle of the month in QuantLib; without default it would have come at maturity
    middle = 0.5 * (years + np.append(0.0, years[:-1]))
    timing = float((np.diff(-np.append(1.0, survival)) * (curve(middle) - curve(years[-1:]))).sum()) * notional
    assert abs(cva - (protection + coupons - risky_coupons - timing)) <= MC_SIGMAS * error + MONTH_REL * RECOVERY / 0.6 * protection
    assert protection > 0.5 * cva


@pytest.mark.parametrize("recovery", [0.0, RECOVERY])
def test_a_hazard_bump_is_that_of_a_risky_bond(recovery: float) -> None:
    base = uncorrelated(on_one_credit(recovery))
    step = next(step for step in steps("value_per_hazard_bp", base, market()) if step.part == "credit:PAYER")
    value, error = sensitivity(step, base.run(paths=PATHS))
    (up, down), width = [by_quantlib(base, recovery, HAZARD + sign * 25 * BP)[1] for sign in (1.0, -1.0)], 50.0
    nothing = [by_quantlib(base, 0.0, HAZARD + sign * 25 * BP)[1] for sign in (1.0, -1.0)]
    recovered = ((up - nothing[0]) - (down - nothing[1])) / width
    assert abs(value - (up - down) / width) <= MC_SIGMAS * error + MONTH_REL * abs(recovered)
    assert error < 0.15 * abs(value)
    assert value < 0.0


def test_certain_default_leaves_the_recovery_alone() -> None:
    base = uncorrelated(on_one_credit(RECOVERY))
    gone = replace(base, model=replace(base.model, survival=np.zeros_like(base.model.survival))).run(paths=1)
    plan, flows = base.facility.plan, flows_of(base)
    # the first payment still comes, then R of what is left with a month's interest
    left = 24e6 - float(flows.principal[0])
    exact = (float(flows.principal[0]) + 24e6 * 0.01) * plan.discount[0] + RECOVERY * left * 1.01 * plan.discount[1]
    assert gone.net == pytest.approx(exact, rel=1e-5)  # a certain default is hit with all but 8e-7 of the odds; scrap of hardware
