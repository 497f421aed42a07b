"""Where the default of a facility's vehicle comes from: its cash alone, its curve alone, or its cash and what is left of its curve."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.facility_run import FacilityRun, Setup, set_up, set_up_alone
from pricing.kernels.facility import roll_reduced
from pricing.ledger import facility as k
from pricing.paths.facility import FacilityModel, drivers_of, shocks_of
from pricing.paths.residual import DefaultModel, fit_residual, residual_default
from pricing.paths.streams import BLOCK, generator
from pricing.schedules import plan as p
from pricing.schedules.plan import NEVER
from pricing.schedules.types import Floats, Ints

if TYPE_CHECKING:
    from curves.market import Market
    from instruments.deal import Deal

EVERY = 12
"""Months between the dates of the fit."""


@dataclass(frozen=True)
class Residual:
    """Defaults of causes that no path shows, independent of everything on it."""

    key: str
    """Market key of the vehicle's credit."""
    left: Floats
    """R [time]: odds that no such cause has come by then."""

    def months(self, model: FacilityModel, seed: int, block: int) -> Ints:
        """Month of the default [path], `NEVER` where none."""
        found = residual_default(self.left, generator(seed, f"{self.key}/residual", block).random(BLOCK))
        return np.where(found < len(self.left), found, NEVER).astype(np.int64)


@dataclass(frozen=True)
class FromCurve:
    """The vehicle defaults as its curve says, and for no other reason."""

    key: str

    def months(self, model: FacilityModel, seed: int, block: int) -> Ints:
        """Month of the first passage of its own driver [path], correlated with rents and the other credits."""
        return shocks_of(model, seed, block).months[model.credits.index(self.key)]


def fit_dates(maturity: int) -> Ints:
    """Month indices at which the total default of a vehicle is its curve's: a year apart, and the last payment date."""
    return np.array([*range(EVERY - 1, maturity - 1, EVERY), maturity - 1], dtype=np.int64)


def fitted_residual(run: FacilityRun, market: Market, key: str) -> Residual:
    """What brings the vehicle's endogenous default to its curve, from a run in which it defaults on its cash alone.

    Raises:
        CalibrationError: cash explains more than the curve before some date.
    """
    from curves import survival_curve

    years, month = run.facility.times, run.outcomes[k.DEFAULT_MONTH].astype(np.int64)
    return Residual(
        key, fit_residual(month, survival_curve(market, key).survival(years), years, fit_dates(run.facility.plan.maturity), key=key)
    )


def set_up_as(deal: Deal, loan_id: str, market: Market, model: DefaultModel, *, paths: int, seed: int, threads: int | None) -> Setup:
    """A facility whose vehicle defaults by one of the three models.

    **Model** `endogenous`: the event of default comes out of cash, tests and other loans, as `set_up` has it. `endogenous_with_residual`:
    the lender also accelerates where a cause comes that no path shows, with odds fitted on these very paths so that the vehicle's default
    has its curve's odds at the dates of the fit (`pricing.paths.residual`). `market`: the lender accelerates when the driver of the
    vehicle's own curve says so. Then defaults of customer and operator are causes that the curve counts already: they do not happen apart,
    late payments and failed tests wait, and a guarantor's default still takes its guarantee.

    Cross-default goes with the first alone. A curve counts every cause of its vehicle's default: a call that another loan brings would be
    counted beside it by `market`; a residual would be fitted on calls that hang on the other vehicle's residual, which hangs on this one.

    Args:
        paths, seed, threads: of the run that the residual is fitted on.

    Raises:
        PricingError: the borrower has no credit; the loan is tied to others by cross-default; by `market`, where cash alone leaves
            something unpaid at maturity, so that a default of its own would be counted beside the curve's.
        CalibrationError: cash explains more than the curve.
        As `set_up`.
    """
    if model == "endogenous":
        return set_up(deal, loan_id, market)
    loan = deal.contracts[loan_id]
    key = deal.parties[getattr(loan, "borrower", "")].credit
    if key is None:
        why = f"its borrower has no credit: there is no curve for default model '{model}'"
        raise PricingError(problem("unsupported", subject=loan_id, field="borrower", why=why, remedy="give the party a credit"))
    if getattr(loan, "cross_defaults", ()):
        why = f"by default model '{model}' its borrower's curve counts every cause, the other loan's default among them, once already"
        raise PricingError(problem("unsupported", subject=loan_id, why=why, remedy="use 'simulation', which knows cross-default"))
    if model == "endogenous_with_residual":
        setup = set_up(deal, loan_id, market)
        return replace(setup, vehicle=fitted_residual(setup.run(paths=paths, seed=seed, threads=threads), market, key))
    return _by_market(set_up_alone(deal, loan_id, market, also=(key,)), key, seed)


def _by_market(setup: Setup, key: str, seed: int) -> Setup:
    facility, plan = setup.facility, setup.facility.plan
    codes = plan.tests.codes.copy()
    codes[codes[:, p.CONSEQUENCE] == p.CALL, p.GRACE] = NEVER
    patient = plan._replace(grace=NEVER, tests=plan.tests._replace(codes=codes))
    model = replace(setup.model, customer=None, operator=None)
    alone = roll_reduced(patient, drivers_of(model, seed, 0))[1]
    unpaid = float((alone[k.DEFAULT_MONTH] < plan.months).mean())
    if unpaid > 0.0:
        why = f"with odds of {unpaid:.3g} its cash leaves something unpaid at maturity though nobody defaults: its curve would count twice"
        remedy = "use 'endogenous_with_residual'"
        raise PricingError(problem("unsupported", subject=facility.loan_id, field="method", why=why, remedy=remedy))
    return replace(setup, facility=replace(facility, plan=patient), model=model, vehicle=FromCurve(key))
