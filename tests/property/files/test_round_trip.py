from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from curves.market import Market
from instruments import Deal, dumps_json, dumps_toml
from instruments.files import model_from_text
from instruments.ground.base import Terms
from tests.property.files.terms import deals, markets

QUICK = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.mark.parametrize(("model", "kind", "documents"), [(Deal, "deal", deals()), (Market, "market", markets())])
@QUICK
@given(data=st.data())
def test_toml_and_json_keep_everything(model: type[Terms], kind: str, documents: st.SearchStrategy[Any], data: st.DataObject) -> None:
    document = data.draw(documents)
    loaded = model_from_text(json.dumps(document), model, kind=kind, language="json")
    toml, text = dumps_toml(loaded), dumps_json(loaded)
    from_toml = model_from_text(toml, model, kind=kind)
    from_json = model_from_text(text, model, kind=kind, language="json")
    assert from_toml == loaded == from_json
    assert dumps_toml(from_toml) == toml
    assert dumps_json(from_json) == text
