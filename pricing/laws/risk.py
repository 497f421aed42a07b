"""Laws of risk measures of facilities: tails in order, sure guarantors, hazard where recovery is below continuation."""

from __future__ import annotations

import numpy as np

from curves import Market
from instruments.contracts.guarantee import Guarantee
from instruments.deal import Deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, MC_SIGMAS
from pricing.engines.facility_run import set_up
from pricing.laws.facility import facilities, has_facilities
from pricing.laws.law import Law
from pricing.ledger import facility as k
from pricing.paths.streams import BLOCK
from pricing.registry import Settings
from pricing.risk.continuation import hazard_effect, with_hazard
from pricing.risk.dependence import mean_and_error, surely_guaranteed, uncorrelated
from pricing.risk.quantiles import quantiles, tail_mean

LEVELS = (0.5, 0.9, 0.95, 0.99, 0.999)
MORE_HAZARD = 0.01
PATHS = 512
"""On which the value is looked at with the customer's default in each month."""


def _tails_in_order(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name in facilities(deal):
        setup = set_up(deal, name, market)
        run = setup.run(paths=BLOCK, seed=settings.seed, threads=1)
        slack = CASH_CONSERVATION_ABS * setup.facility.plan.commitment
        for kind, sample in (
            ("write-offs", run.outcomes[k.SHORTFALL_DISCOUNTED]),
            ("loss", -run.net),
            ("owner", -run.outcomes[k.EQUITY_VALUE]),
        ):
            before = -np.inf
            for each in quantiles(sample, LEVELS):
                low, high = (each.value if end is None else end for end in (each.low, each.high))
                mean = tail_mean(sample, each.level)[0]
                if not (before <= each.value and low <= each.value <= high and each.value <= mean + slack and mean <= sample.max() + slack):
                    return f"{name}: {kind} at {each.level:g}: {low:,.0f}, {each.value:,.0f}, {high:,.0f}, mean beyond it {mean:,.0f}"
                before = each.value
    return None


def _guarantees(deal: Deal) -> bool:
    loans = facilities(deal)
    return any(isinstance(contract, Guarantee) and contract.loan in loans for contract in deal.contracts.values())


def _sure_guarantor(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name in facilities(deal):
        setup = set_up(deal, name, market)
        if setup.facility.guarantee is None:
            continue
        how = {"paths": BLOCK, "seed": settings.seed, "threads": 1}
        gain = surely_guaranteed(setup).run(**how).net - setup.run(**how).net
        if gain.min() < -CASH_CONSERVATION_ABS * setup.facility.plan.commitment:
            return f"{name}: a guarantor that always pays costs the lender {-gain.min():,.2f} USD on some path"
    return None


def _more_hazard(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name in facilities(deal):
        setup = uncorrelated(set_up(deal, name, market))
        customer = setup.model.customer
        if customer is None or customer in (setup.model.operator, setup.model.guarantor):
            continue
        expected, doubt = hazard_effect(setup, MORE_HAZARD, seed=settings.seed, paths=PATHS)
        if expected >= 0.0:
            continue  # outside the domain: recovery is above continuation
        how = {"paths": BLOCK, "seed": settings.seed, "threads": 1}
        move, error = mean_and_error(with_hazard(setup, customer, MORE_HAZARD).run(**how).net - setup.run(**how).net)
        if move - expected > MC_SIGMAS * float(np.hypot(error, doubt)):
            return f"{name}: 100 bp more hazard of the customer move the value by {move:,.0f} USD, not by {expected:,.0f}"
    return None


LAWS: tuple[Law, ...] = (
    Law(
        "tails_in_order",
        "quantiles of losses rise with their level inside their intervals, and the mean beyond one is at least it",
        "facilities: write-offs, the lender's and the owner's loss, on 4,096 paths of every market tried",
        has_facilities,
        _tails_in_order,
    ),
    Law(
        "sure_guarantor_never_worth_less",
        "on every path the lender gets at least as much from a guarantor that cannot default as from one that can",
        "facilities with a guarantee, the same terms and paths; the guarantor's default as an operator is kept",
        _guarantees,
        _sure_guarantor,
    ),
    Law(
        "more_hazard_lowers_value",
        "100 bp more hazard of the customer lower the lender's value, by what recovery is below continuation",
        "facilities with drivers independent, where the mean value given default in each month, weighted by how the odds of the months "
        "move, falls. Elsewhere it is false: default interest, a sale or a guarantee can be worth more than waiting, and a loan not yet "
        "drawn loses nothing",
        has_facilities,
        _more_hazard,
        markets=3,
    ),
)
"""Laws of risk measures."""
