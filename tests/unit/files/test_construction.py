"""Terms built in Python: what is wrong is said as a file would have it said."""

from __future__ import annotations

import datetime as dt
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydantic import PydanticUserError, ValidationError, model_validator

from curves import Market
from curves.scenarios.book import ScenarioFile
from instruments import Deal, Party, Project, Web, load_deal
from instruments.contracts.coupons import FixedCoupon
from instruments.contracts.loan import Loan
from instruments.files import model_from_text, model_schema
from instruments.ground.base import FrozenMap, Many, Terms
from instruments.ground.errors import InputError, TermsError
from instruments.ground.provenance import Basis, Provenance
from instruments.ground.units import MOST, PositiveUsd, Rate, allow_implausible
from pricing.books.sources import BookFile
from tests.meta.test_terms import terms_classes

DDTL = Path(__file__).resolve().parents[3] / "examples" / "coreweave_ddtl4"
GOOD: dict[str, Any] = {"amount_usd": 1e6, "coupon": {"kind": "fixed", "rate": 0.05}, "on": dt.date(2030, 1, 31), "label": "a"}


class Claim(Terms):
    amount_usd: PositiveUsd
    coupon: FixedCoupon
    on: dt.date
    label: str
    steps: Many[Rate] = ()
    by_class: FrozenMap[str, Rate] = {}  # noqa: RUF012  # frozen on the way in

    @model_validator(mode="after")
    def _short(self) -> Claim:
        if self.label == "long":
            FixedCoupon(rate=7.0)
        return self


CHANGES: tuple[dict[str, Any], ...] = (
    {"amount_usd": -1.0},
    {"amount_usd": 0},
    {"amount_usd": 1e308},
    {"amount_usd": "40m"},
    {"amount_usd": True},
    {"label": 3},
    {"label": None},
    {"labell": "b"},
    {"coupon": {"kind": "fixed", "rate": 5.25}},
    {"coupon": {"kind": "fixed"}},
    {"coupon": {"kind": "fixed", "rate": 0.05, "spread": 0.01}},
    {"steps": [0.1, 3.0]},
    {"steps": 0.1},
    {"by_class": {"a": "0.1"}},
    {"amount_usd": -1.0, "label": 3, "steps": [None]},
)


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_python_and_files_say_the_same(change: dict[str, Any]) -> None:
    with pytest.raises(TermsError) as built:
        Claim(**GOOD | change)
    with pytest.raises(InputError) as read:
        model_from_text(json.dumps(GOOD | change, default=str), Claim, kind="deal", language="json")
    place = [".".join(part for part in (one.subject, one.field) if part) for one in read.value.problems]
    assert sorted((one.field, one.value, one.allowed) for one in built.value.problems) == sorted(
        (where, one.value, one.allowed) for where, one in zip(place, read.value.problems, strict=True)
    )
    assert {one.subject for one in built.value.problems} == {"Claim"}
    assert "pydantic" not in str(built.value)


def test_the_cause_is_kept_and_an_except_of_value_errors_goes_on_working() -> None:
    with pytest.raises(ValueError, match=r"amount_usd = -1.0: must be above 0") as caught:
        Claim(**GOOD | {"amount_usd": -1.0})
    assert isinstance(caught.value.__cause__, ValidationError)
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems


SAID: tuple[tuple[Any, str], ...] = (
    (lambda: Claim(**GOOD | {"coupon": 3}), r"Claim.coupon = 3: must be a FixedCoupon; give FixedCoupon\(...\) or its fields in a dict"),
    (lambda: Claim(**GOOD | {"on": "2030-01-31"}), r"Claim.on = \"2030-01-31\": .*; give datetime.date\(2030, 1, 31\)"),
    (lambda: Claim(**GOOD | {"on": 2030}), r"Claim.on = 2030: .*; give datetime.date\(year, month, day\)"),
    (lambda: Provenance(basis="filling"), r"Provenance.basis = \"filling\": must be one of .*; did you mean Basis.FILING\?"),  # type: ignore[arg-type]
    (lambda: Provenance(basis=7), r"Provenance.basis = 7: must be one of Basis.ASSUMED, .*; "),  # type: ignore[arg-type]
    (lambda: Provenance(basis=Basis.ASSUMED), "Provenance: an assumed term needs a range"),
    (lambda: FixedCoupon(rate=5.25), r"5.25 means 525 % a year, .*build it inside `with allow_implausible\(\):`"),
    (lambda: Party(equity="equity:AMD").evolve(equty="x"), r"Party.equty = \"x\": unknown field; did you mean equity\?"),
    (lambda: Deal.model_validate(3), r"Deal = 3: must be a Deal; give Deal\(...\)"),
)  # fmt: skip


@pytest.mark.parametrize(("build", "said"), SAID, ids=[said[:30] for _, said in SAID])
def test_what_only_python_can_get_wrong(build: Any, said: str) -> None:
    with pytest.raises(TermsError, match=said):
        build()


def test_terms_that_a_validator_builds_are_said_once() -> None:
    with pytest.raises(TermsError) as caught:
        Claim(**GOOD | {"label": "long"})
    assert [one.allowed for one in caught.value.problems] == ["7.0 means 700 % a year, outside the plausible range -0.05 to 1"]


def test_a_part_inside_terms_that_are_ready_is_named(small_loan: Loan) -> None:
    deal = load_deal(DDTL)
    with pytest.raises(TermsError) as caught:
        deal.evolve(contracts={**deal.contracts, "loan": small_loan.evolve(lender="nobody")})
    assert all(one.subject == "Deal" and one.field.startswith("contracts.loan.") for one in caught.value.problems), str(caught.value)


@pytest.fixture
def small_loan() -> Loan:
    loan = next(one for one in load_deal(DDTL).contracts.values() if isinstance(one, Loan))
    assert isinstance(loan, Loan)
    return loan


@given(st.builds(FixedCoupon, rate=st.floats(-0.05, 1.0)))
def test_strategies_build_terms_as_before(coupon: FixedCoupon) -> None:
    assert FixedCoupon.model_validate(coupon.model_dump()) == coupon == coupon.evolve()


def test_parts_and_files_are_validated_without_a_call_of_the_constructor() -> None:
    assert Claim.__pydantic_custom_init__ is False
    assert Claim.__init__.__qualname__ == "Terms.__init__"


def test_terms_without_a_schema_are_refused_in_words_too() -> None:
    class Odd(Terms):
        amount_usd: PositiveUsd
        what: Callable[[], int] | None = None

    with pytest.raises(PydanticUserError):
        Odd.model_json_schema()
    with pytest.raises(TermsError, match=r"Odd.amount_usd = -1: must be above 0"):
        Odd(amount_usd=-1)


def test_the_largest_amount_is_allowed_and_no_more() -> None:
    assert Claim(**GOOD | {"amount_usd": MOST}).amount_usd == MOST
    with pytest.raises(TermsError, match=r"amount_usd = 1001000000000000.0: must be at or below 1e15; give a value in that range"):
        Claim(**GOOD | {"amount_usd": 1.001e15})
    with allow_implausible(), pytest.raises(TermsError, match="1e15"):
        Claim(**GOOD | {"amount_usd": 1e16})


def test_every_number_in_a_file_has_two_ends() -> None:
    classes = {cls.__name__: cls for cls in terms_classes()}
    open_ended = set()
    for file in (Deal, Project, Web, Market, ScenarioFile, BookFile):
        schema = model_schema(file, file.__name__)
        for owner, table in {file.__name__: schema, **schema["$defs"]}.items():
            fields = classes[owner].model_fields if owner in classes else {}
            plausible = {field.alias or name for name, field in fields.items() if "Plausible(" in f"{field.annotation!r}{field.metadata!r}"}
            for name, node in table.get("properties", {}).items():
                ends = [
                    {"maximum", "exclusiveMaximum"} & one.keys() and {"minimum", "exclusiveMinimum"} & one.keys() for one in numbers(node)
                ]
                open_ended |= set() if all(ends) or name in plausible else {f"{owner}.{name}"}
    assert open_ended == ELSEWHERE


def numbers(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        own = [node] if node.get("type") == "number" else []
        return own + [found for key, item in node.items() if key != "default" for found in numbers(item)]
    return [found for item in node for found in numbers(item)] if isinstance(node, list) else []


ENDS = ({"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"})
ELSEWHERE = {"Frame.values"} | {f"{one}.margin" for one in ("DebtTranche", "LeaseFinancing", "PrepaidOfftake", "ShareMarginLoan")}
"""Judged by the column that the value fills, and by a check of their own."""
