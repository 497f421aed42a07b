"""Do the strategies of margin loans, notes and borrowing bases reach what they are there to reach?"""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings, strategies as st

from instruments.contracts.borrowing_base import BorrowingBase
from instruments.contracts.margin_loan import MarginLoan
from instruments.contracts.notes import Notes
from pricing.laws.margin_loans import shortfall
from pricing.ledger.borrowing_base import DRAW, LOST, PRINCIPAL
from pricing.mechanics.borrowing_base import roll_borrowing_base
from pricing.mechanics.margin_loan import roll_margin_loan
from pricing.strategies import borrowing_bases, margin_loans, pool_notes
from pricing.strategies.notes import with_tests
from tests import bases, margins, pools

seeds = st.integers(0, 99)
quick = settings(max_examples=25, suppress_health_check=list(HealthCheck))


def test_margin_loans_are_called_cured_sold_and_lost() -> None:
    seen: Counter[str] = Counter()

    @quick
    @given(margin_loans(), seeds)
    def collect(of: MarginLoan, seed: int) -> None:
        plan = margins.plan_of(of, margins.market(hazard=0.1))
        found = roll_margin_loan(plan, *margins.random_closes(plan, seed))
        sold = found.liquidated < plan.drivers.grid.size
        seen["called"] += int(found.called.sum())
        seen["cured"] += int((found.restored > 0.0).sum())
        seen["sold"] += int(sold.sum())
        seen["kept"] += int((~sold).sum())
        seen["lost"] += int((shortfall(found) > 0.0).sum())

    collect()
    assert min(seen[name] for name in ("called", "cured", "sold", "kept", "lost")) > 20


def test_notes_fail_tests_are_called_and_lose_in_both_classes() -> None:
    seen: Counter[str] = Counter()

    @quick
    @given(pool_notes(with_tests()), seeds)
    def collect(of: Notes, seed: int) -> None:
        columns, found = pools.rolled(of, seed)
        seen["called"] += int(found.called.sum())
        for index, fails in found.failed.items():
            seen[f"test {index}"] += int(fails.sum())
        for label in ("A", "B"):
            seen[f"lost {label}"] += int((found.ledger[:, columns.principal[label] + 3].sum(axis=0) > 1.0).sum())

    collect()
    assert len(seen) == 6
    assert min(seen.values()) > 10


def test_borrowing_bases_draw_fall_short_default_and_lose() -> None:
    seen: Counter[str] = Counter()

    @quick
    @given(borrowing_bases(), seeds)
    def collect(of: BorrowingBase, seed: int) -> None:
        plan = bases.plan_of(of)
        found = roll_borrowing_base(plan, *bases.wild(plan, seed))
        seen["drawn"] += int((found.ledger[:, DRAW] > 0.0).any(axis=0).sum())
        seen["deficient"] += int(found.deficient.sum())
        seen["defaulted"] += int(found.defaulted.sum())
        seen["lost"] += int((found.ledger[:, PRINCIPAL + LOST] > 1.0).any(axis=0).sum())

    collect()
    assert min(seen[name] for name in ("drawn", "deficient", "defaulted", "lost")) > 20
