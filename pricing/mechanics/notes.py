"""Notes month by month on a block of paths: the pool's collections go through the order of payments, and are posted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pricing.ledger.notes import CALL, DEFERRED, DUE, LOST, PAID, POOL_INTEREST, POOL_PRINCIPAL, RECOVERY, NotesColumns
from pricing.mechanics.pool import Collections
from pricing.priority.interpreter import run_order
from pricing.priority.state import Claim, Pot
from pricing.schedules.notes import NotesPlan
from pricing.schedules.types import Bools, Floats


@dataclass(frozen=True)
class NotesRolled:
    """One block rolled."""

    ledger: Floats
    """[time, posting, path]"""
    balances: Floats
    """Of each class at each month end [class, time, path]."""
    failed: Mapping[int, Bools]
    """Coverage test by its step: whether it failed on any date [path]."""
    called: Bools
    """Whether the pool was bought [path]."""


def roll_notes(plan: NotesPlan, columns: NotesColumns, pool: Collections) -> NotesRolled:
    """Run the order of payments over every month of one block."""
    months, paths = pool.interest.shape
    ledger = np.zeros((months, len(columns.plan), paths))
    balances = np.empty((len(plan.notes.classes), months, paths))
    failed: dict[int, Bools] = {}
    called = np.zeros(paths, dtype=np.bool_)
    pot = _opened(plan, paths)
    for month in range(months):
        row = ledger[month]
        before = dict(pot.accounts)
        owed = {start: claim.owed for start, claim in _claims(columns, pot)}
        _collect(plan, pot, pool, month, np.where(called, 0.0, 1.0), row)
        run_order(plan.notes.order, pot)
        for index, fails in pot.failed.items():
            failed[index] = failed.get(index, np.zeros(paths, dtype=np.bool_)) | fails
        if pot.called is not None and pot.call_price is not None:
            called |= pot.called
            row[CALL] = pot.call_price
        for start, claim in _claims(columns, pot):
            row[start + PAID], row[start + DUE] = claim.paid, claim.due
            if pot.final:
                row[start + LOST] = claim.owed
                claim.owed = np.zeros(paths)
            row[start + DEFERRED] = claim.owed - owed[start]
        for name, column in columns.accounts.items():
            row[column] = pot.accounts[name] - before[name]
        row[columns.release] = pot.released if pot.released is not None else 0.0
        for index, balance in enumerate(pot.balance.values()):
            balances[index, month] = 0.0 if pot.final else balance
    return NotesRolled(ledger, balances, failed, called)


def _opened(plan: NotesPlan, paths: int) -> Pot:
    notes = plan.notes
    return Pot(
        date=plan.dates[0],
        cash=np.zeros(paths),
        fees={fee.label: Claim.none(paths) for fee in notes.fees},
        interest={each.label: Claim.none(paths) for each in notes.classes},
        principal={each.label: Claim.none(paths) for each in notes.classes},
        balance={each.label: np.full(paths, each.balance_usd) for each in notes.classes},
        accounts={account.label: np.full(paths, account.opening_usd) for account in notes.accounts},
        targets={},
        pool=np.full(paths, float(plan.opening[:, 0].sum())),
        opening_pool=float(plan.opening[:, 0].sum()),
        interest_in=np.zeros(paths),
        principal_in=np.zeros(paths),
        amounts={},
    )


def _claims(columns: NotesColumns, pot: Pot) -> Iterator[tuple[int, Claim]]:
    for starts, claims in ((columns.fees, pot.fees), (columns.interest, pot.interest), (columns.principal, pot.principal)):
        for name, start in starts.items():
            yield start, claims[name]


def _collect(plan: NotesPlan, pot: Pot, pool: Collections, month: int, alive: Floats, row: Floats) -> None:
    """A new month in the pot: collections, what falls due, targets."""
    interest, principal = alive * pool.interest[month], alive * pool.principal[month]
    recovery, defaulted = alive * pool.recovery[month], alive * pool.defaulted[month]
    row[POOL_INTEREST], row[POOL_PRINCIPAL], row[RECOVERY] = interest, principal, recovery
    for fee in plan.notes.fees:
        outstanding = sum(pot.balance.values(), np.zeros(pot.paths)) > 0.0
        pot.fees[fee.label].accrue(np.where(outstanding, fee.rate / 12.0 * pot.pool + fee.monthly_usd, 0.0))
    pot.date, pot.final = plan.dates[month], month == len(plan.dates) - 1
    pot.cash, pot.pool = pot.cash + interest + principal + recovery, alive * pool.performing[month]
    pot.interest_in, pot.principal_in = interest, principal + recovery
    pot.amounts = {"collected": principal + recovery, "pool_decline": principal + defaulted}
    pot.failed = dict[int, Bools]()
    pot.called = pot.call_price = pot.released = None
    for index, each in enumerate(plan.notes.classes):
        balance = pot.balance[each.label]
        pot.interest[each.label].accrue(plan.rates[index, month] * balance)
        pot.principal[each.label].accrue(balance if pot.final else np.zeros(pot.paths))
    notes = sum(pot.balance.values(), np.zeros(pot.paths))
    for account in plan.notes.accounts:
        target = np.where(notes > 0.0, np.maximum(account.target_share * notes, account.floor_usd), 0.0)
        pot.targets[account.label] = np.zeros(pot.paths) if pot.final else target
        if pot.final:
            pot.cash = pot.cash + pot.accounts[account.label]
            pot.accounts[account.label] = np.zeros(pot.paths)
