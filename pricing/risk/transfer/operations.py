"""What the hardware earns and costs on every path, before anybody's financing: run once, shared by all designs.

**Model** (monthly) Contract rent while customer and operator live. When the customer fails, or leaves after the operator's failure, the
hardware stands idle for the market's idle months, then it is let again at the rent of the day times utilisation while that covers running
cost; else it is switched off and costs nothing. A failed operator is replaced with stated odds: rent at a share in the months until then, a
cost once, running cost raised for good. After the contract's end the hardware is let again at once. At the end of its life it is sold at
market value. Defaults of a month stop that month's rent (customer first).

Not modelled: units that break, service credits, taxes, a new contract in place of letting by the hour, default of later tenants.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pricing.paths.streams import BLOCK, generator
from pricing.paths.world import World, simulate_world
from pricing.risk.transfer.setup import HOURS, Setup
from pricing.schedules.types import Bools, Floats, Ints


@dataclass(frozen=True)
class Operations:
    """One block of paths; arrays [month, path] in USD a month, nought after the project's life unless said."""

    contract_rent: Floats
    market_rent: Floats
    running: Floats
    """Power and site of units in service, and of idle ones before letting again."""
    transition: Floats
    """Cost of replacing the operator."""
    value: Floats
    """Market value of all units, before impact and cost of sale; over all months."""
    ratio: Floats
    """Rent over its forward; over all months."""
    contract: Bools
    """Whether the contract is alive; over all months."""
    uplift: Floats
    """Running cost over what it was at the start; over all months."""
    defaulted: dict[str, Ints]
    """Credit key to the month of default [path]; the number of months where never."""
    closes: dict[str, Floats]
    """Share key to the price at month ends, 0 from its issuer's default on; over all months."""
    let_from: Ints
    """Month from which the hardware can be let again [path]."""
    tenant_default: Bools
    """The customer failed during the contract [path]."""

    @property
    def net(self) -> Floats:
        """Rent less cost [month, path]."""
        return self.contract_rent + self.market_rent - self.running - self.transition

    def first(self, count: int) -> Operations:
        """The first paths alone."""
        return Operations(
            contract_rent=self.contract_rent[:, :count],
            market_rent=self.market_rent[:, :count],
            running=self.running[:, :count],
            transition=self.transition[:, :count],
            value=self.value[:, :count],
            ratio=self.ratio[:, :count],
            contract=self.contract[:, :count],
            uplift=self.uplift[:, :count],
            defaulted={key: months[:count] for key, months in self.defaulted.items()},
            closes={key: prices[:, :count] for key, prices in self.closes.items()},
            let_from=self.let_from[:count],
            tenant_default=self.tenant_default[:count],
        )

    @property
    def paths(self) -> int:
        """Number of paths."""
        return int(self.value.shape[1])


def simulate_operations(setup: Setup, seed: int, block: int) -> Operations:
    """One block of 4,096 paths."""
    world = simulate_world(setup.drivers, "pricing", None, seed, block, touched=())
    luck = generator(seed, f"{setup.project.id}/substitute", block).random(BLOCK)
    return operate(setup, world, luck < setup.substitute.odds)


def operate(setup: Setup, world: World, substituted: Bools) -> Operations:
    """What happens to the hardware on the paths of a world.

    Args:
        setup: the project.
        world: monthly rents, shares and defaults.
        substituted: whether a failed operator is replaced [path].
    """
    plant, sub = setup.project.plant, setup.substitute
    month = np.arange(setup.total)[:, None]
    rent = world.closes[plant.rent]
    paths = rent.shape[1]
    never = np.full(paths, setup.total, dtype=np.int64)

    def default(party: str) -> Ints:
        key = setup.credit(party)
        return world.defaulted[key] if key is not None else never

    customer, operator = default(plant.customer), default(plant.operator)
    in_time = operator < np.minimum(customer, plant.contract_months)
    handover = np.where(in_time, operator + sub.delay_months, setup.total)
    leaves = np.where(in_time & ~substituted, handover, setup.total)
    ends = np.minimum(np.minimum(customer, leaves), plant.contract_months)
    contract = month < ends
    broken = ends < plant.contract_months
    interim = contract & (month >= operator) & (month < handover) & in_time
    life = month < setup.months
    idle = (month >= ends) & (month < ends + setup.relet_months) & broken & life
    uplift = 1.0 + sub.cost_uplift * ((month >= handover) & in_time & substituted)
    month_cost = plant.units * HOURS * plant.running_usd_per_unit_hour * uplift
    let = plant.units * HOURS * setup.utilisation * rent
    again = (month >= ends) & ~idle & life & (let > month_cost)
    served = contract & life
    fixed = plant.units * HOURS * plant.contract_usd_per_hour
    ratio = rent / setup.forward_rent[:, None]
    return Operations(
        contract_rent=np.where(served, fixed * np.where(interim, sub.interim_share, 1.0), 0.0),
        market_rent=np.where(again, let, 0.0),
        running=np.where(served | again, month_cost, np.where(idle, plant.idle_cost_share * month_cost, 0.0)),
        transition=np.where((month == handover) & (month < ends) & life, plant.units * sub.cost_usd_per_unit, 0.0),
        value=setup.age_value[:, None] * ratio**setup.resale.rent_elasticity,
        ratio=ratio,
        contract=served,
        uplift=uplift,
        defaulted=dict(world.defaulted),
        closes={share.key: world.closes[share.key] for share in setup.drivers.shares},
        let_from=np.where(broken, ends + setup.relet_months, ends),
        tenant_default=(customer < plant.contract_months) & (customer <= ends),
    )


def project_value(setup: Setup, operations: Operations) -> Floats:
    """Present value of the whole project to whoever owns all of it, cost included [path]; minus it is the loss of all equity."""
    last = setup.months - 1
    end = operations.value[last] * (1.0 - setup.resale.sale_cost) * setup.discount[last + 1]
    return np.einsum("t,tp->p", setup.discount[1:], operations.net) + end - setup.cost
