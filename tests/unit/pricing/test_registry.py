from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from instruments import Warrant
from instruments.conditions import Custom
from instruments.ground.errors import GpufinError, InputError, PricingError
from pricing import Outcome, Row, Task, price, register_condition, register_engine
from pricing.conditions import unregister_condition
from pricing.registry import entries_for, find_engine, unregister_engine
from tests.warrants import SHARE, deal, market, price_leg

OF, ON = deal([price_leg(110.0)]), market()


@pytest.fixture
def half_spot() -> Iterator[None]:
    @register_engine(Warrant, "half_spot", measures=("value", "my_measure"), note="half of spot")
    def engine(task: Task) -> Outcome:
        assert isinstance(task.contract, Warrant)
        spot = task.market.equity["AMD"].spot_usd.value
        base = {"deal": task.deal.id, "contract": task.contract_id, "party": task.contract.holder, "method": "half_spot"}
        rows = (
            Row(measure="value", value=0.5 * spot * task.contract.shares, **base),
            Row(measure="my_measure", value=1.0, unit="x", **base),
        )
        return Outcome(tuple(row for row in rows if task.settings.wants(row.measure)), ("crude",))

    yield
    unregister_engine(Warrant, "half_spot")


@pytest.mark.usefixtures("half_spot")
def test_an_engine_of_ones_own() -> None:
    found = price(OF, ON, method="half_spot", measures=["value", "my_measure"])
    assert (found.value, found.standard_error) == (500.0, None)
    assert found.row("my_measure").unit == "x"
    assert found.warnings == ("crude",)
    assert found.audit["method"] == "half_spot"
    assert [entry.method for entry in entries_for(Warrant)] == [
        "monte_carlo",
        "closed_form",
        "half_spot",
        "jumps",
        "local_volatility",
        "quantlib",
        "sobol",
    ]


@pytest.mark.usefixtures("half_spot")
@pytest.mark.parametrize(("method", "default"), [("half_spot", False), ("monte_carlo", False), ("another", True)])
def test_one_engine_per_method_and_one_default(method: str, default: bool) -> None:
    with pytest.raises(InputError, match="one engine per method, and one default"):
        register_engine(Warrant, method, measures=("value",), default=default)(lambda task: Outcome(()))
    assert [entry.method for entry in entries_for(Warrant)] == [
        "monte_carlo",
        "closed_form",
        "half_spot",
        "jumps",
        "local_volatility",
        "quantlib",
        "sobol",
    ]


def test_an_unknown_method_lists_what_there_is() -> None:
    for method in ("monte_carl", "half_spot", ""):
        with pytest.raises(PricingError, match="registered: closed_form, jumps, local_volatility, monte_carlo, quantlib, sobol"):
            price(OF, ON, method=method or "x")
    assert find_engine(Warrant, None).method == "monte_carlo"


def test_unknown_measures_are_refused() -> None:
    with pytest.raises(GpufinError, match="did you mean value"):
        price(OF, ON, measures=["valeu"])
    with pytest.raises(InputError, match="must be one of"):
        price(OF.contracts["warrant"], ON, measures=["npv"])
    # a measure of the method shown beside can be asked for
    assert price(OF, ON, measures=["value_upper_bound"]).row("value_upper_bound").method == "quantlib"


@pytest.mark.parametrize(
    "options", [{"paths": 0}, {"paths": -1}, {"paths": 2**32}, {"seed": -1}, {"seed": 1.0}, {"seed": True}, {"threads": 0}, {"threads": -2}]
)
def test_unusable_options(options: dict[str, int]) -> None:
    with pytest.raises(InputError) as caught:
        price(OF, ON, **options)
    assert caught.value.problems[0].subject in options


def test_a_condition_of_ones_own_in_a_price() -> None:
    register_condition("close_above", lambda world, arguments: world.closes[SHARE] >= arguments["level"])
    try:
        mine = price(deal([Custom(name="close_above", arguments={"level": 110.0})]), ON, paths=1, method="monte_carlo")
    finally:
        unregister_condition("close_above")
    plain = price(deal([price_leg(110.0)]), ON, paths=1, method="monte_carlo")
    # the plain leg has controls, the own condition none: same paths, same odds
    assert mine.row("vesting_probability", part="tranche 1").value == plain.row("vesting_probability", part="tranche 1").value
    assert mine.value == pytest.approx(plain.value, abs=4 * (mine.standard_error or 0.0))
    with pytest.raises(PricingError, match="close_above"):
        price(deal([Custom(name="close_above")]), ON, paths=1)


def test_a_custom_condition_has_no_quantlib_value_beside_it() -> None:
    register_condition("never", lambda world, arguments: np.zeros(world.closes[SHARE].shape, dtype=bool))
    try:
        found = price(deal([Custom(name="never")]), ON, paths=1)
    finally:
        unregister_condition("never")
    assert found.value == 0.0
    assert any("no QuantLib value beside it" in text for text in found.warnings)
