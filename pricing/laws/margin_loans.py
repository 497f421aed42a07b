"""Laws of margin loans: claims add up on every path, doubling doubles, more shares never hurt where that is true."""

from __future__ import annotations

import numpy as np

from curves import Market
from instruments.contracts.margin_loan import MarginLoan, ShareSale
from instruments.deal import Deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS
from pricing.laws.law import SUM_REL, Law
from pricing.ledger.margin_loan import INTEREST, LOST, PAID, PRINCIPAL, margin_loan_postings
from pricing.ledger.runs import claim_gaps
from pricing.mechanics.margin_loan import MarginRolled, roll_margin_loan
from pricing.paths.month_days import simulate_in_deal
from pricing.registry import Settings
from pricing.schedules.margin_loan import resolve_margin_loan
from pricing.schedules.types import Floats

PATHS = 512
"""Paths of the first block that are looked at one by one."""


def margin_loans(deal: Deal) -> dict[str, MarginLoan]:
    """The margin loans of a deal by contract id."""
    return {name: contract for name, contract in deal.contracts.items() if isinstance(contract, MarginLoan)}


def has_margin_loans(deal: Deal) -> bool:
    """Whether there are any."""
    return bool(margin_loans(deal))


def rolled_of(deal: Deal, market: Market, settings: Settings, loan: MarginLoan, name: str) -> MarginRolled:
    """The first paths of a loan, rolled; the same paths for every loan on the same share and borrower."""
    plan = resolve_margin_loan(deal, loan, market, name)
    world = simulate_in_deal(plan.drivers, plan.days, settings.seed, 0)
    closes = world.closes[loan.underlying][:, :PATHS]
    never = np.full(closes.shape[1], closes.shape[0], dtype=np.int64)
    defaulted = world.defaulted[plan.credit][:PATHS] if plan.credit else never
    return roll_margin_loan(plan, closes, defaulted, gained=world.rates.gained[:, :PATHS] if world.rates is not None else None)


def shortfall(rolled: MarginRolled) -> Floats:
    """What is written off [path]."""
    return (rolled.ledger[:, INTEREST + LOST] + rolled.ledger[:, PRINCIPAL + LOST]).sum(axis=0)


def _adds_up(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, loan in margin_loans(deal).items():
        ledger = rolled_of(deal, market, settings, loan, name).ledger
        for gap in claim_gaps(margin_loan_postings(name, loan), ledger):
            if not gap.difference <= CASH_CONSERVATION_ABS * loan.amount_usd:
                return f"{name}: {gap.claim}: due, paid, deferred and lost differ by {gap.difference:,.2f} USD"
        back = (ledger[:, PRINCIPAL + PAID] + ledger[:, PRINCIPAL + LOST]).sum(axis=0)
        if not np.abs(back - loan.amount_usd).max() <= CASH_CONSERVATION_ABS * loan.amount_usd * len(ledger):
            return f"{name}: principal paid and lost is not the principal lent on some path"
    return None


def _scales(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, loan in margin_loans(deal).items():
        once = rolled_of(deal, market, settings, loan, name).ledger
        twice = rolled_of(deal, market, settings, doubled(loan), name).ledger
        if not np.abs(twice - 2.0 * once).max() <= SUM_REL * loan.amount_usd:
            return f"{name}: twice the loan on twice the shares is not twice the ledger"
    return None


def doubled(loan: MarginLoan) -> MarginLoan:
    """Twice of everything that is counted in dollars or shares, the market's depth included."""
    sale, top_up = loan.sale, loan.top_up
    return loan.evolve(
        shares=2.0 * loan.shares,
        amount_usd=2.0 * loan.amount_usd,
        top_up=top_up.evolve(most_usd=_twice(top_up.most_usd), most_shares=2.0 * top_up.most_shares),
        sale=sale.evolve(shares_per_day=_twice(sale.shares_per_day), depth_shares=_twice(sale.depth_shares)),
    )


def _twice(number: float | None) -> float | None:
    return None if number is None else 2.0 * number


def _more_shares(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, loan in margin_loans(deal).items():
        if not _unwatched(loan):
            continue
        base = shortfall(rolled_of(deal, market, settings, loan, name))
        more = shortfall(rolled_of(deal, market, settings, loan.evolve(shares=1.25 * loan.shares), name))
        if (more > base + CASH_CONSERVATION_ABS * loan.amount_usd).any():
            return f"{name}: a quarter more shares lose {float((more - base).max()):,.2f} USD more on some path"
    return None


def _unwatched(loan: MarginLoan) -> bool:
    return loan.triggers is None and loan.sale.impact == ShareSale().impact and loan.sale.shares_per_day is None


def _has_unwatched(deal: Deal) -> bool:
    return any(_unwatched(loan) for loan in margin_loans(deal).values())


LAWS: tuple[Law, ...] = (
    Law(
        "margin_loan_adds_up",
        "due = paid + deferred + lost on every path and date, and principal paid and lost is the principal lent",
        f"margin loans, on {PATHS} paths of every market tried",
        has_margin_loans,
        _adds_up,
    ),
    Law(
        "margin_loan_scales",
        "twice the loan on twice the shares, sold twice as fast into twice the depth, has twice the ledger",
        "margin loans",
        has_margin_loans,
        _scales,
    ),
    Law(
        "more_shares_never_hurt",
        "more pledged shares never lose more, path by path",
        "margin loans without triggers, sold at once without impact. With triggers it is false: more shares can put a sale off until after "
        "a crash; with impact they press on their own price; sold over days, they can move the end of the sale, and the borrower's payment",
        _has_unwatched,
        _more_shares,
    ),
)
"""Laws of margin loans."""
