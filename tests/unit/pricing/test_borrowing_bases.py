"""Borrowing bases by hand: the count, each event on one path, limits, messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from instruments import PricingError
from instruments.contracts.borrowing_base import BaseAsset, BaseClass, BaseEnforcement, BorrowingBase, ConcentrationLimit
from instruments.ground.errors import TermsError
from instruments.ground.tolerances import PV_REL
from pricing import price, simulate
from pricing.ledger.borrowing_base import DRAW, FEE, GIVEN, INTEREST, LOST, PAID, PRINCIPAL, SALE
from pricing.mechanics.base_count import count_base
from pricing.strategies.borrowing_bases import AS_OF, base_deal
from tests.bases import base, by_hand, market, plan_of

RUN_OFF = 478.0 / 480.0
"""Share of the assets' value after two months."""


def counted(of: BorrowingBase, values: list[float], *, month: int = 0, alive: list[bool] | None = None) -> Any:
    living = np.array([[each] for each in (alive or [True] * len(values))])
    return count_base(of, np.array([[each] for each in values]), living, month)


def test_the_count_by_hand() -> None:
    found = counted(base(reserves_usd=5e6), [6e7, 4e7])
    assert (found.base[0], found.available[0]) == (7.5e7, 7.5e7)
    assert counted(base(commitment_usd=8e7), [9e7, 4e7]).available[0] == 8e7
    assert counted(base(reserves_usd=9e7), [6e7, 4e7]).base[0] == 0.0


def test_failed_and_old_assets_do_not_count() -> None:
    assert counted(base(), [6e7, 4e7], alive=[False, True]).base[0] == pytest.approx(3.2e7)
    assert counted(base(), [6e7, 4e7], month=60).base[0] == pytest.approx(8e7)
    assert counted(base(), [6e7, 4e7], month=61).base[0] == 0.0


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ({"by": "obligor", "most": 0.5}, [5e7, 4e7]),
        ({"by": "obligor", "most": 0.3, "only": "second"}, [6e7, 3e7]),
        ({"by": "group", "most": 0.25}, [6e7, 2.5e7]),
        ({"by": "sub_investment_grade", "most": 0.8}, [4.8e7, 3.2e7]),
        ({"by": "sub_investment_grade", "most": 1.0}, [6e7, 4e7]),
    ],
)
def test_concentration_limits(limit: dict[str, Any], expected: list[float]) -> None:
    found = counted(base(limits=(ConcentrationLimit(**limit),)), [6e7, 4e7])
    assert found.counted[:, 0] == pytest.approx(expected)
    assert found.eligible[:, 0] == pytest.approx([6e7, 4e7])


def test_a_quiet_revolver_pays_interest_fee_and_principal() -> None:
    found = by_hand(base(undrawn_fee=0.005, drawn_usd=5e7)).ledger[:, :, 0]
    assert found[:, INTEREST + PAID].sum() == pytest.approx(5e7 * 0.06 / 2.0, rel=PV_REL)
    assert found[:, FEE + PAID].sum() == pytest.approx(5e7 * 0.005 * 181 / 360, rel=PV_REL)
    assert found[5, PRINCIPAL + PAID] == 5e7


def test_a_deficiency_is_prepaid_at_once_or_after_its_grace() -> None:
    at_once = by_hand(base(), TWO=1).ledger[:, PRINCIPAL + PAID, 0]
    # the second obligor's 40 m stop counting at the end of the second month: 80 % of 60 m, run off by 2 of 480 months
    assert at_once[1] + at_once[0] == pytest.approx(8e7 - 4.8e7 * RUN_OFF)
    later = by_hand(base(grace_months=2), TWO=1)
    assert later.deficient[0]
    # a deficiency of the first month's run-off stands already: it is two months old at the end of the third
    assert later.ledger[:2, PRINCIPAL + PAID, 0].sum() == 0.0
    assert later.ledger[2, PRINCIPAL + PAID, 0] == pytest.approx(8e7 - 4.8e7 * 477.0 / 480.0)


def test_a_cured_deficiency_leaves_no_rest_that_counts() -> None:
    # the base falls below half of what is drawn, so that drawn - (drawn - base) is not exact: its rest is no deficiency of its own
    for number in range(20):
        found = by_hand(base(grace_months=1, reserves_usd=1234567.89 + 0.377 * number), ONE=1)
        assert found.waiting[:, 0].tolist() == [1, 0, 1, 0, 1, 0, 0]


def test_a_vehicle_without_cash_is_enforced() -> None:
    found = by_hand(base(deficiency="enforce"), TWO=1)
    assert found.defaulted[0]
    # run-off alone makes a deficiency at the end of the first month: 50 % of all assets, paid a month later
    brought = 0.5 * 1e8 * 479.0 / 480.0
    assert found.ledger[1, SALE, 0] == pytest.approx(brought)
    assert found.ledger[1, PRINCIPAL + LOST, 0] == pytest.approx(8e7 - brought)
    assert found.ledger[:, GIVEN, 0].sum() == pytest.approx(1e8 * 479.0 / 480.0)


def test_the_borrowers_default_sells_no_more_than_is_owed() -> None:
    found = by_hand(base(drawn_usd=2e7), CLD=3).ledger[:, :, 0]
    claim = 2e7 * (1.0 + 0.06 / 12.0)
    assert found[4, SALE] == pytest.approx(claim)
    assert found[:, PRINCIPAL + LOST].sum() == 0.0
    assert found[:, GIVEN].sum() == pytest.approx(2.0 * claim)


def test_draws_follow_availability() -> None:
    found = by_hand(base(drawn_usd=0.0, usage=0.5, test_months=3)).ledger[:, DRAW, 0]
    assert found[2] == pytest.approx(0.5 * 0.8 * 1e8 * 477.0 / 480.0)
    assert np.count_nonzero(found) == 1


def test_rents_move_what_follows_them() -> None:
    asset = BaseAsset(label="one", asset_class="leases", obligor="first", value_usd=1e8, months=480, rent_elasticity=1.0)
    of = base(assets=(asset,), rent="rent:GPU", drawn_usd=0.0, usage=1.0)
    fell = by_hand(of, ratio=[1.0, 0.5])
    forward = np.exp(-0.2 * plan_of(of).years[1])
    assert fell.available[1, 0] == pytest.approx(0.8 * 0.5 * 1e8 * RUN_OFF * forward, rel=0.02)  # growth of a thin rent is a yearly rate
    assert fell.ledger[1, PRINCIPAL + PAID, 0] > 0.0


def test_no_risk_is_no_loss_and_certain_default_is_the_sale() -> None:
    safe = price(base_deal(base()), market(borrower=0.0, obligors=0.0), method="simulation", paths=1, threads=1)
    assert safe.row("expected_shortfall").value == 0.0
    assert safe.row("default_probability").value == 0.0
    lost = price(base_deal(base()), market(borrower=1e6, obligors=0.0), method="simulation", paths=1, threads=1)
    assert lost.row("default_probability").value == 1.0
    # a month's interest on 80 m is owed as well, the sale brings half of the assets
    assert lost.row("expected_shortfall").value == pytest.approx(8e7 * 1.005 - 0.5 * 1e8 * 479.0 / 480.0, rel=PV_REL)


def test_the_certificate_of_the_base() -> None:
    of = base(limits=(ConcentrationLimit(by="obligor", most=0.5),), reserves_usd=1e6)
    found = price(base_deal(of), market(), method="simulation", paths=1, threads=1)
    assert found.row("borrowing_base").value == pytest.approx(0.8 * 9e7 - 1e6)
    assert found.row("excess_availability").value == pytest.approx(0.8 * 9e7 - 1e6 - 8e7)
    assert found.row("concentration_excess", part="one").value == pytest.approx(1e7)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"borrower": "bank"}, "two parties"),
        ({"drawn_usd": 2e8}, "no more than the commitment"),
        ({"assets": (base().assets[0].evolve(rent_elasticity=1.0),)}, "need a rent key"),
    ],
)
def test_impossible_terms_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(TermsError, match=words):
        base(**change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lender": "nobody"}, "no such"),
        ({"maturity": AS_OF}, "must be after"),
        ({"rent": "equity:X"}, "rent:H100"),
        ({"classes": (BaseClass(label="other", advance_rate=0.5),)}, "no such"),
        ({"limits": (ConcentrationLimit(by="group", most=0.5, only="x"),)}, "no such"),
        ({"assets": (base().assets[0], base().assets[0])}, "must be another"),
    ],
)
def test_a_deal_checks_names_and_dates(change: dict[str, Any], words: str) -> None:
    with pytest.raises(TermsError, match=words):
        base_deal(base(**change))


def test_a_missing_rent_says_so() -> None:
    with pytest.raises(PricingError, match="rent:OTHER"):
        price(base_deal(base(rent="rent:OTHER")), market(), paths=1)


def test_same_bytes_for_any_number_of_threads_and_replay() -> None:
    deal = base_deal(base(usage=0.9, enforcement=BaseEnforcement(liquidation=0.4)))
    one, two = (price(deal, market(), method="simulation", paths=3 * 4096, threads=threads).to_json() for threads in (1, 3))
    assert one == two
    run = simulate(deal, market(), paths=2 * 4096, threads=1).contracts[0]
    np.testing.assert_array_equal(run.path(4096 + 7), run.roll(1)[:, :, 7])
    assert np.abs(run.present.sum(axis=0)).max() < 1e-6
