"""Edges of the clearing functions: cents and millions alike, an axis of one scenario, bounds that are met exactly, starts and counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest

from instruments.ground.errors import InputError, NetworkError
from pricing.clearing import guarantees
from pricing.clearing.certificate import closed_groups, unique_debts
from pricing.clearing.debts import clear_debts
from pricing.clearing.guarantees import clear_guarantees
from pricing.clearing.holdings import HoldingsMap, _check_held, _result, clear_holdings
from pricing.clearing.sales import depth_impact, fire_sale, leverage_round
from pricing.clearing.secured import clear_secured, over_pledged, pledge_chain
from pricing.clearing.solvers import SOLVENT_REL, DebtMap

DEBTS = np.array([[0.0, 4.0, 2.0], [1.0, 0.0, 3.0], [2.0, 0.0, 0.0]])
CASH, OUTSIDE = np.array([3.0, 0.5, 1.0]), np.array([1.0, 0.0, 2.0])
HELD = np.array([[0.0, 0.2, 0.1], [0.3, 0.0, 0.0], [0.1, 0.1, 0.0]])
IDLE = np.array([[0.0, 4.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])

Case = tuple[Callable[..., Any], dict[str, Any], tuple[str, ...]]
CASES: dict[str, Case] = {
    f"debts {rank} {which}": (
        clear_debts,
        {"assets": CASH, "debts": DEBTS, "external": OUTSIDE, "rank": rank, "which": which},
        ("assets", "debts", "external"),
    )
    for rank in ("first", "pro_rata")
    for which in ("greatest", "least")
} | {
    f"guarantees {which}": (
        clear_guarantees,
        {"assets": CASH, "debts": DEBTS, "external": OUTSIDE, "guarantor": [2], "debtor": [1], "creditor": [0], "cap": np.array([0.75]),
         "rank": "pro_rata", "which": which},
        ("assets", "external", "cap"),
    )
    for which in ("greatest", "least")
} | {
    "secured": (
        clear_secured,
        {"assets": CASH, "debts": DEBTS, "external": OUTSIDE, "rank": "pro_rata",
         "collateral": np.array([[0.0, 1.0, 0.5], [0.5, 0.0, 0.0], [0.0, 0.0, 0.0]])},
        ("assets", "debts", "collateral"),
    ),
    "idle": (
        clear_debts, {"assets": CASH, "debts": IDLE, "external": np.array([1.0, 0.0, 0.0]), "rank": "pro_rata"}, ("assets", "debts"),
    ),
}  # fmt: skip
"""Function, its arguments, those of them that may have an axis of scenarios (an amount in USD each)."""
for method in ("sweeps", "iteration"):
    for which in ("greatest", "least"):
        CASES[f"holdings {method} {which}"] = (
            clear_holdings,
            {"assets": CASH, "debts": np.array([[1.0, 0.5, 2.0], [3.0, 0.5, 0.5]]), "equity_held": HELD,
             "debt_held": np.stack([HELD, HELD]), "warrants_held": 0.1 * HELD, "warrant_floor": 0.5, "method": method, "which": which},
            ("assets", "debts"),
        )  # fmt: skip
AMOUNTS = ("assets", "debts", "external", "cap", "collateral", "warrant_floor")


def numbers(found: Any) -> dict[str, np.ndarray]:
    """Every array of a result by its path."""
    arrays = {}
    for one in fields(found):
        value = getattr(found, one.name)
        if is_dataclass(value):
            arrays |= {f"{one.name}.{path}": array for path, array in numbers(value).items()}
        elif isinstance(value, np.ndarray | float):
            arrays[one.name] = np.asarray(value)
    return arrays


@pytest.mark.parametrize("name", CASES)
def test_amounts_in_another_unit_change_nothing_else(name: str) -> None:
    function, given, _ = CASES[name]
    base = numbers(function(**given))
    for unit in (2.0**-12, 2.0**20):
        scaled = numbers(function(**given | {key: np.asarray(given[key]) * unit for key in AMOUNTS if key in given}))
        for key, array in base.items():
            alike = array.dtype.kind in "bi" or key.split(".")[-1] in ("share_paid", "residual")
            np.testing.assert_allclose(scaled[key], array if alike else array * unit, rtol=1e-12, atol=1e-14 * unit, err_msg=key)


@pytest.mark.parametrize(("name", "which"), [(name, which) for name, case in CASES.items() for which in case[2]])
def test_one_scenario_with_an_axis_is_a_batch_of_one(name: str, which: str) -> None:
    function, given, _ = CASES[name]
    alone, batch = numbers(function(**given)), numbers(function(**given | {which: np.asarray(given[which])[None]}))
    for key in alone:
        if not {"certificate", "rows"} & set(key.split(".")):
            assert batch[key].shape == (1, *alone[key].shape), key
            np.testing.assert_allclose(batch[key][0], alone[key], rtol=1e-14, err_msg=key)


def ring(which: Any) -> Any:
    """A owes B 2 and outsiders 1 first; B has 1 and owes A 3: what goes round may be all of it, or nothing."""
    debts = [[0.0, 2.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    return clear_guarantees(
        assets=[0.0, 1.0, 0.0], debts=debts, external=[1.0, 0.0, 0.0], guarantor=[2], debtor=[0], creditor=[1], cap=[0.0], rank="first",
        which=which,
    )  # fmt: skip


def test_greatest_and_least_start_above_and_below_every_solution() -> None:
    assert ring("greatest").share_paid.tolist() == [1.0, 1.0, 1.0]
    assert ring("least").share_paid == pytest.approx([0.0, 1.0 / 3.0, 1.0])


@pytest.mark.parametrize("name", CASES)
def test_rounds_are_counted_from_one(name: str) -> None:
    function, given, _ = CASES[name]
    found = function(**given)
    assert (getattr(found, "rest", found).certificate.iterations >= 1).all()


@pytest.mark.parametrize("batched", [("assets",), ("debts",), ("collateral",), ("assets", "debts", "collateral")])
def test_secured_clearing_of_a_batch_is_that_of_each_scenario(batched: tuple[str, ...]) -> None:
    function, given, _ = CASES["secured"]
    sizes = (1.0, 0.5, 0.25) if batched == ("collateral",) else (1.0, 1.5, 3.0)
    batch = function(**given | {name: np.stack([np.asarray(given[name]) * size for size in sizes]) for name in batched})
    for row, size in enumerate(sizes):
        alone = function(**given | {name: np.asarray(given[name]) * size for name in batched})
        np.testing.assert_allclose(batch.paid[row], alone.paid, rtol=1e-12)
        np.testing.assert_allclose(np.broadcast_to(batch.secured, (3, 3, 3))[row], alone.secured, rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("holdings")])
def test_outsiders_own_what_nobody_inside_holds_of_each_claim(name: str) -> None:
    function, given, _ = CASES[name]
    found = function(**given)
    held = given["warrants_held"] / np.maximum(given["warrants_held"].sum(axis=0), 1e-300)
    np.testing.assert_allclose(found.outside[-1], found.warrants * (1.0 - held.sum(axis=0)), atol=1e-15)
    np.testing.assert_allclose(found.outside[-2], found.equity * (1.0 - HELD.sum(axis=0)), rtol=1e-13)
    np.testing.assert_allclose(found.outside[:2], found.debt * (1.0 - HELD.sum(axis=0)), rtol=1e-13)
    assert found.outside.sum() == pytest.approx(CASH.sum() - found.dead_weight, rel=1e-13)


def test_a_residual_of_holdings_is_a_share_of_all_assets() -> None:
    value = np.array([[4.0, 2.0]])
    model = HoldingsMap(value, np.array([[[1.0, 1.0]]]), np.zeros((3, 2, 2)), np.zeros(2), np.zeros(2), 1.0, 1.0)
    found = _result(
        model, value + np.array([[3e-12, 0.0]]), np.zeros((1, 2), dtype=bool), np.ones(1, dtype=np.int64), "greatest", "sweeps", True
    )
    assert found.certificate.residual == pytest.approx([5e-13], rel=1e-3)


def test_guarantees_that_have_not_settled_are_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    function, given, _ = CASES["guarantees greatest"]
    monkeypatch.setattr(guarantees, "MOST_ROUNDS", 1)
    with pytest.raises(NetworkError, match="residual"):
        function(**given)


def test_who_pledges_too_much_is_named() -> None:
    given = CASES["secured"][1] | {"collateral": np.array([[0.0, 2.0, 1.0], [0.25, 0.0, 0.5], [0.0, 0.0, 0.0]])}
    with pytest.raises(InputError, match="entry 0, 1 is more"):  # the first pledges exactly all it has
        clear_secured(**given)


SALE: dict[str, Any] = {"units": [10.0, 4.0], "cash": [0.8, 0.1], "debt": [10.2, 3.9], "ratio": 0.07, "impact": 0.005, "start": 1.0}


@pytest.mark.parametrize("batched", ["units", "cash", "debt", "start"])
def test_a_fire_sale_of_one_scenario_with_an_axis_is_a_batch_of_one(batched: str) -> None:
    alone = fire_sale(**SALE)
    shape = {"units": (1, 2, 1), "cash": (1, 2), "debt": (1, 2), "start": (1, 1)}[batched]
    batch = fire_sale(**SALE | {batched: np.reshape(SALE[batched], shape)})
    assert alone.price.shape == (1,)
    assert batch.price.shape == (1, 1)
    assert batch.sold.shape == (1, *alone.sold.shape)
    assert batch.price[0] == alone.price


def test_depth_is_read_off_quotes_up_to_their_ends() -> None:
    assert depth_impact(share_sold=1.0, price_fall=0.0) == 0.0
    assert depth_impact(share_sold=0.5, price_fall=0.5) == pytest.approx(2.0 * np.log(2.0))
    for bad in ({"share_sold": 0.0}, {"share_sold": 1.0 + 1e-9}, {"price_fall": 1.0}, {"price_fall": -1e-9}):
        with pytest.raises(InputError, match=r"shares in \(0, 1\]"):
            depth_impact(**{"share_sold": 0.5, "price_fall": 0.1} | bad)


def test_a_pool_that_just_covers_its_liens_is_not_over_pledged() -> None:
    assert not over_pledged(value=100.0, claims=[30.0, 45.0], haircut=0.25)
    assert over_pledged(value=100.0, claims=[30.0, 45.0 + 1e-9], haircut=0.25)
    assert not over_pledged(value=0.25, claims=[0.0], haircut=0.25)


def test_a_group_that_pays_somebody_outside_it_is_not_closed() -> None:
    ring = np.array([[False, True, False], [True, False, False], [False, False, False]])
    assert [group.tolist() for group in closed_groups(ring)] == [[0, 1]]
    ring[1, 2] = True
    assert closed_groups(ring) == []
    assert closed_groups(np.zeros((3, 3), dtype=bool)) == []


def test_all_that_a_debtor_has_may_be_pledged() -> None:
    debts, pledge = [[0.0, 60.0], [0.0, 0.0]], [[0.0, 40.0], [0.0, 0.0]]
    found = clear_secured(assets=[40.0, 0.0], debts=debts, collateral=pledge, rank="first")
    assert found.paid.tolist() == found.secured.tolist() == pledge
    assert found.rest.equity.tolist() == [-20.0, 40.0]
    with pytest.raises(InputError, match="from 0 to"):
        clear_secured(assets=[-1e-9, 0.0], debts=debts, collateral=np.zeros((2, 2)), rank="first")


def debt_map(cash: tuple[float, ...]) -> DebtMap:
    """Two firms; the first owes 4 to the second."""
    shares = np.array([[[0.0, 1.0], [0.0, 0.0]]])
    return DebtMap(np.array([cash]), np.zeros((1, 2)), shares, np.array([[4.0, 0.0]]), alpha=1.0, beta=1.0)


def test_who_is_in_default_is_proved_but_for_those_on_the_edge() -> None:
    paid = np.array([[4.0, 0.0]])
    for cash, wrong in (((4.0, 1.0), 0.0), ((4.0 * (1.0 + 100.0 * SOLVENT_REL), 1.0), 0.0), ((5.0, 1.0), 1.0)):
        flagged = debt_map(cash).residual(paid, np.array([[True, False]]))
        assert flagged.tolist() == [wrong]
        assert debt_map(cash).residual(paid, np.array([[False, False]])).tolist() == [0.0]
    assert debt_map((3.0, 1.0)).residual(np.array([[3.0, 0.0]]), np.array([[True, False]])).tolist() == [0.0]


@pytest.mark.parametrize("excess", [0.0, 100.0 * SOLVENT_REL, 0.25])
def test_a_wrong_default_in_a_valuation_is_a_failure_but_on_the_edge(excess: float) -> None:
    value = np.array([[4.0 * (1.0 + excess)]])
    model = HoldingsMap(value, np.array([[[4.0]]]), np.zeros((3, 1, 1)), np.zeros(1), np.zeros(1), 1.0, 1.0)
    rest = (np.ones(1, dtype=np.int64), "greatest", "sweeps", True)
    assert _result(model, value, np.array([[False]]), *rest).certificate.residual.tolist() == [0.0]  # type: ignore[arg-type]
    if excess < 0.1:
        assert _result(model, value, np.array([[True]]), *rest).certificate.residual.tolist() == [0.0]  # type: ignore[arg-type]
    else:
        with pytest.raises(NetworkError, match="residual 1"):
            _result(model, value, np.array([[True]]), *rest)  # type: ignore[arg-type]


def test_all_of_a_debt_may_be_held_inside_but_not_all_shares() -> None:
    full = np.array([[[0.0, 1.0], [0.0, 0.0]], [[0.0, 0.5], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
    _check_held(full, 1)
    shares = full[[1, 0, 2]]
    with pytest.raises(InputError, match="equity_held"):
        _check_held(shares, 1)
    with pytest.raises(InputError, match=r"debt_held.0.*1.01"):
        _check_held(full * 1.01, 1)


@pytest.mark.parametrize("method", ["sweeps", "iteration"])
def test_one_solution_is_claimed_only_where_no_share_is_whole_and_no_default_costs(method: Any) -> None:
    given = {"assets": CASH, "debts": OUTSIDE, "equity_held": HELD, "method": method}
    whole = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert clear_holdings(**given).certificate.unique.tolist() == [True]
    two_debts = np.array([[0.0, 0.6, 0.6], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])  # more than one in a row is a holder's, not an issuer's
    assert clear_holdings(**given | {"debt_held": two_debts}).certificate.unique.tolist() == [True]
    for change in ({"alpha": 0.9}, {"beta": 0.9}, {"debt_held": whole}):
        assert clear_holdings(**given | change).certificate.unique.tolist() == [False]


@pytest.mark.parametrize("value", [50.0, 2e9])
def test_the_multiple_of_a_chain_of_pledges_is_per_dollar_at_its_bottom(value: float) -> None:
    found = pledge_chain(value=value, haircuts=[0.2, 0.1])
    assert found.multiple == pytest.approx(0.8 + 0.72)
    assert found.equity == pytest.approx([0.2 * value, 0.08 * value])


def test_a_batch_of_one_shock_keeps_its_axis() -> None:
    weights, two = np.array([[0.5, 0.5], [1.0, 0.0]]), [1.0, 2.0]
    given: dict[str, Any] = {"weights": weights, "assets": two, "leverage": [3.0, 2.0], "impact": [0.1, 0.2], "equity": two}
    one, many = leverage_round(shock=[0.1, 0.0], **given), leverage_round(shock=[[0.1, 0.0]], **given)
    for of_one, of_many in zip(numbers(one).values(), numbers(many).values(), strict=True):
        assert np.array_equal(of_many, of_one[None])


def test_one_leak_makes_a_closed_group_unique() -> None:
    """Two firms that owe each other and have nothing: any split clears, unless outsiders are owed by one of them."""
    ring = np.array([[[0.0, 1.0], [1.0, 0.0]]])
    nothing = np.zeros((1, 2))
    assert not unique_debts(ring, nothing, nothing)[0]
    assert unique_debts(ring, np.array([[0.3, 0.0]]), nothing)[0]
    assert unique_debts(ring, nothing, np.array([[0.0, 0.1]]))[0]


def test_each_scenario_is_certified_on_its_own_links() -> None:
    """A ring in the first scenario, a line in the second: only the ring can clear in many ways."""
    links = np.array([[[0.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]]])
    assert unique_debts(links, np.zeros((2, 2)), np.zeros((2, 2))).tolist() == [False, True]


def test_debts_below_a_dollar_are_debts() -> None:
    found = fire_sale(units=[10], cash=[0.8], debt=[0.5], ratio=0.07, impact=0.005)
    assert float(found.price[0]) == 1.0


@pytest.mark.parametrize("field", ["guarantor", "debtor", "creditor"])
@pytest.mark.parametrize("wrong", [-1, 3])
def test_one_name_that_is_no_firm_is_refused(field: str, wrong: int) -> None:
    names: dict[str, Any] = {"guarantor": [2, 0], "debtor": [1, 1], "creditor": [0, 2]}
    names[field] = [names[field][0], wrong]
    with pytest.raises(InputError, match=r"equal lists of 0\.\.2"):
        clear_guarantees(assets=CASH, debts=DEBTS, external=OUTSIDE, cap=np.array([0.75, 0.5]), rank="first", **names)


def test_a_scenario_that_settles_at_once_does_not_stop_the_others() -> None:
    debts = np.array([[1.0, 0.5, 2.0], [3.0, 0.5, 0.5]])
    slow = clear_holdings(assets=CASH, debts=debts, equity_held=HELD, method="iteration")
    both = clear_holdings(assets=np.array([[0.0, 0.0, 0.0], CASH]), debts=debts, equity_held=HELD, method="iteration")
    assert np.array_equal(both.value[1], slow.value)
    assert not both.failures
