"""What must hold on every web, each law with its domain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from instruments.ground.tolerances import FIXED_POINT_RESIDUAL
from pricing import clearing
from tests.webs import debt_webs, flow_webs, holdings_webs, permuted

ranks = st.sampled_from(["first", "pro_rata"])
costs = st.sampled_from([1.0, 0.75, 0.5])
TINY = 1e-9
"""On amounts up to 10: residuals are held to 1e-12 of total debt, and a linear web passes them on a few times."""


@given(debt_webs(), ranks, costs, costs)
def test_payments_lie_between_nothing_and_due(web, rank, alpha, beta):
    for which in ("greatest", "least"):
        found = clearing.clear_debts(
            assets=web.assets, debts=web.debts, external=web.external, rank=rank, alpha=alpha, beta=beta, which=which
        )
        assert (found.paid >= 0).all()
        assert (found.paid <= found.owed).all()
        assert found.certificate.residual[0] <= FIXED_POINT_RESIDUAL
        outside = found.outside_paid.sum() + np.maximum(0, found.equity).sum()
        assert outside == pytest.approx(web.assets.sum() - found.dead_weight, abs=TINY)
        defaulted = found.default & (np.maximum(found.equity, 0) > TINY)
        assert not defaulted.any()  # limited liability and absolute priority: equity only when all debts are paid


@given(debt_webs(), ranks, costs)
def test_least_is_below_greatest_and_equity_agrees_without_costs(web, rank, alpha):
    best, worst = (
        clearing.clear_debts(assets=web.assets, debts=web.debts, external=web.external, rank=rank, alpha=alpha, beta=alpha, which=which)
        for which in ("greatest", "least")
    )
    assert (worst.paid <= best.paid + TINY).all()
    if alpha == 1.0:
        assert np.maximum(0, best.equity) == pytest.approx(np.maximum(0, worst.equity), abs=TINY)
        if best.certificate.unique[0]:
            assert best.paid == pytest.approx(worst.paid, abs=TINY)


@given(debt_webs(), ranks, costs, st.randoms(use_true_random=False), st.sampled_from([0.5, 4.0]))
def test_permuting_and_scaling(web, rank, alpha, random, scale):
    order = np.array(random.sample(range(len(web.assets)), len(web.assets)))
    found = clearing.clear_debts(assets=web.assets, debts=web.debts, external=web.external, rank=rank, alpha=alpha)
    turned = clearing.clear_debts(
        assets=scale * web.assets[order],
        debts=scale * permuted(web.debts, order),
        external=scale * web.external[order],
        rank=rank,
        alpha=alpha,
    )
    assert turned.paid == pytest.approx(scale * found.paid[order], abs=TINY)
    assert turned.equity == pytest.approx(scale * found.equity[order], abs=TINY)
    assert turned.default.tolist() == found.default[order].tolist()


@given(debt_webs(), ranks, st.integers(0, 4), st.floats(0, 10), st.booleans())
def test_payments_rise_with_assets_and_outside_claims_one_for_one(web, rank, who, more, costly):
    alpha = 0.75 if costly else 1.0
    richer = web.assets.copy()
    richer[who % len(richer)] += more
    before, after = (
        clearing.clear_debts(assets=cash, debts=web.debts, external=web.external, rank=rank, alpha=alpha, beta=alpha)
        for cash in (web.assets, richer)
    )
    assert (after.paid >= before.paid - TINY).all()
    if not costly:
        gain = (np.maximum(0, after.equity) - np.maximum(0, before.equity)).sum() + (after.outside_paid - before.outside_paid).sum()
        assert gain == pytest.approx(more, abs=TINY)


@given(debt_webs(), ranks)
def test_a_firm_without_links_stands_alone(web, rank):
    alone = web.debts.copy()
    alone[0, :] = alone[:, 0] = 0
    found = clearing.clear_debts(assets=web.assets, debts=alone, external=web.external, rank=rank)
    assert found.equity[0] == pytest.approx(web.assets[0] - web.external[0])
    assert found.outside_paid[0] == pytest.approx(min(web.assets[0], web.external[0]))


@given(debt_webs(most=4), st.sampled_from(["first", "pro_rata"]))
def test_zero_shock_on_a_cleared_state_gives_zero_loss(web, rank):
    found = clearing.clear_debts(assets=web.assets, debts=web.debts, external=web.external, rank=rank)
    share = np.divide(found.paid, found.owed, out=np.zeros_like(found.paid), where=found.owed > 0)
    again = clearing.clear_debts(assets=web.assets, debts=web.debts * share[:, None], external=found.outside_paid, rank=rank)
    settled = np.maximum(0, found.equity)
    assert np.maximum(0, again.equity) == pytest.approx(settled, abs=TINY)
    assert again.outside_paid == pytest.approx(found.outside_paid, abs=TINY)


@given(debt_webs(), ranks, st.sampled_from(["greatest", "least"]))
def test_network_valuation_nests_clearing(web, rank, which):
    rule = clearing.eisenberg_noe_worth(claims=web.debts.T, liabilities=web.external, rank=rank)
    valued = clearing.value_network(claims=web.debts.T, assets=web.assets, liabilities=web.external, valuation=rule, which=which)
    direct = clearing.clear_debts(assets=web.assets, debts=web.debts, external=web.external, rank=rank, which=which)
    assert valued.equity == pytest.approx(direct.equity, abs=1e-6)  # slow iterations stop at the residual, not at the distance


@given(holdings_webs(), costs, costs, st.sampled_from(["greatest", "least"]))
def test_group_modigliani_miller(web, alpha, beta, which):
    found = clearing.clear_holdings(
        assets=web.assets, debts=web.faces, equity_held=web.equity_held, debt_held=web.debt_held, alpha=alpha, beta=beta, which=which
    )
    assert found.outside.sum() == pytest.approx(web.assets.sum() - found.dead_weight, abs=TINY)
    assert (found.debt <= web.faces + TINY).all()
    junior_paid = (found.debt[1:] > TINY) & (found.debt[:-1] < web.faces[:-1] - TINY)
    assert not junior_paid.any()  # absolute priority
    if alpha == beta == 1.0:
        loose = clearing.clear_holdings(assets=web.assets, debts=web.faces, equity_held=np.zeros_like(web.equity_held))
        assert loose.outside.sum() == pytest.approx(found.outside.sum(), abs=TINY)  # a loop of holdings changes who, not how much


@given(holdings_webs(), costs, st.randoms(use_true_random=False))
def test_holdings_permute_and_methods_agree(web, alpha, random):
    order = np.array(random.sample(range(len(web.assets)), len(web.assets)))
    found = clearing.clear_holdings(assets=web.assets, debts=web.faces, equity_held=web.equity_held, debt_held=web.debt_held, alpha=alpha)
    turned = clearing.clear_holdings(
        assets=web.assets[order],
        debts=web.faces[:, order],
        equity_held=permuted(web.equity_held, order),
        debt_held=np.stack([permuted(layer, order) for layer in web.debt_held]),
        alpha=alpha,
        method="iteration",
    )
    assert turned.value == pytest.approx(found.value[order], abs=TINY)


@given(flow_webs(), st.randoms(use_true_random=False))
def test_flow_identities(web, random):
    flows, inflow, outflow = web
    found = clearing.trace(flows=flows, inflow=inflow, outflow=outflow)
    assert 0 <= found.finn < 1
    assert found.path_length >= 1 - TINY
    assert (outflow * found.depth).sum() / outflow.sum() == pytest.approx(found.path_length, rel=1e-10)
    assert inflow @ found.passes == pytest.approx(found.throughflow, rel=1e-10)
    assert clearing.impulse(found, pulse=inflow, rounds=1)[0].tolist() == inflow.tolist()
    order = np.array(random.sample(range(len(inflow)), len(inflow)))
    turned = clearing.trace(flows=3 * permuted(flows, order), inflow=3 * inflow[order], outflow=3 * outflow[order])
    assert turned.finn == pytest.approx(found.finn, abs=1e-12)
    assert turned.path_length == pytest.approx(found.path_length, rel=1e-12)


@given(flow_webs(), st.integers(0, 5), st.integers(0, 5))
def test_circularity_never_rises_when_an_edge_goes(web, start, end):
    flows = web[0]
    n = len(flows)
    whole = clearing.max_circularity(flows=flows).amount
    cut = flows.copy()
    cut[start % n, end % n] = 0
    assert clearing.max_circularity(flows=cut).amount <= whole + TINY
    forest = np.triu(flows, 1)
    assert clearing.max_circularity(flows=forest).amount == pytest.approx(0, abs=TINY)
    inflow, outflow = clearing.closed_by_outside(forest, 1.0, 1.0)
    assert clearing.trace(flows=forest, inflow=inflow, outflow=outflow).finn == pytest.approx(0, abs=1e-12)


@given(debt_webs(most=4), st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_debt_rank_of_2012_is_at_most_that_of_2015_below_the_cap(web, shock):
    n = len(web.assets)
    equity = 4.0 * (web.debts.sum(axis=0) + web.debts.sum(axis=1)) + 1.0
    start = 0.2 * np.array(shock[:n])
    old, new = (clearing.debt_rank(claims=web.debts.T, equity=equity, shock=start, version=v).loss for v in ("2012", "2015"))
    assert (old <= new + TINY).all()
    assert (new >= start - TINY).all()
    if (new < 1).all():
        effect = (web.debts.T / equity[:, None]).T  # of j on i, written from j to i
        assert new == pytest.approx(np.linalg.solve(np.eye(n) - effect.T, start), abs=TINY)


@given(debt_webs(most=4), st.floats(0, 10), st.sampled_from(["first", "pro_rata"]))
def test_a_guarantee_never_hurts_the_one_it_protects(web, cap, rank):
    n = len(web.assets)
    if n < 3:
        return
    with_it, without = (
        clearing.clear_guarantees(
            assets=web.assets, debts=web.debts, external=web.external, guarantor=[2], debtor=[0], creditor=[1], cap=[limit], rank=rank
        )
        for limit in (cap, 0.0)
    )
    assert with_it.received[1] >= without.received[1] - 1e-7
    plain = clearing.clear_debts(assets=web.assets, debts=web.debts, external=web.external, rank=rank)
    assert without.equity == pytest.approx(plain.equity, abs=1e-6)  # iterated on receipts, stopped at the residual
    outside = np.maximum(0, with_it.equity).sum() + with_it.outside_paid.sum()
    assert outside == pytest.approx(web.assets.sum(), abs=1e-6)


@given(debt_webs(most=4), st.sampled_from(["furfine", "debt_rank", "ex_ante", "eisenberg_noe"]), st.randoms(use_true_random=False))
def test_network_valuations_permute_and_scale(web, choice, random):
    order = np.array(random.sample(range(len(web.assets)), len(web.assets)))
    claims, assets = web.debts.T, web.assets + 1.0

    def value(held, own, liabilities):
        worth = {
            "furfine": lambda: clearing.furfine_worth(0.4),
            "debt_rank": lambda: clearing.debt_rank_worth(2.0 * own),
            "ex_ante": lambda: clearing.ex_ante_worth(assets=own, volatility=0.3, years=1.0, recovery=0.4),
            "eisenberg_noe": lambda: clearing.eisenberg_noe_worth(claims=held, liabilities=liabilities, rank="pro_rata"),
        }[choice]()
        best, worst = (
            clearing.value_network(claims=held, assets=own, liabilities=liabilities, valuation=worth, which=which).equity
            for which in ("greatest", "least")
        )
        assert (worst <= best + 1e-6).all()
        return best

    found = value(claims, assets, web.external)
    turned = value(4 * permuted(claims, order), 4 * assets[order], 4 * web.external[order])
    assert turned == pytest.approx(4 * found[order], abs=1e-6)  # iterations stop at the residual


@given(debt_webs(), ranks, st.sampled_from([0.5, 0.75]), st.booleans())
def test_lower_default_costs_never_lower_payments(web, rank, cost, on_assets):
    dear = {"alpha": cost, "beta": 1.0} if on_assets else {"alpha": 1.0, "beta": cost}
    less, more = (
        clearing.clear_debts(assets=web.assets, debts=web.debts, external=web.external, rank=rank, **costs) for costs in (dear, {})
    )
    assert (less.paid <= more.paid + TINY).all()


@given(st.integers(1, 40), st.lists(st.integers(0, 40), min_size=2, max_size=4), st.integers(0, 20), st.booleans())
def test_collateral_pays_at_most_its_value_and_more_of_it_pays_more(value, claims, more, ranked):
    rank = list(range(len(claims))) if ranked else None
    pool, richer = (clearing.pay_from_pool(value=v, claims=claims, rank=rank) for v in (value, value + more))
    assert pool.paid.sum() == pytest.approx(min(value, sum(claims)))
    assert (richer.paid >= pool.paid - TINY).all()
    assert (pool.surprise >= -TINY).all()
