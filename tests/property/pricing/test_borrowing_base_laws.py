"""Laws of borrowing bases, path by path on wild rents and defaults."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from instruments.contracts.borrowing_base import BorrowingBase, ConcentrationLimit
from instruments.deal import Deal
from instruments.files import dumps_json, model_from_text
from pricing.laws.borrowing_bases import LAWS, doubled
from pricing.ledger.borrowing_base import DRAW, LOST, PAID, PRINCIPAL, borrowing_base_postings
from pricing.ledger.runs import claim_gaps
from pricing.mechanics.base_count import count_base
from pricing.mechanics.borrowing_base import BaseRolled, roll_borrowing_base
from pricing.registry import Settings
from pricing.strategies import base_deal, borrowing_bases, limits
from tests.bases import base, market, plan_of, wild

seeds = st.integers(0, 999)


def rolled(of: BorrowingBase, seed: int) -> BaseRolled:
    plan = plan_of(of)
    return roll_borrowing_base(plan, *wild(plan, seed))


@given(of=borrowing_bases(), seed=seeds)
def test_claims_add_up_and_what_is_drawn_comes_back_or_is_lost(of: BorrowingBase, seed: int) -> None:
    ledger = rolled(of, seed).ledger
    assert max(gap.difference for gap in claim_gaps(borrowing_base_postings("r", of), ledger)) <= 1e-12 * of.commitment_usd
    back = (ledger[:, PRINCIPAL + PAID] + ledger[:, PRINCIPAL + LOST] - ledger[:, DRAW]).sum(axis=0)
    np.testing.assert_allclose(back, of.drawn_usd, atol=1e-12 * of.commitment_usd * len(ledger))


@given(of=borrowing_bases(grace=False), seed=seeds)
def test_drawn_never_exceeds_the_count_after_its_cure(of: BorrowingBase, seed: int) -> None:
    found = rolled(of, seed)
    counts = slice(of.test_months - 1, plan_of(of).maturity, of.test_months)
    assert (found.drawn[counts] <= found.available[counts] + 1e-6).all()
    assert (found.drawn <= of.commitment_usd + 1e-6).all()


@given(of=borrowing_bases(), seed=seeds)
def test_a_deficiency_never_outlives_its_grace(of: BorrowingBase, seed: int) -> None:
    assert rolled(of, seed).waiting.max() <= of.grace_months + of.test_months


@given(of=borrowing_bases(), limit=limits(), seed=seeds)
def test_a_limit_more_never_counts_for_more(of: BorrowingBase, limit: ConcentrationLimit, seed: int) -> None:
    random = np.random.default_rng(seed)
    values, alive = 5e7 * random.random((3, 16)), random.random((3, 16)) < 0.8
    base_, tighter = (count_base(each, values, alive, 0).base for each in (of, of.evolve(limits=(*of.limits, limit))))
    assert (tighter <= base_ + 1e-6).all()


@given(of=borrowing_bases(), seed=seeds, asset=st.integers(0, 2))
def test_a_failed_obligor_never_adds_to_the_base(of: BorrowingBase, seed: int, asset: int) -> None:
    random = np.random.default_rng(seed)
    values, alive = 5e7 * random.random((3, 16)), np.ones((3, 16), dtype=np.bool_)
    failed = alive.copy()
    failed[asset] = False
    assert (count_base(of, values, failed, 0).base <= count_base(of, values, alive, 0).base + 1e-6).all()


@given(of=borrowing_bases(), seed=seeds)
def test_twice_of_everything(of: BorrowingBase, seed: int) -> None:
    np.testing.assert_allclose(rolled(doubled(of), seed).ledger, 2.0 * rolled(of, seed).ledger, rtol=1e-9, atol=1e-4)


@settings(max_examples=15)
@given(of=borrowing_bases(), seed=seeds)
def test_json_out_and_in_has_the_same_ledger(of: BorrowingBase, seed: int) -> None:
    again = model_from_text(dumps_json(base_deal(of)), Deal, kind="deal", language="json").contracts["revolver"]
    assert isinstance(again, BorrowingBase)
    np.testing.assert_array_equal(rolled(again, seed).ledger, rolled(of, seed).ledger)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
@pytest.mark.parametrize("changes", [{"usage": 1.0}, {"grace_months": 2, "test_months": 3}, {"deficiency": "enforce"}])
def test_shipped_laws_hold(law: object, changes: dict[str, object]) -> None:
    assert law.check(base_deal(base(**changes)), market(borrower=0.3), Settings(paths=1)) is None  # type: ignore[attr-defined]
