"""Laws of the joint daily paths: drifts that give every forward back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from curves import Market, equity_forward
from instruments.contracts.warrant import Warrant
from instruments.deal import Deal
from instruments.ground.tolerances import ORACLE_REL
from pricing.engines.warrant_setup import prepare
from pricing.laws.law import Law
from pricing.measures import Probability
from pricing.paths.joint import joint_steps
from pricing.registry import Settings, Task

Array = NDArray[np.float64]


def forwards_come_back(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where drift and variance of every simulated share add up to its forward, under pricing and with the share as numeraire."""
    for name, contract in deal.contracts.items():
        if not isinstance(contract, Warrant):
            continue
        drivers = prepare(Task(deal=deal, contract_id=name, contract=contract, market=market, settings=settings)).drivers
        here = drivers.keys.index(contract.underlying)
        _, _, loading = joint_steps(drivers, "pricing", None)
        for share in drivers.shares:
            at = drivers.keys.index(share.key)
            forward = np.log(equity_forward(market, share.key, drivers.grid.times) / share.spot)
            # with the share as numeraire a price gains its covariance with the share
            gained = drivers.correlation[here, at] * np.cumsum(loading[here] * loading[at])
            expectations: tuple[tuple[Probability, Array], ...] = (("pricing", forward), ("share", forward + gained))
            for probability, expected in expectations:
                _, drift, deviation = joint_steps(drivers, probability, contract.underlying)
                found = np.cumsum(drift[at] + 0.5 * deviation[at] ** 2)
                worst = float(np.abs(found - expected).max())
                if worst > ORACLE_REL * max(1.0, float(np.abs(expected).max())):
                    return f"{name}: the mean of {share.key} under {probability} is off its forward by {worst:.2e}"
    return None


LAWS: tuple[Law, ...] = (
    Law(
        "forwards_come_back",
        "drift and variance of every simulated share add up to its forward",
        "warrants, one volatility per share; with the share as numeraire the covariance with it is added",
        lambda deal: any(isinstance(contract, Warrant) for contract in deal.contracts.values()),
        forwards_come_back,
    ),
)
"""Laws of paths."""
