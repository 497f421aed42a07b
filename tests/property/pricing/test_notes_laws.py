"""Laws of notes with their domains, path by path on wild pools; and tempting ones that are false."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.special import ndtri

from instruments.conditions import RatioTest
from instruments.contracts.coupons import FixedCoupon
from instruments.contracts.notes import NoteClass, Notes
from instruments.deal import Deal
from instruments.files import dumps_json, model_from_text
from instruments.priority import PayInterest, PayPrincipal, Turbo
from pricing.laws.notes import (
    LAWS,
    MEAN_ABS,
    NODES,
    doubled,
    is_senior_first,
    is_sequential,
    is_switchable,
    lost_by,
    made_sequential,
    more_subordinated,
    pot_of,
    steeper,
)
from pricing.ledger.notes import PAID, notes_columns
from pricing.ledger.runs import claim_gaps
from pricing.mechanics.notes import roll_notes
from pricing.mechanics.pool import large_pool_collections
from pricing.registry import Settings
from pricing.strategies import notes_deal, pool_notes
from pricing.strategies.notes import FEES, Release, interest_first, principal_second, senior_first, with_tests
from tests.pools import by_hand, market, notes, plan_of, rolled

seeds = st.integers(0, 999)
SLACK = 1e-6
"""USD on a pool of 1e8: rounding."""


@given(of=pool_notes(), seed=seeds)
def test_claims_add_up_and_the_pot_is_empty(of: Notes, seed: int) -> None:
    columns, found = rolled(of, seed)
    assert max(gap.difference for gap in claim_gaps(columns.plan, found.ledger)) < SLACK
    assert np.abs(pot_of(columns, found, of.issuer)).max() < SLACK
    assert (found.balances >= 0.0).all()
    paid = [start + PAID for starts in (columns.fees, columns.interest, columns.principal) for start in starts.values()]
    assert (found.ledger[:, [*paid, columns.release]] >= -SLACK).all()


@given(of=pool_notes(interest_first()), seed=seeds)
def test_the_senior_recovers_at_least_the_juniors_share(of: Notes, seed: int) -> None:
    assert is_sequential(of)
    columns, found = rolled(of, seed)
    senior, junior = (found.ledger[:, columns.principal[c.label] + PAID].sum(axis=0) / c.balance_usd for c in of.classes)
    assert (senior >= junior - 1e-12).all()


@given(of=pool_notes(senior_first()), seed=seeds)
def test_subordination_protects_the_senior(of: Notes, seed: int) -> None:
    assert is_senior_first(of)
    base, other = (lost_by(*rolled(each, seed), "A") for each in (of, more_subordinated(of)))
    assert (other <= base + SLACK).all()


def test_subordination_can_hurt_where_junior_interest_ranks_first() -> None:
    # a tenth of the senior class, 80, carries the junior coupon of 90 %: 6 a month less for the senior over two years, then all fails
    dear = NoteClass(label="B", balance_usd=200.0, coupon=FixedCoupon(rate=0.9), holder="fund")
    order = (FEES, PayInterest(claims=("A", "B")), Turbo(claims=("A", "B")), Release())
    pool = (notes().pool[0].evolve(coupon=0.36, months=24, recovery=0.05),)
    of = notes(pool=pool, classes=(notes().classes[0], dear), order=order, legal_final=dt.date(2028, 1, 31))
    base, other = (lost_by(*by_hand(each, [1.0] * 23 + [0.0]), "A")[0] for each in (of, more_subordinated(of)))
    assert other > base + 40.0
    assert not is_senior_first(of)


@given(of=pool_notes(principal_second("pro_rata")), seed=seeds)
def test_sequential_protects_the_senior(of: Notes, seed: int) -> None:
    assert is_switchable(of)
    base, other = (lost_by(*rolled(each, seed), "A") for each in (of, made_sequential(of)))
    assert (other <= base + SLACK).all()


@given(of=pool_notes(), seed=seeds)
def test_an_impossible_trigger_never_fires(of: Notes, seed: int) -> None:
    never = Turbo(claims=("B", "A"), when=RatioTest(measure="oc_A", at_most=-1.0, meet="latched"))
    np.testing.assert_array_equal(rolled(of.evolve(order=(never, *of.order)), seed)[1].ledger, rolled(of, seed)[1].ledger)


@given(of=pool_notes(), seed=seeds)
def test_twice_of_everything(of: Notes, seed: int) -> None:
    np.testing.assert_allclose(rolled(doubled(of), seed)[1].ledger, 2.0 * rolled(of, seed)[1].ledger, rtol=1e-9, atol=1e-3)


@given(share=st.sampled_from([0.5, 0.1]), of=pool_notes(interest_first()), seed=seeds)
def test_splitting_a_class_pari_passu_changes_nothing(share: float, of: Notes, seed: int) -> None:
    senior, junior = of.classes
    parts = (
        senior.evolve(label="A1", balance_usd=share * senior.balance_usd),
        senior.evolve(label="A2", balance_usd=(1 - share) * senior.balance_usd),
    )
    one_by_one = (PayInterest(claims=("A",)), PayInterest(claims=("B",)), PayPrincipal(claims=("A",)), PayPrincipal(claims=("B",)))
    whole = of.evolve(order=(FEES, *one_by_one, Release()))
    split = of.evolve(
        classes=(*parts, junior),
        order=(
            FEES,
            PayInterest(claims=("A1", "A2"), how="pro_rata"),
            PayInterest(claims=("B",)),
            PayPrincipal(claims=("A1", "A2"), how="pro_rata"),
            PayPrincipal(claims=("B",)),
            Release(),
        ),
    )
    (one, base), (two, found) = rolled(whole, seed), rolled(split, seed)
    for table in ("interest", "principal"):
        for offset in range(4):
            both = sum(found.ledger[:, getattr(two, table)[name] + offset] for name in ("A1", "A2"))
            np.testing.assert_allclose(both, base.ledger[:, getattr(one, table)["A"] + offset], atol=1e-5)
    np.testing.assert_allclose(found.ledger[:, two.release], base.ledger[:, one.release], atol=1e-5)


@settings(max_examples=15)
@given(of=pool_notes(), seed=seeds)
def test_json_out_and_in_has_the_same_ledger(of: Notes, seed: int) -> None:
    again = model_from_text(dumps_json(notes_deal(of)), Deal, kind="deal", language="json").contracts["notes"]
    assert isinstance(again, Notes)
    np.testing.assert_array_equal(rolled(again, seed)[1].ledger, rolled(of, seed)[1].ledger)


def expected_loss(of: Notes, label: str, hazard: float) -> float:
    plan = plan_of(of, market(hazard=hazard))
    pool = large_pool_collections(plan, ndtri((np.arange(NODES) + 0.5) / NODES))
    columns = notes_columns("notes", of)
    return float(lost_by(columns, roll_notes(plan, columns, pool), label).mean())


@settings(max_examples=20)
@given(of=pool_notes(senior_first()), hazard=st.sampled_from([0.02, 0.2, 1.0]))
def test_recovery_that_falls_raises_what_the_senior_loses(of: Notes, hazard: float) -> None:
    base, other = (expected_loss(each, "A", hazard) for each in (of, steeper(of)))
    assert other >= base - MEAN_ABS * 1e8


def test_recovery_that_falls_can_help_a_class_in_the_middle() -> None:
    # half of the pool fails on average: B is mostly lost where recoveries are constant, and often saved in good years where they fall
    of = notes(order=senior_first(), pool=(notes().pool[0].evolve(coupon=0.0, loading=0.3, recovery=0.5),))
    assert expected_loss(steeper(of), "B", 4.0) < expected_loss(of, "B", 4.0) - 1.0


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
@pytest.mark.parametrize("order", [senior_first(), principal_second(), with_tests()], ids=["senior first", "principal second", "tested"])
def test_shipped_laws_hold(law: object, order: tuple[object, ...]) -> None:
    accounts = (notes().accounts[0].evolve(floor_usd=10.0), notes().accounts[0].evolve(label="trap"))
    deal = notes_deal(notes(order=order, accounts=accounts))
    if law.applies(deal):  # type: ignore[attr-defined]
        assert law.check(deal, market(hazard=0.5), Settings(paths=1)) is None  # type: ignore[attr-defined]
