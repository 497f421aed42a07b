"""The facility's laws in the catalogue: they hold on a sound deal, and each sees a planted fault."""

from __future__ import annotations

from typing import Any

import pytest

from pricing import stress
from pricing.kernels.facility import roll_kept
from pricing.laws import facility as laws
from pricing.ledger import facility as k
from tests.facilities import deal, market

NAMES = ("ledger_adds_up", "draws_within_commitment", "losses_within_claims")


def statuses(**options: Any) -> dict[str, str]:
    report = stress(deal(), market(), scenarios=[], laws=NAMES, paths=1, **options)
    return {found.law: found.status for found in report.laws}


def test_the_laws_hold_on_a_sound_facility() -> None:
    assert statuses() == dict.fromkeys(NAMES, "held")


@pytest.mark.parametrize(
    ("law", "column", "state"),
    [
        ("ledger_adds_up", k.INTEREST_DUE, None),
        ("ledger_adds_up", k.TO_LIQUIDITY, None),
        ("ledger_adds_up", k.RENT, None),
        ("draws_within_commitment", None, k.DRAWN),
        ("losses_within_claims", k.PRINCIPAL_LOST, None),
    ],
)
def test_a_planted_fault_breaks_its_law(law: str, column: int | None, state: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(plan: Any, drivers: Any, events: Any = None) -> Any:
        ledger, states, outcomes, tests = roll_kept(plan, drivers, events)
        if column is not None:
            ledger[5, column] += 2.0 * plan.commitment
        if state is not None:
            states[5, state] += 2.0 * plan.commitment
        return ledger, states, outcomes, tests

    monkeypatch.setattr(laws, "roll_kept", wrong)
    assert statuses()[law] == "broken"
