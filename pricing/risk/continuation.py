"""What a lender has if the customer defaults in a given month: where recovery is below continuation, and where it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.facility_run import Setup
from pricing.kernels.facility import roll_reduced
from pricing.ledger import facility as k
from pricing.paths.facility import drivers_of
from pricing.risk.dependence import uncorrelated
from pricing.schedules.plan import NEVER, Drivers
from pricing.schedules.types import Floats


def value_by_default_month(setup: Setup, *, seed: int = 0, paths: int = 512) -> tuple[Floats, Floats]:
    """Value to the lender with the customer's default forced into each month, and never: E[net | month of default].

    **Model** rents, operator, guarantor and luck are those of the first block with every dependence cut, so that the month says nothing
    about them; the same paths for every month. With independent drivers the value is the sum of P(month) x E[net | month]. Where the means
    rise with the month, recovery is below continuation; while a loan is still being drawn they usually fall.

    Args:
        setup: a facility whose customer has a credit of its own.
        seed: of the paths. paths: at most 4,096 of the first block.

    Returns:
        Means [month], of default in each payment month and, last, never; and nets [month, path], USD.

    Raises:
        PricingError: the customer has no credit, or shares one with operator or guarantor.
    """
    model = setup.model
    if model.customer is None or model.customer in (model.operator, model.guarantor):
        why = "the customer has no credit of its own"
        raise PricingError(problem("unsupported", subject=setup.facility.loan_id, field="customer", why=why, remedy="give it one"))
    plan = setup.facility.plan
    whole = drivers_of(uncorrelated(setup).model.without(model.customer), seed, 0)
    drivers = Drivers._make(np.ascontiguousarray(item[..., :paths]) for item in whole)
    nets = np.empty((plan.maturity + 1, drivers.customer.size))
    for month in range(plan.maturity + 1):
        at = np.full(drivers.customer.size, month if month < plan.maturity else NEVER, dtype=np.int64)
        _, out, _ = roll_reduced(plan, drivers._replace(customer=at))
        nets[month] = out[k.RECEIVED] - out[k.PAID_IN]
    return nets.mean(axis=1), nets


def default_month_odds(setup: Setup) -> Floats:
    """Odds that the customer defaults in each payment month, and last that it does not: [month], from its curve."""
    model = setup.model
    if model.customer is None:
        return np.append(np.zeros(setup.facility.plan.maturity), 1.0)
    survival = model.survival[model.credits.index(model.customer)][: setup.facility.plan.maturity]
    return np.append(-np.diff(np.append(1.0, survival)), survival[-1])


def hazard_effect(setup: Setup, more: float, *, seed: int = 0, paths: int = 512) -> tuple[float, float]:
    """Change of value by `more` hazard a year of the customer, all drivers independent, and its standard error, USD.

    **Model** sum over months of (P'(month) - P(month)) E[net | month]: default is integrated out, not drawn. Below 0 where recovery is
    below continuation in the mean over the months whose odds move.

    Args, Raises: as `value_by_default_month`.
    """
    _, nets = value_by_default_month(setup, seed=seed, paths=paths)
    moved = default_month_odds(with_hazard(setup, str(setup.model.customer), more)) - default_month_odds(setup)
    by_path = np.einsum("m,mp->p", moved, nets)
    return float(by_path.mean()), float(by_path.std(ddof=1) / np.sqrt(by_path.size))


def with_hazard(setup: Setup, key: str, more: float) -> Setup:
    """The facility with `more` hazard a year of one credit at all dates; its random numbers stay."""
    model = setup.model
    survival = model.survival.copy()
    survival[model.credits.index(key)] *= np.exp(-more * model.years)
    return replace(setup, model=replace(model, survival=survival))
