"""Laws of the joint monthly world: what moves beside rents and credits leaves every marginal where the market has it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from curves import Market, discount_curve
from curves.equity_quotes import BeliefQuotes
from curves.quotes import Quote
from instruments.contracts.loan import Loan
from instruments.deal import Deal
from instruments.ground.tolerances import MC_SIGMAS
from pricing.engines.facility_run import Setup, set_up
from pricing.laws.law import Law
from pricing.ledger import facility as k
from pricing.paths.facility import drivers_of, shocks_of
from pricing.registry import Settings
from pricing.schedules.types import Floats

VOLATILITY, REVERSION = 0.01, 0.05
"""Of a short rate to which the market gives none."""
INTENSITY = 0.3
LENDER, HAZARD = "LAW-LENDER", 0.1
YEAR = 12


def _facilities(deal: Deal, market: Market) -> Iterator[tuple[str, Setup]]:
    for name, contract in deal.contracts.items():
        if isinstance(contract, Loan) and contract.collateral is not None:
            yield name, set_up(deal, name, market)


def _off(sample: Floats, expected: float) -> bool:
    """Whether a mean lies further than four errors from what it should be."""
    error = float(sample.std(ddof=1)) / np.sqrt(sample.size)
    return abs(float(sample.mean()) - expected) > MC_SIGMAS * error + 1e-12


def short_rate_keeps_the_curve(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where the mean discount factor along the paths is the curve's, and rents and defaults are to the bit those without rates."""
    rates = {
        name: block
        if block.volatility.value > 0.0
        else block.evolve(volatility=Quote(value=VOLATILITY), mean_reversion=Quote(value=REVERSION))
        for name, block in market.rates.items()
    }
    still = {name: block.evolve(volatility=Quote(value=0.0)) for name, block in market.rates.items()}
    moving, calm = market.evolve(rates=rates), market.evolve(rates=still)
    for (name, setup), (_, plain) in zip(_facilities(deal, moving), _facilities(deal, calm), strict=True):
        drivers, without = drivers_of(setup.model, settings.seed, 0), drivers_of(plain.model, settings.seed, 0)
        if setup.model.rates is None:
            return f"{name}: the market gives its curve a volatility, and its paths have no short rate"
        curve = discount_curve(moving, setup.model.rates.key).discount(setup.model.years)
        for t in range(YEAR - 1, len(curve), YEAR):
            if _off(drivers.discount[t], float(curve[t])):
                return (
                    f"{name}: discounting along the paths gives {float(drivers.discount[t].mean()):.5f} in month {t + 1}, not the curve's"
                )
        # another root of the correlations mixes the same numbers in another order
        alike = setup.model.shared is None and plain.model.shared is None
        if alike and not (np.array_equal(drivers.ratio, without.ratio) and np.array_equal(drivers.customer, without.customer)):
            return f"{name}: rents or defaults run another way once rates move"
    return None


def breaks_keep_marginals(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where breaks of a belief leave the mean of every facility's rent and the odds of every default where they were."""
    for name, plain in _facilities(deal, market.evolve(belief=None)):
        model = plain.model
        totals = -np.log(np.maximum(np.hstack([np.ones((len(model.credits), 1)), model.survival]), 1e-300))
        least = np.diff(totals, axis=1).min(axis=1) / np.diff(np.append(0.0, model.years)).max()
        belief = BeliefQuotes(
            intensity=Quote(value=INTENSITY),
            jumps={model.rent_key: Quote(value=-min(0.3, 0.5 * model.volatility / float(np.sqrt(INTENSITY))))},
            defaults={key: Quote(value=min(0.5, 0.5 * float(low) / INTENSITY)) for key, low in zip(model.credits, least, strict=True)},
            hazard_multiples={key: Quote(value=2.0) for key in model.credits},
        )
        broken = set_up(deal, name, market.evolve(belief=belief)).model
        shocks = shocks_of(broken, settings.seed, 0)
        for t in range(YEAR - 1, len(model.years), YEAR):
            if _off(shocks.ratio[t], 1.0):
                return f"{name}: with breaks the mean rent of month {t + 1} is {float(shocks.ratio[t].mean()):.4f} of its forward"
            for index, key in enumerate(model.credits):
                odds, seen = 1.0 - float(model.survival[index, t]), float((shocks.months[index] <= t).mean())
                if abs(seen - odds) > MC_SIGMAS * np.sqrt(odds * (1.0 - odds) / shocks.ratio.shape[1]) + 1e-12:
                    return f"{name}: with breaks {key} defaults by month {t + 1} on {seen:.4f} of the paths, its curve says {odds:.4f}"
    return None


def failing_lender_never_lends_more(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where a lender that can fail lends at most what one that cannot does, on every path."""
    risky = market.evolve(credit={**market.credit, LENDER: {"kind": "hazard", "hazard": HAZARD}})
    for name, contract in deal.contracts.items():
        if not _draws(contract):
            continue
        lender = contract.lender if isinstance(contract, Loan) else ""
        parties = {who: party.evolve(credit=f"credit:{LENDER}" if who == lender else party.credit) for who, party in deal.parties.items()}
        sure = deal.evolve(parties={**deal.parties, lender: deal.parties[lender].evolve(credit=None)})
        how = {"paths": 1, "seed": settings.seed, "threads": settings.threads}
        lent = set_up(deal.evolve(parties=parties), name, risky).run(**how).outcomes[k.PAID_IN]
        most = set_up(sure, name, market).run(**how).outcomes[k.PAID_IN]
        worst = float((lent - most).max())
        if worst > 1e-9 * float(most.max(initial=1.0)):
            return f"{name}: on some path a lender that can fail lends {worst:.3g} USD more"
    return None


def _draws(contract: object) -> bool:
    return isinstance(contract, Loan) and contract.collateral is not None and contract.draws is not None


def _holds_facility(deal: Deal) -> bool:
    return any(isinstance(contract, Loan) and contract.collateral is not None for contract in deal.contracts.values())


LAWS: tuple[Law, ...] = (
    Law(
        "short_rate_keeps_the_curve",
        "a short rate that moves leaves the mean discount factor, every rent and every default where they were",
        "facilities; the market's volatility of rates, or 100 bp; means within four standard errors, yearly, on one block of paths",
        _holds_facility,
        short_rate_keeps_the_curve,
        markets=20,
    ),
    Law(
        "breaks_keep_marginals",
        "breaks of a belief leave the forward of every rent and the odds of every default",
        "facilities; a belief put in place of the market's own; within four standard errors, yearly, on one block of paths",
        _holds_facility,
        breaks_keep_marginals,
        markets=20,
    ),
    Law(
        "failing_lender_never_lends_more",
        "a lender that can fail lends at most what one that cannot does",
        "facilities with draws to come, a lender of 10 % hazard a year that no quote ties to others, path by path",
        lambda deal: any(_draws(contract) for contract in deal.contracts.values()),
        failing_lender_never_lends_more,
        markets=20,
    ),
)
"""Laws of the joint world."""
