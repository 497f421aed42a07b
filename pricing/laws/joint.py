"""Laws of the joint losses of a deal: they sum to nought, and cutting dependence leaves every marginal."""

from __future__ import annotations

import numpy as np

from curves import Market
from instruments.contracts.loan import Loan
from instruments.deal import Deal
from instruments.ground.tolerances import MC_SIGMAS
from pricing.engines.facility_run import set_up
from pricing.laws.law import SUM_REL, Law
from pricing.paths.facility import drivers_of
from pricing.registry import Settings
from pricing.risk.party_values import losses_by_party
from pricing.risk.switches import without_dependence


def losses_sum_to_nought(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where, on every path, what defaults cost the parties of a deal and the outside sums to nought."""
    found = losses_by_party(deal, market, Settings(paths=1, seed=settings.seed, threads=settings.threads))
    scale = float(np.abs(found.losses).max(initial=1.0))
    worst = float(np.abs(found.losses.sum(axis=0)).max())
    return f"losses of all parties sum to {worst:.3g} USD on some path" if worst > SUM_REL * scale else None


def cut_keeps_marginals(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where the credits of a facility have the odds of their curves and its rent its paths, with dependence and without."""
    for name, contract in deal.contracts.items():
        if not (isinstance(contract, Loan) and contract.collateral is not None):
            continue
        with_it, cut = (set_up(deal, name, one).model for one in (market, without_dependence(market)))
        one, two = drivers_of(with_it, settings.seed, 0), drivers_of(cut, settings.seed, 0)
        for who, key in (("customer", with_it.customer), ("operator", with_it.operator), ("guarantor", with_it.guarantor)):
            if key is None:
                continue
            odds = 1.0 - float(with_it.survival[with_it.credits.index(key)][-1])
            for drivers in (one, two):
                month = getattr(drivers, who)
                seen = float((month < len(with_it.years)).mean())
                if abs(seen - odds) > MC_SIGMAS * np.sqrt(odds * (1.0 - odds) / month.size) + 1e-12:
                    return f"{name}: the {who} defaults on {seen:.4f} of the paths, its curve says {odds:.4f}"
        # forwards: where the rent leads, the very same paths
        if with_it.shared is None and cut.shared is None and not np.array_equal(one.ratio, two.ratio):
            return f"{name}: the rent runs another way once dependence is cut"
    return None


def _holds_facility(deal: Deal) -> bool:
    return any(isinstance(contract, Loan) and contract.collateral is not None for contract in deal.contracts.values())


LAWS: tuple[Law, ...] = (
    Law(
        "default_losses_sum_to_nought",
        "what defaults take from some parties others gain: on every path the losses of all parties and the outside sum to nought",
        "deals with a facility, its other contracts included; losses are values without any default less values",
        _holds_facility,
        losses_sum_to_nought,
        markets=2,
    ),
    Law(
        "cut_dependence_keeps_marginals",
        "cutting dependence leaves the odds of every default and the paths of the rent",
        "facilities; odds within four standard errors of the curve, on one block of paths",
        _holds_facility,
        cut_keeps_marginals,
        markets=100,
    ),
)
"""Laws of joint losses."""
