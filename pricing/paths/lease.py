"""Paths of a lease: rent, resale and every credit that its contracts look at, row 0 the market's date."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pricing.mechanics.lease_choices import LeasePaths
from pricing.paths.deal_world import shared_world
from pricing.paths.facility import FacilityModel, shocks_of
from pricing.paths.month_days import month_days
from pricing.paths.monthly_belief import monthly_belief
from pricing.paths.rates import rate_model
from pricing.paths.streams import generator
from pricing.schedules.plan import NEVER
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    from curves.market import Market
    from instruments.deal import Deal


def lease_model(
    deal: Deal, market: Market, *, owner: str, rent: str, elasticity: float, years: Floats, credits: Iterable[str | None]
) -> FacilityModel:
    """The joint law of one rent and some credits, fitted to the market.

    Args:
        deal: whose contracts share their shocks.
        market: rents, credits, correlations.
        owner: contract id that owns independent draws.
        rent: market key of the rent.
        elasticity: of resale to rent.
        years: [month] after the market's date.
        credits: market keys; None is a party that does not default.
    """
    from curves import correlation_matrix, default_rates_key, rent_curve, survival_curve

    keys = tuple(dict.fromkeys(key for key in credits if key is not None))
    curves = {key: survival_curve(market, key) for key in keys}
    # one lognormal, as facilities have it: the spread of the whole law at the end
    volatility = rent_curve(market, rent).standard_deviation(float(years[-1])) / float(np.sqrt(years[-1]))
    return FacilityModel(
        rent_key=rent,
        volatility=volatility,
        elasticity=elasticity,
        years=years,
        credits=keys,
        survival=np.array([curves[key].survival(years) for key in keys]).reshape(len(keys), len(years)),
        correlation=np.asarray(correlation_matrix(market, (rent, *keys))),
        customer=None,
        operator=None,
        guarantor=None,
        contract_id=owner,
        cohorts=0,
        substitute_odds=0.0,
        bad_act_odds=0.0,
        delay_odds=0.0,
        shared=shared_world(deal, market, (rent, *keys)),
        days=month_days(deal, market),
        rates=rate_model(deal, market, default_rates_key(market), (rent, *keys), years),
        belief=monthly_belief(market, {rent: volatility}, keys),
    )


def independent(model: FacilityModel, key: str | None) -> FacilityModel:
    """The same marginals, one credit independent of everything else."""
    if key is None:
        return model
    at = 1 + model.credits.index(key)
    matrix = model.correlation.copy()
    matrix[at, :] = matrix[:, at] = 0.0
    matrix[at, at] = 1.0
    shared = None if model.shared is None else model.shared.apart(key)
    rates = None if model.rates is None else replace(model.rates, shared=model.rates.shared.apart(key))
    return replace(model, correlation=matrix, shared=shared, rates=rates)


def lease_paths(model: FacilityModel, seed: int, block: int) -> LeasePaths:
    """One block of paths; a default in a month counts from the row at its end on."""
    shocks = shocks_of(model, seed, block)
    ratio, linked, months = shocks.ratio, shocks.linked, shocks.months
    ones, demand = np.ones((1, ratio.shape[1])), shocks.broken.demand() if shocks.broken is not None else None
    rows = np.where(months < NEVER, months + 1, NEVER)
    return LeasePaths(
        ratio=np.concatenate([ones, ratio]),
        linked=np.concatenate([ones, linked]),
        default={key: rows[index] for index, key in enumerate(model.credits)},
        luck=luck_of(model.contract_id, seed, block),
        demand=None if demand is None else np.concatenate([ones, demand]),
    )


def luck_of(owner: str, seed: int, block: int) -> Callable[[str], np.random.Generator]:
    """Independent draws of a contract in one block."""
    return lambda name: generator(seed, f"{owner}/{name}", block)
