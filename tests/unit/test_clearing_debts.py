"""Clearing of debts: worked examples under both ranks, default costs, limits, refusals, failures by row."""

from __future__ import annotations

import numpy as np
import pytest

from instruments.ground.errors import InputError
from instruments.ground.tolerances import FIXED_POINT_RESIDUAL
from pricing import clearing

METHODS = ["active_set", "iteration", "fictitious_default"]
HALF = np.full((3, 3), 0.5) * (1 - np.eye(3))


@pytest.mark.parametrize("method", [*METHODS, "linear_programme"])
def test_a_hidden_second_default(method):
    found = clearing.clear_debts(assets=[10, 10, 10], debts=[[0, 20, 10], [5, 0, 24], [10, 0, 0]], rank="pro_rata", method=method)
    p1 = 1890 / 77
    assert found.paid == pytest.approx([p1, 10 + 2 / 3 * p1, 10], rel=1e-12)
    assert found.equity == pytest.approx([-5.454545, -2.636364, 30], abs=5e-7)  # printed digits
    assert found.certificate.residual[0] <= FIXED_POINT_RESIDUAL
    assert found.certificate.unique.all()


@pytest.mark.parametrize("method", METHODS)
def test_outsiders_first(method):
    found = clearing.clear_debts(
        assets=[18, 18, 9], debts=[[0, 4, 0], [0, 0, 3], [2, 0, 0]], external=[17, 18, 8], rank="first", method=method
    )
    assert found.equity == pytest.approx([-1, 0, 2], abs=1e-12)
    assert found.paid == pytest.approx([3, 3, 2], rel=1e-12)
    assert found.default.tolist() == [True, False, False]  # cash equal to what is owed is solvent
    assert found.outside_paid == pytest.approx([17, 18, 8])


@pytest.mark.parametrize("method", [*METHODS, "linear_programme"])
def test_outsiders_in_the_same_class(method):
    found = clearing.clear_debts(assets=[0.5, 0.625, 0.75], debts=HALF, external=[1.5, 0.5, 0.5], rank="pro_rata", method=method)
    assert found.paid == pytest.approx([1.473214, 1.419643, 1.5], abs=5e-7)  # printed digits
    assert found.equity[2] == pytest.approx(1 / 56, rel=1e-11)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("alpha", "paid", "equity"), [(1.0, [25, 25, 10], [-5, 5, 15]), (0.4, [18, 20, 10], [-6, -2, 11])])
def test_the_cost_alone_makes_the_second_default(method, alpha, paid, equity):
    found = clearing.clear_debts(assets=[10, 5, 5], debts=[[0, 30, 0], [5, 0, 20], [10, 0, 0]], rank="pro_rata", alpha=alpha, method=method)
    assert found.paid == pytest.approx(paid, rel=1e-12)
    assert found.equity == pytest.approx(equity, rel=1e-12)
    assert found.dead_weight == pytest.approx(0.0 if alpha == 1 else 0.6 * 15)


def test_the_two_ranks_fail_different_firms():
    web = {"assets": [1.0, 1.0], "debts": [[0, 1], [0, 0]], "external": [1.0, 1.5]}
    first = clearing.clear_debts(**web, rank="first")
    same = clearing.clear_debts(**web, rank="pro_rata")
    assert first.default.tolist() == [True, True]
    assert same.default.tolist() == [True, False]


def test_a_ring_without_cash_has_two_solutions_and_says_so():
    ring = {"assets": [0, 0], "debts": [[0, 1], [1, 0]], "rank": "pro_rata"}
    best, worst = clearing.clear_debts(**ring), clearing.clear_debts(**ring, which="least")
    assert best.paid.tolist() == [1, 1]
    assert worst.paid.tolist() == [0, 0]
    assert not best.certificate.unique.any()
    assert np.maximum(0, best.equity).tolist() == np.maximum(0, worst.equity).tolist()  # the same equity above 0
    assert (best.certificate.which, worst.certificate.which) == ("greatest", "least")


def test_self_fulfilling_failure_with_default_costs():
    web = {"assets": [0.5, 0.5], "debts": [[0, 1], [1, 0]], "external": 0.4, "rank": "pro_rata", "alpha": 0.5, "beta": 0.5}
    best, worst = clearing.clear_debts(**web), clearing.clear_debts(**web, which="least")
    assert not best.default.any()
    assert worst.default.all()
    assert worst.dead_weight > 0


def test_a_group_that_outsiders_drain_pays_nothing():
    found = clearing.clear_debts(assets=[1, 1], debts=[[0, 5], [5, 0]], external=[2, 2], rank="first")
    assert found.paid == pytest.approx([0, 0], abs=1e-12)
    assert found.outside_paid == pytest.approx([1, 1])


def test_no_debts_no_links():
    found = clearing.clear_debts(assets=[3, 0], debts=np.zeros((2, 2)), external=[1, 2], rank="pro_rata")
    assert found.paid.tolist() == [1, 0]
    assert found.equity.tolist() == [2, -2]


def test_one_web_serves_many_scenarios():
    rng = np.random.default_rng(3)
    assets = rng.uniform(0, 1, size=(50, 3))
    batch = clearing.clear_debts(assets=assets, debts=HALF, external=[1.5, 0.5, 0.5], rank="pro_rata", alpha=0.8)
    for row, cash in enumerate(assets):
        one = clearing.clear_debts(assets=cash, debts=HALF, external=[1.5, 0.5, 0.5], rank="pro_rata", alpha=0.8)
        assert (batch.paid[row] == one.paid).all()
    own_web = clearing.clear_debts(assets=assets, debts=np.tile(HALF, (50, 1, 1)), external=[1.5, 0.5, 0.5], rank="pro_rata", alpha=0.8)
    assert own_web.paid == pytest.approx(batch.paid, rel=1e-14)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"assets": [-1, 1]}, "assets = -1.0"),
        ({"debts": [[0, -2], [0, 0]]}, "debts = -2.0"),
        ({"external": [1, float("inf")]}, "external"),
        ({"rank": "last"}, "first, pro_rata"),
        ({"alpha": 0.0}, "above 0"),
        ({"beta": 1.5}, "above 0"),
        ({"which": "best"}, "greatest, least"),
        ({"which": "least", "method": "fictitious_default"}, "active_set or iteration"),
        ({"rank": "first", "method": "linear_programme"}, "pro_rata"),
        ({"assets": [[1, 1], [1, 1]], "external": [[1, 1], [1, 1], [1, 1]]}, "one number of scenarios"),
    ],
)
def test_malformed_debts_are_refused(change, message):
    web = {"assets": [1, 1], "debts": [[0, 1], [0, 0]], "rank": "pro_rata"}
    with pytest.raises(InputError, match=message) as error:
        clearing.clear_debts(**(web | change))
    assert "\n" not in str(error.value)


def test_results_cannot_be_changed():
    found = clearing.clear_debts(assets=[1, 1], debts=[[0, 1], [0, 0]], rank="first")
    with pytest.raises(ValueError, match="read-only"):
        found.paid[0] = 9


@pytest.mark.parametrize("method", ["iteration", "fictitious_default", "linear_programme"])
def test_two_webs_at_once_pay_as_each_alone(method):
    cash, outside = np.array([[1.0, 2.0, 0.0], [5.0, 0.0, 1.0]]), np.array([[2.0, 1.0, 1.0], [1.0, 4.0, 0.0]])
    links = np.array([[[0, 4, 1], [2, 0, 3], [0, 5, 0]], [[0, 1, 6], [3, 0, 0], [1, 1, 0]]], dtype=float)
    together = clearing.clear_debts(assets=cash, debts=links, external=outside, rank="pro_rata", method=method)
    for row in range(2):
        alone = clearing.clear_debts(assets=cash[row], debts=links[row], external=outside[row], rank="pro_rata")
        assert together.paid[row] == pytest.approx(alone.paid, abs=1e-9)  # of amounts up to 10
        assert together.default[row].tolist() == alone.default.tolist()
