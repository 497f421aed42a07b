from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from curves.files import market_from_text, schema_of
from instruments import InputError, deal_from_text, dumps_json
from tests.documents import DEAL, GOOD, MARKET
from tests.malformed import as_json


def errors(kind: str, text: str) -> list[Any]:
    return list(Draft202012Validator(schema_of(kind)).iter_errors(json.loads(text)))


@pytest.mark.parametrize("kind", GOOD)
def test_is_a_schema_with_title_and_descriptions(kind: str) -> None:
    schema = schema_of(kind)
    Draft202012Validator.check_schema(schema)
    assert schema["title"] == f"gpufin {kind}"
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["properties"]["as_of"]["description"]


def test_good_documents_pass() -> None:
    assert not errors("deal", as_json("deal"))
    assert not errors("market", as_json("market"))
    assert not errors("deal", dumps_json(deal_from_text(DEAL)))
    assert not errors("market", dumps_json(market_from_text(MARKET)))


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("deal", lambda d: d.pop("as_of")),
        ("deal", lambda d: d.update(more=1)),
        ("deal", lambda d: d.update(contracts={})),
        ("deal", lambda d: d["contracts"]["grant"].update(shares="100")),
        ("deal", lambda d: d["contracts"]["grant"].update(shares=0)),
        ("deal", lambda d: d["contracts"]["grant"].update(tranches=[])),
        ("deal", lambda d: d["contracts"]["grant"]["tranches"][1]["condition"].pop("kind")),
        ("deal", lambda d: d["parties"]["buyer"].update(roles=["byer"])),
        ("market", lambda d: d.pop("rates")),
        ("market", lambda d: d["credit"]["META"].update(quotes={})),
        ("market", lambda d: d["credit"]["META"].pop("kind")),
        ("market", lambda d: d["equity"]["VND"].update(spot_usd=True)),
    ],
)
def test_broken_documents_fail(kind: Any, change: Any) -> None:
    assert errors(kind, as_json(kind, change))


def test_unknown_kind() -> None:
    with pytest.raises(InputError, match="did you mean deal"):
        schema_of("dael")
