from __future__ import annotations

import datetime as dt

import pytest

from curves import Market, with_quote
from instruments.deal import Deal
from instruments.ground.provenance import Basis, Provenance, ProvenanceTable
from instruments.ground.tolerances import PV_REL
from pricing import Valuation, price
from tests.warrants import deal, ladder_of, market

MEET = "contracts.warrant.tranches.*.condition.legs.1.meet"
SHARES = "contracts.warrant.tranches.*.shares"
EXPIRY = "contracts.warrant.expiry"
PLAN = {dt.date(2025, 10, 20): 1.0, dt.date(2025, 11, 3): 2.0, dt.date(2025, 11, 10): 3.0}


def assumed(**alternatives: object) -> Provenance:
    return Provenance(basis=Basis.ASSUMED, why="redacted", alternatives=alternatives)


def soft_deal(**extra: Provenance) -> Deal:
    by_path = {
        SHARES: assumed(front=[20.0, 5.0, 5.0]),
        MEET: assumed(simultaneous="simultaneous", at_date="at_date"),
        "contracts.warrant.exercise": Provenance(basis=Basis.DERIVED, alternatives={"early": "at_vesting"}),
    }
    table = ProvenanceTable(default=Provenance(basis=Basis.FILING), by_path=by_path | extra)
    return deal(ladder_of(5), plan=PLAN, expiry=dt.date(2025, 11, 21), provenance=table)


def soft_market() -> Market:
    volatility = {"value": 0.5, "range": [0.4, 0.6], "basis": Basis.ASSUMED, "why": "no quote"}
    return market(share={"volatility": volatility})


@pytest.fixture(scope="module")
def found() -> Valuation:
    return price(soft_deal(), soft_market(), paths=1)


def test_every_soft_term_at_every_alternative(found: Valuation) -> None:
    rows = [row for row in found.rows if row.measure == "exposure"]
    assert {(row.assumption, row.alternative) for row in rows} == {
        (SHARES, "front"),
        (MEET, "simultaneous"),
        (MEET, "at_date"),
        ("market.equity.AMD.volatility", "low (0.4)"),
        ("market.equity.AMD.volatility", "high (0.6)"),
    }


def test_sorted_by_the_largest_move_of_each_assumption(found: Valuation) -> None:
    moves = [item.largest_move_usd or 0.0 for item in found.assumptions]
    assert moves == sorted(moves, reverse=True)
    order = [row.assumption for row in found.rows if row.measure == "exposure"]
    assert list(dict.fromkeys(order)) == [item.path for item in found.assumptions]
    assert {item.basis for item in found.assumptions} == {"assumed"}


def test_a_difference_is_the_difference_of_two_prices_on_the_same_paths(found: Valuation) -> None:
    rows = {(row.assumption, row.alternative): row for row in found.rows if row.measure == "exposure"}

    def alone(of: Deal, on: Market) -> Valuation:
        return price(of, on, method="monte_carlo", measures=["value"], paths=1)

    base = alone(soft_deal(), soft_market())
    now = deal(ladder_of(5, price_meet="simultaneous"), plan=PLAN, expiry=dt.date(2025, 11, 21))
    for key, other in (
        ((MEET, "simultaneous"), alone(now, soft_market())),
        (("market.equity.AMD.volatility", "high (0.6)"), alone(soft_deal(), with_quote(soft_market(), "equity.AMD.volatility", 0.6))),
    ):
        assert rows[key].value == pytest.approx(other.value - base.value, rel=1e-9, abs=PV_REL * base.value)  # two orders of summation
        assert rows[key].standard_error is not None
        # common random numbers: known better than two prices apart
        assert rows[key].standard_error < (base.standard_error or 0.0) + (other.standard_error or 0.0)


def test_the_whole_range_spans_base_and_alternatives(found: Valuation) -> None:
    moves = [0.0, *(row.value or 0.0 for row in found.rows if row.measure == "exposure")]
    assert found.row("value_soft_range").value == max(moves) - min(moves)


def test_an_alternative_that_cannot_be_priced_is_kept_as_a_failure() -> None:
    overdue = [{"2025-09-01": 1.0, "2025-11-03": 2.0, "2025-11-10": 3.0}]
    broken = soft_deal(**{"milestones.deliveries.plan": assumed(early=overdue[0])})
    found = price(broken, soft_market(), paths=1)
    assert found.value > 0.0
    (failure,) = found.failures
    assert failure.subject.startswith("milestones.deliveries.plan at early")
    assert "was due on 2025-09-01" in failure.allowed
    entry = next(item for item in found.assumptions if item.path == "milestones.deliveries.plan")
    assert (entry.largest_move_usd, entry.alternatives) == (None, ("early",))


def test_an_alternative_that_does_not_fit_the_deal_is_a_failure_and_the_price_stands() -> None:
    broken = soft_deal(**{EXPIRY: assumed(past="2020-01-01")})
    found = price(broken, soft_market(), paths=1)
    assert found.value > 0.0
    assert any("2020-01-01" in str(problem) for problem in found.failures)


def test_a_deal_without_soft_terms_has_no_table() -> None:
    found = price(deal(ladder_of(5), plan=PLAN, expiry=dt.date(2025, 11, 21)), market(), paths=1)
    assert found.assumptions == ()
    assert not [row for row in found.rows if row.measure in ("exposure", "value_soft_range")]


def test_the_table_can_be_left_out() -> None:
    found = price(soft_deal(), soft_market(), paths=1, measures=["value"])
    assert {row.measure for row in found.rows} == {"value"}
