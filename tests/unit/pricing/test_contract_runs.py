"""The harness that puts a contract on the ledger: reduction, replay, claims."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from instruments import InputError
from pricing.ledger.plan import LedgerPlan, Posting
from pricing.ledger.runs import claim_gaps, run_contract
from pricing.paths.streams import BLOCK, generator

PLAN = LedgerPlan(
    (
        Posting("tenant", "owner", "lease", "rent", "USD", "cash"),
        Posting("tenant", "owner", "lease", "rent", "USD", "due"),
        Posting("tenant", "owner", "lease", "rent", "USD", "deferred"),
        Posting("tenant", "owner", "lease", "rent", "USD", "written_off"),
        Posting("market", "owner", "fleet", "residual", "USD", "terminal"),
        Posting("owner", "tenant", "fleet", "delivered", "devices", "cash"),
    )
)
DATES = (dt.date(2026, 1, 31), dt.date(2026, 2, 28))
DISCOUNT = np.array([0.99, 0.98])


def roll(block: int) -> np.ndarray:
    paid = generator(0, "rent", block).random((2, BLOCK))
    ledger = np.zeros((2, len(PLAN), BLOCK))
    ledger[:, 0], ledger[:, 1], ledger[:, 2] = paid, 1.0, 1.0 - paid
    ledger[1, 4], ledger[:, 5] = 5.0, 1.0
    return ledger


def test_values_come_from_cash_and_terminal_value_and_sum_to_nothing() -> None:
    run = run_contract("lease", PLAN, DATES, DISCOUNT, roll, paths=5000)
    assert run.paths == 2 * BLOCK
    paid = np.concatenate([generator(0, "rent", block).random((2, BLOCK)) for block in (0, 1)], axis=1)
    expected = 0.99 * paid[0] + 0.98 * paid[1]
    np.testing.assert_allclose(run.of("tenant"), -expected, rtol=1e-14)
    np.testing.assert_allclose(run.of("owner"), expected + 4.9, rtol=1e-14)
    assert run.present.sum(axis=0) == pytest.approx(np.zeros(run.paths), abs=1e-12)
    value, error = run.value("owner")
    assert value == pytest.approx(float(np.mean(expected)) + 4.9, rel=1e-14)
    assert error == pytest.approx(float(np.std(expected, ddof=1)) / np.sqrt(run.paths), rel=1e-9)
    assert run.value("nobody") == (0.0, 0.0)


def test_the_same_bytes_for_any_number_of_threads() -> None:
    runs = [run_contract("lease", PLAN, DATES, DISCOUNT, roll, paths=5 * BLOCK, threads=threads) for threads in (1, 3)]
    assert runs[0].present.tobytes() == runs[1].present.tobytes()
    assert runs[0].mean_ledger.tobytes() == runs[1].mean_ledger.tobytes()


def test_any_path_is_replayed() -> None:
    run = run_contract("lease", PLAN, DATES, DISCOUNT, roll, paths=2 * BLOCK)
    assert run.path(BLOCK + 3)[0, 0] == generator(0, "rent", 1).random((2, BLOCK))[0, 3]
    with pytest.raises(InputError):
        run.path(2 * BLOCK)


def test_a_claim_that_does_not_add_up_is_found() -> None:
    whole = roll(0)
    assert [gap.difference for gap in claim_gaps(PLAN, whole)] == [pytest.approx(0.0, abs=1e-15)]
    whole[1, 3, 7] = 0.25
    assert claim_gaps(PLAN, whole)[0].difference == pytest.approx(0.25)
    assert claim_gaps(PLAN, whole)[0].claim == "rent of tenant to owner"
