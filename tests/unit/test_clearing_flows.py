"""Flow measures: the worked webs of the literature note, limits, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from instruments.ground.errors import InputError, NetworkError
from pricing import clearing

S, O, N, R = range(4)  # noqa: E741
LINKS = {(S, O): 40.0, (O, N): 30.0, (O, R): 50.0, (R, N): 30.0, (N, O): 20.0, (R, S): 2.0}


def four_dolls(*outside: tuple[int, int]):
    """The four dolls; the named links are replaced by outside money."""
    flows, inflow, outflow = np.zeros((4, 4)), np.array([38.0, 20, 0, 0]), np.array([0.0, 0, 40, 18])
    for (start, end), amount in LINKS.items():
        if (start, end) in outside:
            outflow[start] += amount
            inflow[end] += amount
        else:
            flows[start, end] = amount
    return {"flows": flows, "inflow": inflow, "outflow": outflow}


def test_two_nodes():
    found = clearing.trace(flows=[[0, 40], [10, 0]], inflow=[30, 0], outflow=[0, 30])
    assert found.throughflow.tolist() == [40, 40]
    assert found.passes[0, 0] == pytest.approx(4 / 3, rel=1e-14)
    assert found.returning[1] == pytest.approx(0.25, rel=1e-14)
    assert found.passes[0, 1] == pytest.approx(4 / 3, rel=1e-14)
    assert found.finn == pytest.approx(0.25, rel=1e-14)
    assert found.path_length == pytest.approx(80 / 30, rel=1e-14)
    circle = clearing.max_circularity(flows=[[0, 40], [10, 0]], inflow=[30, 0], outflow=[0, 30])
    assert circle.amount == pytest.approx(20)
    assert circle.share_of_inside == pytest.approx(0.40)
    assert circle.share_of_all == pytest.approx(20 / 110)


def test_four_dolls():
    found = clearing.trace(**four_dolls())
    assert found.throughflow.tolist() == [40, 80, 60, 50]
    assert found.returning == pytest.approx([1 / 30, 11 / 40, 10 / 39, 6 / 35], rel=1e-13)
    assert found.finn == pytest.approx((4 / 3 + 22 + 200 / 13 + 60 / 7) / 230, rel=1e-13)
    assert found.path_length == pytest.approx(115 / 29, rel=1e-14)


@pytest.mark.parametrize(
    ("gone", "finn", "length"),
    [((), 0.205606, 3.965517), (((N, O),), 0.018478, 2.948718), (((R, S),), 0.183230, 3.833333), (((N, O), (R, S)), 0.0, 2.875)],
)
def test_four_dolls_without_loops(gone, finn, length):
    found = clearing.trace(**four_dolls(*gone))
    assert found.finn == pytest.approx(finn, abs=5e-7)  # six printed digits
    assert found.path_length == pytest.approx(length, abs=5e-7)


def test_impulse_rounds_add_up_to_all_passes():
    found = clearing.trace(**four_dolls())
    rounds = clearing.impulse(found, pulse=[1, 0, 0, 0], rounds=400)
    assert rounds[0].tolist() == [1, 0, 0, 0]
    assert rounds.sum(axis=0) == pytest.approx(found.passes[0], rel=1e-12)


def test_look_through_revenue():
    web = four_dolls()
    found = clearing.trace(**web)
    source = np.zeros((2, 4))
    source[0, S], source[1, O] = 38, 20  # equity into the fund, customers of the lab
    revenue = web["flows"].copy()
    revenue[S, O] = revenue[N, O] = revenue[R, S] = 0  # funding, not sales
    direct = np.zeros((2, 4))
    direct[1, O] = 20
    seen = clearing.look_through(found, inflow_by_source=source, revenue=revenue, inflow_revenue=direct)
    assert seen.reported[N] == 60
    assert seen.by_source[:, N].sum() == pytest.approx(60)  # everything N sells began outside
    assert seen.net_of_recycled[N] == pytest.approx(60 * (1 - 10 / 39))
    assert seen.by_source[1, O] == 20  # the lab's own revenue: its customers
    share = source[1] @ found.passes / found.throughflow
    assert seen.by_source[1, N] == pytest.approx(30 * share[O] + 30 * share[R])


def test_a_web_without_links_and_an_idle_node():
    found = clearing.trace(flows=np.zeros((2, 2)), inflow=[5, 0], outflow=[5, 0])
    assert found.finn == 0
    assert found.path_length == 1
    assert found.depth.tolist() == [1, 1]


def test_a_closed_group_is_named():
    with pytest.raises(NetworkError, match="money that enters a, b never leaves"):
        clearing.trace(flows=[[0, 1, 0], [1, 0, 0], [0, 0, 0]], inflow=[0, 0, 1], outflow=[0, 0, 1], names=["a", "b", "c"])


def test_a_batch_keeps_the_closed_group_as_a_failure_of_its_row():
    open_web, shut = [[0, 40], [10, 0]], [[0, 10], [10, 0]]
    found = clearing.trace(flows=[open_web, shut, open_web], inflow=[[30, 0], [0, 0], [30, 0]], outflow=[[0, 30], [0, 0], [0, 30]])
    assert found.rows.tolist() == [0, 2]
    assert [failure.row for failure in found.failures] == [1]
    assert found.finn == pytest.approx([0.25, 0.25])


def test_a_batch_keeps_what_does_not_balance_as_a_failure_of_its_row():
    found = clearing.trace(flows=[[[0, 40], [10, 0]]] * 2, inflow=[[30, 0], [31, 0]], outflow=[[0, 30], [0, 30]])
    assert found.rows.tolist() == [0]
    assert "takes in 41 and pays out 40" in str(found.failures[0].problem)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inflow": [1, 0]}, "takes in"),
        ({"flows": [[0, -1], [0, 0]]}, "finite number from 0"),
        ({"flows": [[1, 0], [0, 0]]}, "diagonal"),
        ({"flows": [[0, float("nan")], [0, 0]]}, "finite"),
        ({"flows": [[0, 1, 2], [0, 0, 1]]}, "n, n"),
        ({"inflow": [1, 2, 3]}, "scenarios, 2"),
    ],
)
def test_malformed_flows_are_refused(change, message):
    web = {"flows": [[0, 40], [10, 0]], "inflow": [30, 0], "outflow": [0, 30]}
    with pytest.raises(InputError, match=message) as error:
        clearing.trace(**(web | change))
    assert "\n" not in str(error.value)


def test_hierarchy_has_no_loops_and_a_ring_has_nothing_else():
    assert clearing.gradient_part([[0, 2, 0], [0, 0, 2], [0, 0, 0]]).loop_energy_share == pytest.approx(0, abs=1e-15)
    ring = clearing.gradient_part([[0, 2, 0], [0, 0, 2], [2, 0, 0]])
    assert ring.loop_energy_share == pytest.approx(1)
    assert ring.potential == pytest.approx([0, 0, 0], abs=1e-15)


def test_pledges_stand_on_one_another():
    chain = {"vehicle loan": ["gpu"], "vehicle equity": ["gpu"], "fund units": ["vehicle equity"], "margin loan": ["fund units"]}
    assert clearing.pledge_depth(chain) == {"gpu": 0, "vehicle loan": 1, "vehicle equity": 1, "fund units": 2, "margin loan": 3}
    with pytest.raises(InputError, match="pledged in a circle") as error:
        clearing.pledge_depth(chain | {"gpu": ["margin loan"]})
    assert "fund units" in str(error.value)


def test_null_model_keeps_the_sums():
    found = clearing.trace(**four_dolls())
    seen = []

    def measure(flows):
        seen.append(flows)
        return float(clearing.max_circularity(flows=flows).amount)

    share, values = clearing.null_percentile(found, measure=measure, draws=5, rng=np.random.default_rng(1))
    assert share == (values < 66).mean()  # the dolls' own circulation is 66
    for flows in seen[:-1]:
        assert flows.sum(axis=1) == pytest.approx(found.throughflow - found.outflow, rel=1e-9)  # fitted to 1e-12 of all flows
        assert flows.sum(axis=0) == pytest.approx(found.throughflow - found.inflow, rel=1e-9)
    assert 0 <= share <= 1


def test_new_external_cash_by_source():
    assert clearing.new_external_cash(outside_in=[30, 20, 5], returned=[0, 4, 6]).tolist() == [30, 16, -1]
