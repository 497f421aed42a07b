"""What happens to a stand-alone offtake on paths: rents, defaults, acceptance, outages, luck. Nothing here knows who pays what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pricing.paths.deal_world import shared_world
from pricing.paths.facility import FacilityModel, drivers_of, random_numbers
from pricing.paths.month_days import month_days
from pricing.paths.monthly_belief import monthly_belief
from pricing.paths.monthly_rents import RentPaths, rent_state_paths
from pricing.paths.rates import rate_model
from pricing.paths.streams import generator
from pricing.schedules.offtake import NEVER_ROW, OfftakePlan
from pricing.schedules.plan import NEVER
from pricing.schedules.types import Bools, Floats, Ints

if TYPE_CHECKING:
    from curves import RentCurve
    from curves.market import Market
    from instruments.contracts.offtake_parts import ServiceLevel
    from instruments.deal import Deal


class OfftakeWorld(NamedTuple):
    """One block of paths. Rows as in `OfftakePlan`; a default in the month up to a row has that row."""

    rent: RentPaths
    spot: Floats
    """[row, path] rent of the day."""
    customer: Ints
    """[path] row of the customer's default."""
    operator: Ints
    """[path] row of the operator's default."""
    substituted: Bools
    """[path] whether a replacement would be found."""
    delay: Ints
    """[cohort, path] months by which acceptance slips."""
    outages: Ints
    """[row, path] consecutive months with an outage, this one included; 0 in a good month."""
    stays: Bools
    """[path] whether the customer would stay after the end."""
    demand: Floats | None = None
    """[row, path] demand for capacity as a share of what it was; None: no belief moves it."""

    @property
    def let(self) -> Floats:
        """[row, path] rent of the day on the hours that demand leaves: what capacity let by the day earns per unit-hour offered."""
        return self.spot if self.demand is None else self.spot * self.demand


@dataclass(frozen=True)
class OfftakeModel:
    """What a block of paths is made from."""

    rent: RentCurve
    facility: FacilityModel
    """Credits, their correlation with the rent, and luck."""
    years: Floats
    """[row]"""
    service: ServiceLevel | None
    rollover_odds: float

    def without(self, *keys: str | None) -> OfftakeModel:
        """The same, where the named credits never default."""
        return OfftakeModel(self.rent, self.facility.without(*keys), self.years, self.service, self.rollover_odds)


def offtake_model(deal: Deal, plan: OfftakePlan, market: Market) -> OfftakeModel:
    """Credits, correlations and rent behind an offtake.

    Raises:
        MarketError: a rent or credit quote is missing, or correlations contradict each other.
    """
    from curves import correlation_matrix, default_rates_key, rent_curve, survival_curve

    offtake, fleet = plan.offtake, plan.fleet
    customer, operator = deal.parties[offtake.customer].credit, deal.parties[fleet.operator].credit
    credits = tuple(dict.fromkeys(key for key in (customer, operator) if key is not None))
    rent, times = rent_curve(market, fleet.rent), plan.years[1:]
    belief = monthly_belief(market, {fleet.rent: rent.factors.long_volatility}, credits)
    if belief is not None:
        diffusive = belief.diffusive(fleet.rent, rent.factors.long_volatility)
        rent = replace(rent, factors=replace(rent.factors, long_volatility=diffusive))
    model = FacilityModel(
        rent_key=fleet.rent,
        volatility=0.0,  # the rent itself comes from its own state paths, driven by the same normals
        elasticity=1.0,
        years=times,
        credits=credits,
        survival=np.array([survival_curve(market, key).survival(times) for key in credits]).reshape(len(credits), len(times)),
        correlation=np.asarray(correlation_matrix(market, (fleet.rent, *credits))),
        customer=customer,
        operator=operator,
        guarantor=None,
        contract_id=plan.contract_id,
        cohorts=len(plan.accepted),
        substitute_odds=offtake.substitute.odds,
        bad_act_odds=0.0,
        delay_odds=0.0 if offtake.capacity_units else offtake.delay_odds_per_month,
        shared=shared_world(deal, market, (fleet.rent, *credits)),
        days=month_days(deal, market),
        rates=rate_model(deal, market, default_rates_key(market), (fleet.rent, *credits), times),
        belief=belief,
    )
    return OfftakeModel(rent, model, plan.years, offtake.service, offtake.rollover.odds if offtake.rollover else 0.0)


def offtake_world(model: OfftakeModel, seed: int, block: int) -> OfftakeWorld:
    """One block of paths: the same bytes whoever asks, in whatever order.

    **Model** the rent by `pricing.paths.monthly_rents`; defaults are first passages of drivers correlated with the rent's moves
    (`pricing.paths.facility`); breaks of a belief move the rent's long-term level, default credits, and leave a share of demand for what is
    let by the day (`pricing.paths.monthly_belief`); outages follow a chain of two states, independent of the rest; so are replacement,
    delay and rollover.
    """
    numbers = random_numbers(model.facility, seed, block)
    drivers = drivers_of(model.facility, seed, block, numbers)
    rent = rent_state_paths(model.rent, model.years, numbers[0][0], seed, block)
    belief = model.facility.belief
    broken = None if belief is None else belief.broken(model.facility.years, seed, block)
    factor, demand = (None, None) if broken is None else (broken.rent_factor(model.rent.key), broken.demand())
    if factor is not None:
        rent.long[1:] += np.log(factor)
    rows, paths = len(model.years), numbers[0].shape[2]

    def luck(name: str) -> np.random.Generator:
        return generator(seed, f"{model.facility.contract_id}/{name}", block)

    def row_of(month: Ints) -> Ints:
        return np.where(month == NEVER, NEVER_ROW, month + 1)

    outages = np.zeros((rows, paths), dtype=np.int64)
    service = model.service
    if service is not None:
        draws = luck("outage").random((rows, paths))
        repeat = service.outage_odds_per_month if service.repeat_odds is None else service.repeat_odds
        for row in range(1, rows):
            odds = np.where(outages[row - 1] > 0, repeat, service.outage_odds_per_month)
            outages[row] = np.where(draws[row] < odds, outages[row - 1] + 1, 0)
    stays = luck("rollover").random(paths) < model.rollover_odds
    return OfftakeWorld(
        rent=rent,
        spot=rent.spot(),
        customer=row_of(drivers.customer),
        operator=row_of(drivers.operator),
        substituted=drivers.substituted == 1,
        delay=drivers.delay,
        outages=outages,
        stays=stays,
        demand=None if demand is None else np.concatenate([np.ones((1, paths)), demand]),
    )
