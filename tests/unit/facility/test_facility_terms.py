"""Terms that cannot be used: one clear line each."""

from __future__ import annotations

from pathlib import Path

import pytest

from instruments import Deal, InputError, dumps_toml
from instruments.files.deals import deal_from_text
from tests.facilities import deal

EXAMPLE = (Path(__file__).parents[3] / "examples" / "coreweave_ddtl4" / "deal.toml").read_text()
BAD = {
    "waterfall naming an unknown account": ('"power_reserve", "cash_trap"', '"power_reserve", "slush_fund"', "waterfall", "slush_fund"),
    "account twice": ('"power_reserve", "cash_trap"', '"power_reserve", "fees"', "waterfall", "stands twice"),
    "no rank for interest": ('"fees", "interest", ', '"fees", ', "waterfall", "lacks 'interest'"),
    "distributions not last": ('"subordinated", "distributions"', '"distributions", "subordinated"', "waterfall", "stand last"),
    "maturity before the draw window ends": (
        "maturity = 2032-03-31",
        "maturity = 2027-05-31",
        "maturity",
        "after the draw window ends on 2027-06-30",
    ),
    "maturity inside a month": ("maturity = 2032-03-31", "maturity = 2032-03-30", "maturity", "must be a month end"),
    "sweep above 100 %": ("completion_support = true", "completion_support = true\nsweep = 1.5", "sweep", "1.5"),
    "sweep without a rank": ("completion_support = true", "completion_support = true\nsweep = 0.5", "waterfall", "add 'sweep'"),
    "guarantee of a missing contract": ('loan = "facility"', 'loan = "facilty"', "contracts.bad_acts.loan", "no such contract"),
    "guarantee of what is no loan": ('loan = "facility"', 'loan = "offtake"', "contracts.bad_acts.loan", "is not a loan"),
    "guarantor who is no party": ('guarantor = "coreweave"', 'guarantor = "corewave"', "contracts.bad_acts.guarantor", "no such party"),
    "fleet that does not exist": ('collateral = "fleet"', 'collateral = "fleat"', "contracts.facility.collateral", "no such asset"),
    "offtake that does not exist": ('offtake = "offtake"', 'offtake = "oftake"', "contracts.facility.offtake", "no such contract"),
    "operator who is no party": ('operator = "coreweave"', 'operator = "nobody"', "assets.fleet.operator", "no such party"),
    "shares that do not add up": ("share = 0.529411764705882", "share = 0.5", "contracts.facility", "must add up to 1"),
    "top-up below the advance": ("after_acceptance = 1.02", "after_acceptance = 0.8", "draws", "must not be below"),
    "amortisation inside the window": (
        "start = 2027-07-31, annuity",
        "start = 2027-01-31, annuity",
        "amortisation.start",
        "after the draw window",
    ),
    "funded in the past": ("funding = 2026-04-30", "funding = 2026-03-31", "cohorts.0.funding", "list it in the position"),
    "accepted before it is funded": ("acceptance = 2026-07-31", "acceptance = 2026-04-01", "cohorts.0", "must not come before funding"),
    "two cohorts of one label": ('label = "b"', 'label = "a"', "assets.fleet.cohorts", "same label"),
    "rent behind a key of another kind": ('rent = "rent:GB300"', 'rent = "power:US"', "assets.fleet.rent", "a rent key"),
    "lender who borrows": ('lender = "lenders"', 'lender = "ccac8"', "contracts.facility", "two parties"),
    "a rate in percent": ("margin = 0.0225", "margin = 2.25", "floating.margin", "did you mean 0.0225"),
    "availability above one": ("availability = 0.99", "availability = 99.0", "availability", "99"),
}


@pytest.mark.parametrize(("old", "new", "path", "says"), BAD.values(), ids=BAD)
def test_bad_terms_get_one_clear_line(old: str, new: str, path: str, says: str) -> None:
    assert old in EXAMPLE
    with pytest.raises(InputError) as refused:
        deal_from_text(EXAMPLE.replace(old, new, 1), file="deal.toml")
    assert len(refused.value.problems) == 1
    line = str(refused.value)
    assert "\n" not in line
    assert path in line
    assert says in line
    assert line.startswith("deal.toml:")


POSITION = '\n[position.facilities.facility]\nfloating_usd = 1.0\nfunded = ["a"]\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (POSITION.replace('["a"]', '["z"]'), "no such cohort"),
        (POSITION.replace("facilities.facility", "facilities.offtake"), "is no loan"),
        (POSITION.replace("facilities.facility", "facilities.other"), "no such contract"),
        (POSITION + "cfads_usd = [1.0]\n", "same dates"),
    ],
)
def test_a_position_must_fit_its_facility(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        deal_from_text(EXAMPLE + text)


def test_a_site_that_slipped_needs_a_new_date() -> None:
    late = EXAMPLE.replace("as_of = 2026-03-31", "as_of = 2026-08-31").replace("as_of = 2026-08-31", "as_of = 2026-08-31", 1)
    place = POSITION.replace('["a"]', '["a", "b", "c"]') + 'accepted = ["b"]\n'
    with pytest.raises(InputError, match="cohort 'a' was to be accepted on 2026-07-31"):
        deal_from_text(late + place)


def test_facilities_round_trip_through_files() -> None:
    for given in (deal(), deal_from_text(EXAMPLE)):
        assert deal_from_text(dumps_toml(given)) == given
        assert Deal.model_validate_json(given.model_dump_json(by_alias=True)) == given
