from __future__ import annotations

import pytest

from instruments import Basis, InputError, Provenance, ProvenanceTable, deal_from_text, variants_of
from instruments.ground.errors import Reason
from tests.documents import DEAL

GRANT = deal_from_text(DEAL)


def listed(path: str, **entry: object) -> ProvenanceTable:
    return ProvenanceTable(default=Provenance(basis=Basis.FILING), by_path={path: Provenance(basis=Basis.ASSUMED, **entry)})


def test_one_variant_per_end_and_alternative_in_order() -> None:
    variants = variants_of(GRANT)
    assert [(one.path.rsplit(".", 1)[-1], one.label, one.basis) for one in variants] == [
        ("shares", "even", Basis.ASSUMED),
        ("shares", "late", Basis.ASSUMED),
        ("strike_usd", "low", Basis.ASSUMED),
        ("strike_usd", "high", Basis.ASSUMED),
    ]
    assert [tranche.shares for tranche in variants[1].deal.contracts["grant"].tranches] == [10, 90]
    assert variants[3].deal.contracts["grant"].strike_usd == 1.0
    assert all(one.deal.provenance == GRANT.provenance for one in variants)


def test_a_path_without_star_takes_the_value_whole() -> None:
    tranche = {"shares": 100, "condition": {"kind": "date", "on": "2027-01-01"}}
    deal = GRANT.evolve(
        provenance=listed("contracts.grant.tranches", alternatives={"one": [tranche], "two": [tranche | {"shares": 50}] * 2})
    )
    assert [len(one.deal.contracts["grant"].tranches) for one in variants_of(deal)] == [1, 2]


def test_a_starred_path_gives_one_value_to_all() -> None:
    deal = GRANT.evolve(provenance=listed("contracts.grant.tranches.*.shares", alternatives={"fifty": 50, "spread": [30, 70]}))
    assert [[t.shares for t in one.deal.contracts["grant"].tranches] for one in variants_of(deal)] == [[50, 50], [30, 70]]


def test_a_default_term_can_be_assumed() -> None:
    deal = GRANT.evolve(provenance=listed("contracts.grant.exercise", alternatives={"early": "at_vesting"}))
    assert variants_of(deal)[0].deal.contracts["grant"].exercise == "at_vesting"


def test_no_table_no_variants() -> None:
    assert variants_of(GRANT.evolve(provenance=ProvenanceTable(default=Provenance(basis=Basis.FILING)))) == ()


def test_an_implausible_deal_has_variants() -> None:
    deal = deal_from_text(DEAL.replace("schema = 1", "schema = 1\nallow_implausible = true"))
    assert len(variants_of(deal)) == 4


@pytest.mark.parametrize(
    ("path", "entry", "words"),
    [
        ("contract.grant", {"range": (0, 1)}, "did you mean contracts"),
        ("contracts.grnt.shares", {"range": (0, 1)}, "after contracts: did you mean grant"),
        ("contracts.grant.tranches.7.shares", {"range": (0, 1)}, r"after contracts.grant.tranches: use one of 0, 1"),
        ("contracts.grant.tranches.*.share", {"range": (0, 1)}, "did you mean shares"),
        ("provenance.default", {"range": (0, 1)}, "matches nothing"),
        ("", {"range": (0, 1)}, "matches nothing"),
        ("contracts.grant.shares", {"range": (1, 2)}, "100 shares together"),
        ("contracts.grant.expiry", {"alternatives": {"never": "soon"}}, "never.*expiry must be a date"),
        ("contracts.grant.tranches.*.shares", {"alternatives": {"three": [1, 2, 3]}}, "a list of 3 for 2 matches"),
        ("contracts.grant.tranches.*.shares", {"alternatives": {"odd": {"a": None}}}, "odd.*must be a number"),
    ],
)
def test_what_does_not_fit(path: str, entry: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        variants_of(GRANT.evolve(provenance=listed(path, **entry)))
    assert caught.value.problems[0].reason is Reason.INVALID_TERMS
