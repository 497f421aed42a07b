"""The outside world on the ledger: rents, running cost, the purchase, and every sale of hardware, orderly or forced.

The price of a quick sale lies below the market's. What the hardware is worth changes hands as a terminal value: its buyers gain the
discount, less the share of it that is lost because they have less use for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instruments.project import BUYERS_OF_HARDWARE
from pricing.risk.transfer.book import Book, Columns
from pricing.risk.transfer.operations import Operations
from pricing.risk.transfer.setup import HOURS, Setup
from pricing.schedules.types import Bools, Floats, Ints

VEHICLE = "project"
OUTSIDE = ("market", "site", "brokers", "hardware_maker", "nobody", "project/hardware")
"""Who is no holder; the customer's rents have an account of their own beside."""


def rent_account(customer: str) -> str:
    """The customer as a user of capacity, apart from its owners as holders."""
    return f"{customer}/rents"


@dataclass(frozen=True)
class HardwareColumns:
    """Columns of the outside world."""

    purchase: int
    contract_rent: int
    market_rent: int
    running: int
    transition: int
    idle: int
    removal: int
    price: int
    sale_cost: int
    value_sold: int
    lost_use: int


def hardware_columns(columns: Columns, setup: Setup, owner: str) -> HardwareColumns:
    """The columns; `owner` buys and sells the hardware and pays for it while it is seized: the vehicle, or a lessor."""
    customer = rent_account(setup.project.plant.customer)
    add = columns.add
    return HardwareColumns(
        purchase=add(owner, "hardware_maker", "hardware", "purchase"),
        contract_rent=add(customer, VEHICLE, "hardware", "contract rent"),
        market_rent=add("market", VEHICLE, "hardware", "market rent"),
        running=add(VEHICLE, "site", "hardware", "running cost"),
        transition=add(VEHICLE, "site", "hardware", "new operator"),
        idle=add(owner, "site", "hardware", "idle cost"),
        removal=add(owner, "site", "hardware", "removal"),
        price=add(BUYERS_OF_HARDWARE, owner, "hardware", "price of hardware"),
        sale_cost=add(owner, "brokers", "hardware", "cost of sale"),
        value_sold=add("project/hardware", BUYERS_OF_HARDWARE, "hardware", "value of hardware sold", "terminal"),
        lost_use=add(BUYERS_OF_HARDWARE, "nobody", "hardware", "use lost in a quick sale", "terminal"),
    )


def post_operations(columns: HardwareColumns, operations: Operations, t: int, performing: Bools, book: Book) -> Floats:
    """Rents and costs of a month where nobody has seized the hardware; their net [path]."""
    net = np.zeros(operations.paths)
    for column, amounts, sign in (
        (columns.contract_rent, operations.contract_rent, 1.0),
        (columns.market_rent, operations.market_rent, 1.0),
        (columns.running, operations.running, -1.0),
        (columns.transition, operations.transition, -1.0),
    ):
        amount = np.where(performing, amounts[t], 0.0)
        book.post(column, t + 1, amount)
        net = net + sign * amount
    return net


@dataclass(frozen=True)
class SaleMonth:
    """What a month of seizure or a sale brings and costs [path], USD."""

    price: Floats
    cost: Floats
    idle: Floats
    removal: Floats


def sale_month(setup: Setup, operations: Operations, t: int, seized: Ints) -> SaleMonth:
    """One month of the forced sale: idle from the month after the seizure, lots after repossession, removal cost at once.

    Args:
        setup, operations: the project and its paths.
        t: the month.
        seized: month of the decision to sell [path].
    """
    rules, plant = setup.project.enforcement, setup.project.plant
    since = t - seized
    if not (since >= 1).any():
        none = np.zeros(operations.paths)
        return SaleMonth(none, none, none, none)
    on = (since >= 1) & (since <= rules.repossession_months + rules.lots)
    lot = np.clip(since - rules.repossession_months - 1, 0, rules.lots - 1)
    selling = on & (since > rules.repossession_months)
    gross = np.where(selling, operations.value[t] / rules.lots * setup.lot_prices[lot], 0.0)
    unsold = 1.0 - np.where(selling, lot, 0) / rules.lots
    idle = plant.units * HOURS * plant.running_usd_per_unit_hour * plant.idle_cost_share * operations.uplift[t] * unsold
    return SaleMonth(
        price=gross,
        cost=gross * setup.resale.sale_cost,
        idle=np.where(on, idle, 0.0),
        removal=np.where(since == 1, plant.units * rules.cost_usd_per_unit, 0.0),
    )


def post_sale(columns: HardwareColumns, setup: Setup, t: int, month: SaleMonth, value: Floats, book: Book) -> None:
    """The sale on the ledger; `value` is what the units sold are worth at the market's price [path]."""
    row = t + 1
    book.post(columns.price, row, month.price)
    book.post(columns.sale_cost, row, month.cost)
    book.post(columns.idle, row, month.idle)
    book.post(columns.removal, row, month.removal)
    book.post(columns.value_sold, row, value)
    book.post(columns.lost_use, row, setup.project.enforcement.discount_lost_share * (value - month.price))


def last_sale(setup: Setup, operations: Operations, t: int, performing: Bools) -> SaleMonth:
    """The orderly sale at the end of the project's life, without impact."""
    gross = np.where(performing, operations.value[t], 0.0)
    none = np.zeros(operations.paths)
    return SaleMonth(gross, gross * setup.resale.sale_cost, none, none)


def sells(setup: Setup, operations: Operations, t: int, at: Ints, claim: Floats) -> Bools:
    """Whether creditors sell rather than let the hardware again, at the end of month t, on some paths [at].

    **Model** both estimated at forward rents times the rent ratio of the day, discounted, and both at most the claim (a quick sale that
    covers the claim is enough for a creditor, whatever the owners lose by it).

    Args:
        setup, operations, t: as elsewhere. at: which paths.
        claim: what is owed [at]; infinite for a lessor, who owns the hardware.
    """
    rules, plant = setup.project.enforcement, setup.project.plant
    if rules.choice == "sell":
        return np.ones(at.size, dtype=np.bool_)
    ratio, discount = operations.ratio[t, at], setup.discount[1:] / setup.discount[t + 1]
    worth = ratio**setup.resale.rent_elasticity
    keep = 1.0 - setup.resale.sale_cost
    month_cost = plant.units * HOURS * plant.running_usd_per_unit_hour * operations.uplift[t, at]
    idle = plant.idle_cost_share * month_cost
    ahead = np.arange(t + 1, setup.months)
    let = plant.units * HOURS * setup.utilisation * setup.forward_rent[ahead, None] * ratio
    waits = ahead[:, None] < operations.let_from[at]
    hold = np.einsum("t,tp->p", discount[ahead], np.where(waits, -idle, np.maximum(let - month_cost, 0.0)))
    hold = hold + discount[setup.months - 1] * setup.age_value[setup.months - 1] * worth * keep
    sale = np.full(at.size, -plant.units * rules.cost_usd_per_unit)
    prices = setup.lot_prices
    for month in range(1, rules.repossession_months + rules.lots + 1):
        lot, then = month - rules.repossession_months - 1, t + month
        sale = sale - discount[then] * idle * (1.0 - max(lot, 0) / rules.lots)
        if lot >= 0:
            sale = sale + discount[then] * setup.age_value[then] * worth * keep * prices[lot] / rules.lots
    return np.minimum(sale, claim) >= np.minimum(hold, claim)
