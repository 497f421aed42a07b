"""Notes by hand on a pool of one line and three months; limits; messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from instruments import PricingError
from instruments.conditions import PriceTarget
from instruments.contracts.coupons import FixedCoupon
from instruments.contracts.notes import NoteAccount, NoteClass, PoolAsset
from instruments.ground.errors import TermsError
from instruments.ground.tolerances import PV_REL
from instruments.priority import CoverageTest, FillReserve, PayFees, PayInterest, PayPrincipal, Release, TrapCash, Turbo
from pricing import price, simulate
from pricing.engines.notes_rows import yearly_irr
from pricing.ledger.notes import DEFERRED, DUE, LOST, PAID
from pricing.schedules.notes import line_flows
from pricing.strategies.notes import AS_OF, notes_deal
from tests.pools import by_hand, market, notes, plan_of


def test_a_good_pool_pays_everybody() -> None:
    columns, rolled = by_hand(notes(), [1.0])
    # each month 12 in, 1 fee, 4 and 2 interest, 5 released; at the end 1,200 repay 1,000
    ledger = rolled.ledger[:, :, 0]
    assert ledger[:, columns.interest["A"] + PAID] == pytest.approx([4.0, 4.0, 4.0])
    assert ledger[:, columns.interest["B"] + PAID] == pytest.approx([2.0, 2.0, 2.0])
    assert ledger[:, columns.release] == pytest.approx([5.0, 5.0, 205.0])
    assert ledger[:, columns.principal["A"] + PAID] == pytest.approx([0.0, 0.0, 800.0])


def test_a_default_cuts_the_junior_first() -> None:
    columns, rolled = by_hand(notes(), [1.0, 0.5])
    ledger = rolled.ledger[:, :, 0]
    # month 2: 600 of the pool fail, 240 come back at once, 6 of interest: 246 - 1 - 6 = 239 repay A; month 3: 606 - 1 - ...
    assert ledger[1, columns.principal["A"] + PAID] == pytest.approx(239.0)
    left = 800.0 - 239.0
    interest = left * 0.06 / 12.0
    assert ledger[2, columns.interest["A"] + PAID] == pytest.approx(interest)
    assert ledger[2, columns.principal["A"] + PAID] == pytest.approx(left)
    assert ledger[2, columns.principal["B"] + PAID] == pytest.approx(606.0 - 1.0 - interest - 2.0 - left)
    assert ledger[2, columns.principal["B"] + LOST] == pytest.approx(200.0 - (606.0 - 1.0 - interest - 2.0 - left))


def test_interest_that_is_missed_is_put_off_and_then_lost() -> None:
    columns, rolled = by_hand(notes(recovery_lag_months=0), [0.0])
    ledger = rolled.ledger[:, :, 0]
    # all fail at once: 480 recovered, 1 + 4 + 2 paid, 473 repay A; then nothing comes in
    start = columns.interest["A"]
    assert ledger[1, start + DUE] == pytest.approx((800.0 - 473.0) * 0.005)
    assert ledger[1, start + DEFERRED] == pytest.approx(ledger[1, start + DUE])
    assert ledger[2, start + LOST] == pytest.approx(2.0 * ledger[1, start + DUE])
    assert ledger[2, columns.principal["B"] + LOST] == pytest.approx(200.0)


@pytest.mark.parametrize("shape", ["level", "linear", "bullet"])
@pytest.mark.parametrize("coupon", [0.0, 0.12])
def test_lines_of_a_pool_repay_their_balance(shape: str, coupon: float) -> None:
    asset = PoolAsset.model_validate(
        {"label": "a", "balance_usd": 100.0, "coupon": coupon, "months": 10, "amortisation": shape, "credit": "credit:OBL"}
    )
    balance, interest, principal = line_flows(asset, 12)
    assert principal.sum() == pytest.approx(100.0, rel=PV_REL)
    np.testing.assert_allclose(interest, balance * coupon / 12.0)
    if shape == "level":
        np.testing.assert_allclose((interest + principal)[:10], (interest + principal)[0])


def test_irr_by_hand() -> None:
    flows = np.array([[1.0, 0.0, 110.0], [101.0, 0.0, 0.0]])
    found = yearly_irr(flows, 100.0)
    assert found == pytest.approx([1.01**12 - 1.0, -1.0, 1.1**12 - 1.0], rel=1e-9)  # sixty halvings of a range of a hundred


def test_no_default_is_no_loss_and_certain_default_is_the_recovery() -> None:
    safe = price(notes_deal(notes()), market(hazard=0.0), method="simulation", paths=1, threads=1)
    assert safe.row("expected_shortfall", part="B").value == 0.0
    assert safe.row("value", part="A").standard_error == 0.0
    lost = price(notes_deal(notes()), market(hazard=1e6), method="simulation", paths=1, threads=1)
    assert lost.row("pool_default_share").value == 1.0
    # 480 recovered less fee and interest of the first month; 2.5 months of missed interest of A
    assert lost.row("expected_shortfall", part="A").value == pytest.approx(327.0 + 2 * 327.0 * 0.005)


def test_attachment_and_life() -> None:
    found = price(notes_deal(notes()), market(hazard=0.0), method="simulation", paths=1, threads=1)
    assert found.row("detachment", part="A").value == 1.0
    assert found.row("attachment", part="A").value == pytest.approx(1.0 - 800.0 / 1200.0)
    assert found.row("detachment", part="B").value == pytest.approx(1.0 - 800.0 / 1200.0)
    assert found.row("attachment", part="B").value == pytest.approx(200.0 / 1200.0)
    assert found.row("wal", part="A").value == pytest.approx(plan_of(notes()).years[-1])


def test_the_fair_coupon_brings_a_class_to_par_where_nobody_defaults() -> None:
    found = price(notes_deal(notes()), market(hazard=0.0), method="simulation", paths=1, threads=1)
    coupon = found.row("fair_coupon", part="A").value
    assert coupon is not None
    classes = (notes().classes[0].evolve(coupon=FixedCoupon(rate=coupon)), notes().classes[1])
    again = price(notes_deal(notes(classes=classes)), market(hazard=0.0), method="simulation", paths=1, threads=1)
    assert again.row("value", part="A").value == pytest.approx(800.0, rel=PV_REL)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"issuer": "nobody"}, "no such"),
        ({"legal_final": AS_OF}, "must be after"),
        ({"order": (PayInterest(claims=("A", "B")), PayPrincipal(claims=("A", "B")))}, "end with a release"),
        ({"order": (PayInterest(claims=("A",)), PayPrincipal(claims=("A", "B")), Release())}, "no step pays interest to the class 'B'"),
        ({"order": (PayInterest(claims=("A", "B")), Turbo(claims=("A",)), Release())}, "no step pays principal to the class 'B'"),
        ({"order": (PayFees(claims=("auditor",)), Release())}, "no such"),
        ({"order": (FillReserve(account="vault"), Release())}, "no such"),
        ({"order": (TrapCash(account="reserve"), Release())}, "needs a condition"),
        ({"order": (Turbo(claims=("A",), when=PriceTarget(of="equity:X", at_least=1.0)), Release())}, "cannot be tested"),
        ({"order": (CoverageTest(measure="oc", through="Z", at_least=1.0, repay=("A",)), Release())}, "no such"),
        ({"accounts": (NoteAccount(label="reserve"), NoteAccount(label="reserve"))}, "must be another"),
        ({"classes": (NoteClass(label="A", balance_usd=1.0, coupon=FixedCoupon(rate=0.1), holder="vehicle"),)}, "own notes"),
    ],
)
def test_a_deal_checks_the_order_against_its_names(change: dict[str, Any], words: str) -> None:
    with pytest.raises(TermsError, match=words):
        notes_deal(notes(**change))


@pytest.mark.parametrize(
    ("change", "words"), [({"loading": 0.9, "group": "g", "group_loading": 0.9}, "add up"), ({"group_loading": 0.1}, "group")]
)
def test_loadings_must_fit(change: dict[str, Any], words: str) -> None:
    with pytest.raises(TermsError, match=words):
        PoolAsset.model_validate({"label": "a", "balance_usd": 1.0, "coupon": 0.1, "months": 3, "credit": "credit:OBL"} | change)


def test_a_short_legal_final_and_a_missing_credit_say_so() -> None:
    with pytest.raises(PricingError, match="the longest asset and its recovery"):
        price(notes_deal(notes(recovery_lag_months=6)), market(), paths=1)
    pool = (notes().pool[0].evolve(credit="credit:NONE"),)
    with pytest.raises(PricingError, match="credit:NONE"):
        price(notes_deal(notes(pool=pool)), market(), paths=1)


def test_same_bytes_for_any_number_of_threads_and_replay() -> None:
    deal = notes_deal(notes())
    one, two = (price(deal, market(), method="simulation", paths=3 * 4096, threads=threads).to_json() for threads in (1, 3))
    assert one == two
    run = simulate(deal, market(), paths=2 * 4096, threads=1).contracts[0]
    np.testing.assert_array_equal(run.path(4096 + 7), run.roll(1)[:, :, 7])
    assert np.abs(run.present.sum(axis=0)).max() < 1e-9


def test_what_a_pool_does_not_see_is_said() -> None:
    """A rate that moves, and a belief that breaks: the same numbers, and a word of it."""
    on = market()
    rates = {"USD-SOFR": {"kind": "flat", "rate": 0.04, "volatility": 0.02}}
    both = on.evolve(rates=rates, belief={"intensity": 0.3, "jump_volatility": 0.1, "jumps": {"credit:OBL": -0.1}})
    deal = notes_deal(notes())
    plain, said = (price(deal, each, method="simulation", measures=("value",), paths=1) for each in (on, both))
    assert [row.value for row in plain.rows] == [row.value for row in said.rows]
    wanted = "notes: rates at their forwards, breaks of the belief left out in a pool of notes"
    assert any(wanted in warning for warning in said.warnings)
    assert not any("pool of notes" in warning for warning in plain.warnings)
