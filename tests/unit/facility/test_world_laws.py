"""Laws of the joint world in the catalogue: they hold on a sound deal, and each sees a planted fault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from instruments.deal import Party
from pricing.laws import world as laws
from pricing.paths.facility import drivers_of, shocks_of
from pricing.registry import Settings
from tests.facilities import deal, market, plain_deal

SETTINGS = Settings(paths=1, threads=1)
CHECKS = {law.name: law for law in laws.LAWS}


@pytest.mark.parametrize("name", CHECKS)
def test_they_hold_on_a_sound_facility(name: str) -> None:
    ties = {"rent:GPU|credit:PARENT": 0.5, "rates:USD-SOFR|rent:GPU": 0.4}
    for on in (market(), market(correlation=ties, rates={"USD-SOFR": {"kind": "flat", "rate": 0.03, "volatility": 0.02}})):
        assert CHECKS[name].check(deal(), on, SETTINGS) is None


def test_a_rate_off_its_curve_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*arguments: Any) -> Any:
        found = drivers_of(*arguments)
        return found._replace(discount=found.discount * 1.01)

    monkeypatch.setattr(laws, "drivers_of", wrong)
    assert "curve" in (laws.short_rate_keeps_the_curve(deal(), market(), SETTINGS) or "")


def test_rents_that_move_with_the_driver_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(model: Any, *arguments: Any) -> Any:
        found = drivers_of(model, *arguments)
        return found._replace(ratio=found.ratio * 1.0001) if model.rates is not None else found

    monkeypatch.setattr(laws, "drivers_of", wrong)
    assert "another way" in (laws.short_rate_keeps_the_curve(deal(), market(), SETTINGS) or "")


@pytest.mark.parametrize(("field", "said"), [("ratio", "mean rent"), ("months", "defaults by")])
def test_a_marginal_that_breaks_move_is_seen(field: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*arguments: Any) -> Any:
        found = shocks_of(*arguments)
        return replace(found, **{field: getattr(found, field) * 1.1 if field == "ratio" else np.zeros_like(found.months)})

    monkeypatch.setattr(laws, "shocks_of", wrong)
    assert said in (laws.breaks_keep_marginals(deal(), market(), SETTINGS) or "")


def test_a_lender_that_lends_after_its_end_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = laws.set_up

    def wrong(of: Any, name: str, on: Any) -> Any:
        found = real(of, name, on)
        # the one that cannot fail has a window that is shut
        shut = found.facility.plan._replace(window=-1)
        return found if found.model.lender else replace(found, facility=replace(found.facility, plan=shut))

    monkeypatch.setattr(laws, "set_up", wrong)
    assert "lends" in (laws.failing_lender_never_lends_more(deal(), market(), SETTINGS) or "")


def test_where_they_apply() -> None:
    lending = CHECKS["failing_lender_never_lends_more"]
    assert lending.applies(deal())
    assert not lending.applies(plain_deal())
    of = deal()
    rated = of.evolve(parties={**of.parties, "bank": Party(credit="credit:PAYER")})
    assert lending.check(rated, market(), SETTINGS) is None
