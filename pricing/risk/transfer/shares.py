"""Two layers on shares: warrants that the vendor gives, and a loan against the operator's shares.

Warrants: each step vests on the first month end from its date on at which the price stands at its target, if the customer took the
hardware up to then and the issuer lives; it is exercised at once, and the shares are worth the price of that month. The quoted price
already holds what the market expects of the dilution. Month ends, not days: a target touched in between does not count.

Margin loan: interest every month, principal at the end, from the owner's pocket. From the liquidation ratio on, and at the operator's
default, the pledged shares are sold at the next price less discount and cost; the lender takes at most its claim, the owner the rest. Not
modelled: margin calls that are answered, recourse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instruments.financing import ShareMarginLoan, VendorWarrants
from instruments.project import BUYERS_OF_SHARES
from pricing.risk.transfer.book import DUE, LOST, PAID, Book, Columns
from pricing.risk.transfer.operations import Operations
from pricing.risk.transfer.setup import Setup
from pricing.schedules.types import Floats


@dataclass(frozen=True)
class WarrantColumns:
    """Columns of the warrants."""

    value: int
    strike: int
    shares: int


def warrant_columns(columns: Columns, terms: VendorWarrants) -> WarrantColumns:
    """The columns."""
    give, get = terms.issuer, terms.holder
    return WarrantColumns(
        value=columns.add(give, get, "warrants", "value of shares vested", "terminal"),
        strike=columns.add(get, give, "warrants", "strike"),
        shares=columns.add(give, get, "warrants", "shares vested", "cash", "shares"),
    )


def post_warrants(setup: Setup, terms: VendorWarrants, operations: Operations, columns: WarrantColumns, book: Book) -> None:
    """Post every step where it vests."""
    key = setup.share(terms.issuer)
    prices = operations.closes[key or ""]
    customer = setup.credit(setup.project.plant.customer)
    month = np.arange(setup.total)[:, None]
    for step in terms.steps:
        accepted = np.ones(operations.paths, dtype=np.bool_) if customer is None else operations.defaulted[customer] >= step.month
        meets = (month >= step.month - 1) & (month < terms.months) & (prices >= max(step.hurdle_usd, terms.strike_usd)) & (prices > 0.0)
        meets = meets & accepted
        first = np.where(meets.any(axis=0), meets.argmax(axis=0), setup.total)
        for t in range(step.month - 1, terms.months):
            vests = first == t
            if vests.any():
                shares = np.where(vests, step.shares, 0.0)
                book.post(columns.value, t + 1, shares * prices[t])
                book.post(columns.strike, t + 1, shares * terms.strike_usd)
                book.post(columns.shares, t + 1, shares)


@dataclass(frozen=True)
class MarginLoanColumns:
    """Columns of the margin loan."""

    draw: int
    interest: int
    principal: int
    sale: int
    cost: int
    value_sold: int


def margin_loan_columns(columns: Columns, terms: ShareMarginLoan) -> MarginLoanColumns:
    """The columns: the sale stands in the owner's books."""
    owner, lender = terms.borrower, terms.lender
    return MarginLoanColumns(
        draw=columns.add(lender, owner, "margin_loan", "draw"),
        interest=columns.claim(owner, lender, "margin_loan", "interest"),
        principal=columns.claim(owner, lender, "margin_loan", "principal"),
        sale=columns.add(BUYERS_OF_SHARES, owner, "margin_loan", "sale of pledged shares"),
        cost=columns.add(owner, "brokers", "margin_loan", "cost of share sale"),
        value_sold=columns.add(owner, BUYERS_OF_SHARES, "margin_loan", "value of shares sold", "terminal"),
    )


def post_margin_loan(
    setup: Setup, terms: ShareMarginLoan, margin: float, operations: Operations, columns: MarginLoanColumns, book: Book
) -> Floats:
    """Post the loan; what its sale costs brokers, discounted [path]."""
    key = setup.share(setup.project.plant.operator)
    spot = setup.drivers.share(key or "").spot
    prices = operations.closes[key or ""]
    amount = terms.share_of_cost * setup.cost
    pledged = amount / (terms.opening_ltv * spot)
    book.post(columns.draw, 0, amount)
    rate = setup.forward_rate + margin * setup.steps
    open_ = np.ones(operations.paths, dtype=np.bool_)
    brokers = np.zeros(operations.paths)
    for t in range(terms.months):
        row = t + 1
        interest = np.where(open_, amount * rate[t], 0.0)
        worth = pledged * prices[t]
        breach = open_ & (amount + amount * rate[t] >= terms.liquidation_ltv * worth)
        last = open_ & ~breach & (t == terms.months - 1)
        proceeds = np.where(breach, worth * (1.0 - terms.discount), 0.0)
        cost = terms.sale_cost * proceeds
        net = proceeds - cost
        from_sale = np.minimum(net, interest)
        paid_interest = np.where(breach, from_sale, interest)
        paid_principal = np.where(breach, np.minimum(net - from_sale, amount), np.where(last, amount, 0.0))
        due = np.where(breach | last, amount, 0.0)
        for column, owed, paid in ((columns.interest, interest, paid_interest), (columns.principal, due, paid_principal)):
            book.post(column + DUE, row, owed)
            book.post(column + PAID, row, paid)
            book.post(column + LOST, row, owed - paid)
        book.post(columns.sale, row, proceeds)
        book.post(columns.cost, row, cost)
        book.post(columns.value_sold, row, np.where(breach, worth, 0.0))
        brokers = brokers + setup.discount[row] * cost
        open_ = open_ & ~breach & ~last
    return brokers
