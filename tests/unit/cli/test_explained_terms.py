"""`gpufin explain` of terms: every field of every family can be asked for, and what a starter points to is there."""

from __future__ import annotations

import re

import pytest

from instruments.contracts.families import CONTRACT_TYPES
from instruments.ground.errors import InputError
from pricing.cli.explained_terms import terms_text
from pricing.cli.file_kinds import FILE_KINDS
from pricing.cli.options import STARTERS
from pricing.cli.run_new import starter

KINDS = {terms.model_fields["kind"].default: terms for terms in CONTRACT_TYPES}


def test_covenants_of_a_loan_are_found_from_the_loan_down() -> None:
    assert "[contracts.NAME.covenants.LABEL]" in terms_text("loan.covenants")
    fields = terms_text("loan.covenants.dscr")
    assert "first_test: date, required. First payment date tested." in fields
    assert "threshold: number > 0, required." in fields
    assert "every_months: whole number >= 1 and <= 12, default 1." in fields


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_every_contract_can_be_asked_for(kind: str) -> None:
    text = terms_text(kind)
    for field in KINDS[kind].model_fields:
        assert f"    {field}: " in text
        assert terms_text(f"{kind}.{field}").startswith(f"{kind}.{field}\n")


@pytest.mark.parametrize("kind", FILE_KINDS)
def test_every_kind_of_file_can_be_asked_for(kind: str) -> None:
    assert "written as the file itself" in terms_text(kind)


def test_lists_of_tables_and_words_say_how_they_are_written() -> None:
    assert "[[assets.LABEL.cohorts]], once for each" in terms_text("deal.assets.cohorts")
    assert "list of: " in terms_text("loan.waterfall")
    assert "[credit.LABEL], with" in terms_text("market.credit.cds")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("covenants", "did you mean loan.covenants?"),
        ("Loan", "did you mean loan?"),
        ("loan.covenant", "did you mean covenants?"),
        ("loan.covenants.dscrr", "did you mean dscr?"),
        ("loan.maturity.x", "must be one of none"),
    ],
)
def test_a_wrong_name_is_told_with_the_nearest(name: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        terms_text(name)
    assert expected in str(caught.value)


@pytest.mark.parametrize("kind", STARTERS)
def test_what_a_starter_points_to_is_there(kind: str) -> None:
    for name in re.findall(r"`gpufin explain ([^`]+)`", " ".join(starter(kind).replace("\n# ", " ").split()) if "." not in kind else ""):
        assert terms_text(name)
