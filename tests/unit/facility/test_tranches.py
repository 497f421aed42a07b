"""Tranches of a facility: divided by the steps, adding up to the whole, senior before junior after enforcement."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from instruments.ground.errors import TermsError
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, PV_REL
from pricing.cli.facilities import feature_tables
from pricing.engines.facility_features import feature_rows
from pricing.engines.facility_rows import Rows
from pricing.engines.tranche_run import run_tranches, tranche_ledger
from pricing.kernels.facility import roll_kept
from pricing.laws.facility import pari_passu_is_one_loan, senior_tranche_recovers_more
from pricing.ledger import facility as k, tranches as c
from pricing.ledger.checks import check_ledger
from pricing.ledger.runs import claim_gaps
from pricing.mechanics.rollforward import Rolled, roll_forward
from pricing.registry import Settings
from pricing.schedules.facility import Facility
from pricing.schedules.plan import Drivers
from tests.facilities import deal, drivers, market, plain_deal, rough_drivers, rough_events, setup


def classes(step: float = 0.01, share: float = 0.75) -> list[dict[str, Any]]:
    return [
        {"label": "a", "holder": "bank", "share": share, "margin_step": -step},
        {"label": "b", "holder": "maker", "share": 1.0 - share, "margin_step": step * share / (1.0 - share)},
    ]


def split(**terms: Any) -> Facility:
    step = terms.pop("step", 0.01)
    return setup(deal(tranches={"classes": classes(step)} | terms)).facility


def columns(ledger: np.ndarray, column: int) -> np.ndarray:
    """One column of every tranche: [tranche, time, path]."""
    return np.moveaxis(ledger[:, column :: c.COLUMNS], 1, 0)


@pytest.mark.parametrize("principal", ["pro_rata", "sequential"])
@pytest.mark.parametrize("enforcement", ["pro_rata", "sequential"])
def test_the_tranches_add_up_to_the_facility(principal: str, enforcement: str) -> None:
    facility = split(principal=principal, enforcement=enforcement)
    given, events = rough_drivers(facility, 7, 128), rough_events(facility, 7, 128)
    whole, parts = roll_forward(facility.plan, given, events), tranche_ledger(facility, given, events)
    scale = facility.plan.commitment
    for check in check_ledger(facility.plan, given, whole):
        assert check.relative <= CASH_CONSERVATION_ABS, check
    pairs = {
        c.DRAW: [k.DRAW_FLOATING, k.DRAW_FIXED], c.INTEREST: [k.INTEREST_FLOATING, k.INTEREST_FIXED],
        c.PRINCIPAL: [k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED], c.INTEREST_DUE: [k.INTEREST_DUE], c.INTEREST_LOST: [k.INTEREST_LOST],
        c.PRINCIPAL_LOST: [k.PRINCIPAL_LOST], c.FEES: [k.UNDRAWN_FEE, k.LENDER_FEE, k.CALL_PREMIUM],
        c.INTEREST_DEFERRED: [k.INTEREST_DEFERRED],
    }  # fmt: skip
    for column, those in pairs.items():
        gap = columns(parts, column).sum(axis=0) - whole.ledger[:, those].sum(axis=1)
        assert np.abs(gap).max() <= PV_REL * scale * 10, (column, np.abs(gap).max())  # ten months of rounding
    never_negative = [column for column in range(c.COLUMNS) if column != c.INTEREST_DEFERRED]
    assert min(columns(parts, column).min() for column in never_negative) >= -PV_REL * scale * 10


def test_claims_of_every_tranche_add_up() -> None:
    facility = split(principal="sequential")
    given = rough_drivers(facility, 3, 64)
    run = run_tranches_plan(facility)
    for gap in claim_gaps(run, tranche_ledger(facility, given, None)):
        assert gap.difference <= PV_REL * facility.plan.commitment * 10, gap


def run_tranches_plan(facility: Facility) -> Any:
    terms = facility.loan.tranches
    assert terms is not None
    return c.tranche_postings(facility.loan_id, facility.loan.lender, terms)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_split_pari_passu_changes_nothing(seed: int) -> None:
    facility, whole = split(step=0.0, interest="pro_rata", enforcement="pro_rata"), setup(deal()).facility
    given = rough_drivers(facility, seed)
    one, other = roll_kept(facility.plan, given)[0], roll_kept(whole.plan, given)[0]
    assert np.array_equal(one, other)
    parts = tranche_ledger(facility, given, None)
    for column in (c.DRAW, c.FEES, c.INTEREST, c.PRINCIPAL, c.INTEREST_LOST, c.PRINCIPAL_LOST):
        a, b = columns(parts, column)
        assert np.abs(a / 0.75 - b / 0.25).max() <= PV_REL * whole.plan.commitment * 10


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_enforcement_the_senior_recovers_at_least_the_juniors_share(seed: int) -> None:
    facility = split(principal="pro_rata", enforcement="sequential")
    given = rough_drivers(facility, seed, 256)
    parts, run = tranche_ledger(facility, given, None), roll_forward(facility.plan, given)
    called = run.outcomes[k.DEFAULT_MONTH]
    later = np.arange(facility.plan.months)[:, None] > called[None, :]
    paid = np.where(later, columns(parts, c.PRINCIPAL), 0.0).sum(axis=1)
    lost = columns(parts, c.PRINCIPAL_LOST).sum(axis=1)
    claim = paid + lost
    hit = (claim > 1.0).all(axis=0)
    assert (lost.sum(axis=0) > 1e5).mean() > 0.1
    senior, junior = (paid / np.where(claim > 0, claim, 1.0))[:, hit]
    assert (senior >= junior - PV_REL * 10).all()
    assert (senior > junior + 0.05).any()


def test_sequential_principal_repays_the_senior_first_and_raises_the_average_margin() -> None:
    facility = split(principal="sequential")
    given = drivers(facility)
    run: Rolled = roll_forward(facility.plan, given)
    parts = tranche_ledger(facility, given, None)
    balance = np.cumsum(columns(parts, c.DRAW) - columns(parts, c.PRINCIPAL), axis=1)[:, :, 0]
    both = (balance[0] > 1.0) & (np.arange(facility.plan.months) > 6)
    assert np.ptp(balance[1][both]) == pytest.approx(0.0, abs=1e-3)
    inside = balance.sum(axis=0) > 1.0
    blend = (balance * np.array([[-0.01], [0.03]])).sum(axis=0)[inside] / balance.sum(axis=0)[inside]
    assert run.states[inside, k.TRANCHE_STEP, 0] == pytest.approx(blend, abs=1e-9)  # a ratio of balances that shrink to dollars
    assert run.states[facility.plan.maturity - 2, k.TRANCHE_STEP, 0] == pytest.approx(0.03)


def test_holders_share_the_value_of_the_loan() -> None:
    base = setup(deal(tranches={"classes": classes()}))
    run = base.run(paths=1, threads=1)
    found = run_tranches(run, threads=1)
    total = found.of("bank") + found.of("maker") + found.of("nobody")
    # the bank is lender of record and holder of the senior tranche: both sides of it meet in one party
    assert found.of("maker").mean() + found.of("bank").mean() == pytest.approx(0.0, abs=1e-3)
    assert total == pytest.approx(np.zeros(run.paths), abs=1e-2)
    one = Drivers._make(np.ascontiguousarray(item[..., 5:6]) for item in rough_drivers(base.facility, 0))
    assert tranche_ledger(base.facility, one, None).shape[2] == 1


def test_what_cannot_be_divided_is_refused() -> None:
    for changed, words in (
        ({"classes": classes(share=0.75)[:1] * 2}, "same label"),
        ({"classes": [classes()[0], classes()[1] | {"share": 0.3}]}, "must add up to 1"),
        ({"classes": [classes()[0], classes()[1] | {"margin_step": 0.0}]}, "average must be 0"),
        ({"classes": [classes()[0], classes()[1] | {"holder": "stranger"}]}, "no such party"),
    ):
        with pytest.raises(TermsError, match=words):
            deal(tranches=changed)
    with pytest.raises(TermsError, match="no interest in kind"):
        plain_deal(tranches={"classes": classes()}, pik={"until": dt.date(2026, 12, 31)})


def test_a_junior_close_out_pays_the_provider_after_the_lender() -> None:
    hedge = {"share": 0.9, "start": dt.date(2026, 10, 31), "rate": 0.08}
    rolls = {}
    for rank in ("senior", "junior"):
        facility = setup(deal(hedge=hedge | {"close_out": rank})).facility
        given = drivers(facility, customer=12, ratio=0.3)
        run = roll_forward(facility.plan, given)
        for check in check_ledger(facility.plan, given, run):
            assert check.relative <= CASH_CONSERVATION_ABS, check
        assert np.abs(roll_kept(facility.plan, given)[0] - run.ledger).max() <= PV_REL * facility.plan.commitment
        rolls[rank] = run
    senior, junior = rolls["senior"].ledger[:, :, 0], rolls["junior"].ledger[:, :, 0]
    closed = senior[:, k.SWAP_DUE].sum()
    assert closed == pytest.approx(junior[:, k.SWAP_DUE].sum())
    assert junior[:, k.PRINCIPAL_LOST].sum() > 0.0
    assert junior[13:, k.SWAP].sum() == 0.0  # nothing is left behind principal
    assert junior[:, k.SWAP_LOST].sum() > senior[:, k.SWAP_LOST].sum()
    lost = [k.PRINCIPAL_LOST, k.INTEREST_LOST]
    assert junior[:, lost].sum() < senior[:, lost].sum()


def test_laws_rows_and_tables_of_tranches() -> None:
    given, on = deal(tranches={"classes": classes()}), market()
    for law in (senior_tranche_recovers_more, pari_passu_is_one_loan):
        assert law(given, on, Settings(paths=1)) is None
    base = setup(given)
    run = base.run(paths=1, threads=1)
    rows = Rows(run, frozenset({"value", "expected_shortfall_discounted", "expected_loss_rate"}))
    feature_rows(rows, base, run)
    found = {(row.measure, row.part): row.value or 0.0 for row in rows.made}
    assert found["value", "a"] + found["value", "b"] == pytest.approx(run.value)
    lost = found["expected_shortfall_discounted", "a"] + found["expected_shortfall_discounted", "b"]
    assert lost == pytest.approx(run.outcomes[k.SHORTFALL_DISCOUNTED].mean())
    assert found["expected_loss_rate", "a"] < found["expected_loss_rate", "b"]
    text = "\n".join(feature_tables(rows.made))
    assert "Tranches, senior first" in text
    assert "maker" in text
