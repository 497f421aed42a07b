"""The catalogue's laws of compute derivatives: they hold on a sound deal, and each sees a planted fault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pricing import stress
from pricing.laws import compute_derivatives as laws
from pricing.laws.law import outcome_of
from pricing.ledger import rent_derivatives as ledger
from pricing.registry import Outcome
from tests.rent_derivatives import deal, future, market, option, swap

NAMES = tuple(law.name for law in laws.LAWS)
HELD = deal(credit=True, f=future(month="2026-11"), s=swap(end="2026-12"), o=option(start="2026-11"))


def statuses(names: tuple[str, ...] = NAMES) -> dict[str, str]:
    on = market(credit={"B": (0.05, -0.4), "S": (0.15, -0.7)})
    return {found.law: found.status for found in stress(HELD, on, scenarios=[], laws=names, paths=1, threads=1).laws}


def test_the_laws_hold_on_a_sound_deal() -> None:
    assert statuses() == dict.fromkeys(NAMES, "held")


@pytest.fixture
def wrong(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name: str = request.param
    if name == "rent_claims_add_up":
        sound = ledger._post

        def short(book: Any, time: int, column: int, due: Any, share: Any) -> None:
            sound(book, time, column, due, share)
            book[time, column] *= 0.5

        monkeypatch.setattr(ledger, "_post", short)
        return name

    def shifted(*given: Any) -> Outcome:
        found = outcome_of(*given)
        rows = [replace(row, value=(row.value or 0.0) - 1e6) if row.measure == "value" and row.party == "b" else row for row in found.rows]
        return Outcome(tuple(rows))

    monkeypatch.setattr(laws, "remembered", shifted)
    return name


@pytest.mark.parametrize("wrong", NAMES, indirect=True)
def test_a_planted_fault_breaks_its_law(wrong: str) -> None:
    assert statuses((wrong,))[wrong] == "broken"
