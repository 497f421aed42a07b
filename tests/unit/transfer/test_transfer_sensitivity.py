from __future__ import annotations

import pytest

from instruments import Basis, DebtTranche, Design, InputError, Provenance, ProvenanceTable
from instruments.variants import with_term
from pricing import compare_financings
from pricing.risk.transfer.sensitivity import answer_of, sensitivity
from pricing.strategies.projects import COST
from tests.projects import market, project

LENT = Design(
    equity={"owners": 1.0}, tranches={"senior": DebtTranche.model_validate({"holder": "lender", "share_of_cost": 0.6, "months": 6})}
)
OF = project({"lent": LENT}, months=6, contract_months=6, contract_usd_per_hour=25.0 / 730.0).evolve(
    provenance=ProvenanceTable(
        default=Provenance(basis=Basis.DERIVED),
        by_path={
            "enforcement.discount_lost_share": Provenance(basis=Basis.ASSUMED, range=(0.0, 1.0)),
            "enforcement.choice": Provenance(basis=Basis.ASSUMED, alternatives={"sell": "sell"}),
            "plant.contract_usd_per_hour": Provenance(basis=Basis.ASSUMED, range=(0.001, 0.04)),
        },
    )
)
ON = market(hazards={"TEN": 0.8}, volatility=0.3, impact=1.0, rent=0.01)


def test_cases_are_the_assumed_terms_one_at_a_time() -> None:
    found = sensitivity(OF, ON, designs=("all_equity", "lent"), paths=256)
    ends = [(case.path, case.label) for case in found.cases]
    assert ("enforcement.discount_lost_share", "low") in ends
    assert ("enforcement.choice", "sell") in ends
    assert len(ends) == 5
    assert 0.0 <= found.order_holds <= 1.0
    low, high = found.span("dead weight on average")
    assert low <= found.base.headlines["dead weight on average"] <= high
    for case in found.cases:
        if case.answer is not None:
            again = answer_of(_with(case.path, case.label), ON, ("all_equity", "lent"), 256, 0, found.base.margins)
            assert again.headlines == case.answer.headlines
    # a contract of a tenth of a cent an hour pays no debt: the case says so, the others stand
    assert [case.problem.subject for case in found.cases if case.problem] == ["designs.lent"]


def _with(path: str, label: str):
    entry = OF.provenance.by_path[path]
    value = entry.alternatives[label] if label in entry.alternatives else (entry.range or (0.0, 0.0))[label == "high"]
    return with_term(OF, path, value)


def test_a_turning_sign_is_found_where_it_turns() -> None:
    # the price of the contract at which all owners gain no more is known: what is lost to them is a straight line in it
    of = project({"half": Design(equity={"owners": 0.5, "vendor": 0.5})}, months=6, contract_months=6).evolve(
        provenance=ProvenanceTable(
            default=Provenance(basis=Basis.DERIVED),
            by_path={"plant.contract_usd_per_hour": Provenance(basis=Basis.ASSUMED, range=(0.001, 0.03))},
        )
    )
    found = sensitivity(of, market(), designs=("all_equity", "half"), paths=16)
    turns = [flip for flip in found.flips if flip.headline == "vendor loses more on average"]
    # six months of rent and hardware of 40 USD pay for 100 at 10 USD a month
    assert [turn.path for turn in turns] == ["plant.contract_usd_per_hour"]
    assert turns[0].value == pytest.approx(10.0 / 730.0, abs=0.03 / 2**6)


def test_the_quick_answer_is_that_of_the_comparison() -> None:
    answer = answer_of(OF, ON, ("all_equity", "lent"), 4096, 0, {})
    found = compare_financings(OF, ON, paths=4096, threads=1)
    moved = found.number("transfer_in_tail", "lent", party="owners").value or 0.0
    # the margins differ by the tolerance of a fair one
    assert answer.headlines["owners lose less in the tail"] == pytest.approx(-moved, abs=1e-3 * COST)
    assert answer.headlines["dead weight on average"] == pytest.approx(found.number("dead_weight", "lent").value or 0.0, abs=1e-3 * COST)


def test_a_term_that_is_not_there_is_told() -> None:
    with pytest.raises(InputError, match="matches nothing"):
        with_term(OF, "plant.gold", 1.0)
    with pytest.raises(InputError, match="does not fit"):
        with_term(OF, "plant.units", -1.0)
