"""The benefit side: what funding costs by design, and what the same capacity is worth when it is built earlier.

**Model** *Funding cost*: the owners' own money at the return that they ask, borrowed money at the forward rate and its margin, by shares of
the cost. It holds the owners' return fixed, as practitioners do; Modigliani and Miller say that owners of a levered project ask more, so
that without frictions nothing is saved: the number is a claim, and bounds the saving from above.

*Earlier*: the owners can put in a budget a year, so the project starts when their own share of the cost has come together. A project that
starts at time u earns the contract's price times F(u)/F(0), then forward rents, and fetches the resale value of its age then, at
forward rents weighted by the odds that the contract is alive and that the hardware can be let again, as in a project that starts today;
the hardware costs e^{g u} as much. Being earlier is worth V(u) - V(u_baseline). Its sign is not built in: hardware
that gets cheaper faster than rents fall makes waiting worth more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curves import default_rates_key, discount_curve
from instruments.financing import Design, Funding
from pricing.risk.transfer.setup import HOURS, Setup
from pricing.schedules.types import Floats


@dataclass(frozen=True)
class Benefit:
    """Of one design."""

    funding_cost: float
    """Per year."""
    own_share: float
    """The owners' own money over the cost."""
    months_to_build: float
    """Months until the owners' share has come together."""
    start_value: float
    """Value of a project that starts then, hardware paid, USD."""


def own_share(design: Design) -> float:
    """The owners' own money over the cost, what they borrow against shares left out."""
    return design.equity_share - (design.margin_loan.share_of_cost if design.margin_loan else 0.0)


def benefit_of(setup: Setup, odds: tuple[Floats, Floats], design: Design, margins: dict[str, float], funding: Funding) -> Benefit:
    """The benefit side of a design; the own share may be below 0 where owners borrow more than they pay in: then it starts at once."""
    own = own_share(design)
    base = -float(np.log(setup.discount[setup.months])) / float(setup.steps[: setup.months].sum())
    borrowed = {f"tranches.{name}": tranche.share_of_cost for name, tranche in design.tranches.items()}
    if design.lease is not None:
        borrowed["lease"] = 1.0 - design.lease.deposit_share
    if design.prepayment is not None:
        borrowed["prepayment"] = design.prepayment.share_of_cost
    if design.margin_loan is not None:
        borrowed["margin_loan"] = design.margin_loan.share_of_cost
    cost = own * funding.required_equity_return + sum(share * (base + margins[part]) for part, share in borrowed.items())
    years = max(own, 0.0) * setup.cost / funding.equity_budget_usd_per_year
    return Benefit(cost, own, 12.0 * years, start_value(setup, odds, years, funding.hardware_price_growth))


def start_value(setup: Setup, odds: tuple[Floats, Floats], years: float, hardware_price_growth: float) -> float:
    """Value today of the project if it starts in `years`, hardware paid, USD.

    Args:
        setup: the project. odds: of the contract, and of letting again, by month of its life [month].
        years: until it starts. hardware_price_growth: g.
    """
    plant, market = setup.project.plant, setup.market
    curve = discount_curve(market, default_rates_key(market))
    months = np.arange(1, plant.months + 1)
    age = months / 12.0
    forward = setup.rent.forward(years + age)
    scale = float(setup.rent.forward(years)) / float(setup.rent.forward(0.0))
    cost = plant.running_usd_per_unit_hour
    hourly = odds[0] * (plant.contract_usd_per_hour * scale - cost) + odds[1] * np.maximum(setup.utilisation * forward - cost, 0.0)
    margin = plant.units * HOURS * hourly
    residual = plant.units * float(setup.resale.value(age[-1], years + age[-1])) * (1.0 - setup.resale.sale_cost)
    received = float((margin * curve.discount(years + age)).sum()) + residual * float(curve.discount(years + age[-1]))
    return received - setup.cost * float(np.exp(hardware_price_growth * years)) * float(curve.discount(years))
