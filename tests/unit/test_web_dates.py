"""Contagion over dates: limits, frictions one by one, triggers, the compiled loop against the plain statement, sweeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from instruments import load_web
from instruments.ground.errors import InputError
from pricing import clearing
from pricing.web.dates import AUDIT_REL, TERMS, Sheets, run_dates, shocks_for
from pricing.web.sheets import links_of, sheets_of, without
from pricing.web.sweep import DATES, KINDS, class_losses, split_of, sweep_rows, sweep_shocks
from tests.house import ROOT


def pair(**changes: object) -> Sheets:
    """Two firms: one holds a third of the other, both hold one asset; no frictions unless asked for."""
    zero = np.zeros(2)
    plain = Sheets(
        nodes=("a", "b"), assets=("x",), cash=np.array([10.0, 5.0]), business=np.array([40.0, 60.0]), belief_share=np.ones(2),
        units=np.array([[20.0], [10.0]]), outside_debt=np.array([30.0, 40.0]), margin_debt=zero, ltv_limit=np.ones(2), ltv_target=zero,
        capital_ratio=zero, debts=np.array([[0.0, 5.0], [0.0, 0.0]]), equity_held=np.array([[0.0, 1 / 3], [0.0, 0.0]]),
        effect=np.zeros((2, 2)), impact=np.zeros(1), guarantor=np.zeros(0, dtype=int), debtor=np.zeros(0, dtype=int), cap=np.zeros(0),
        default_cost=0.0, feedback=0.0,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def random_sheets(rng: np.random.Generator, n: int = 5, m: int = 2) -> Sheets:
    held = rng.random((n, n)) * (rng.random((n, n)) < 0.5) * (1 - np.eye(n))
    margin = rng.exponential(size=n) * (rng.random(n) < 0.5)
    return Sheets(
        nodes=tuple("abcde"), assets=("x", "y"), cash=rng.exponential(size=n), business=4 * rng.exponential(size=n),
        belief_share=rng.random(n),
        units=3 * rng.exponential(size=(n, m)), outside_debt=margin + 3 * rng.exponential(size=n), margin_debt=margin,
        ltv_limit=np.full(n, 0.6), ltv_target=np.full(n, 0.3), capital_ratio=0.3 * rng.random(n) * (rng.random(n) < 0.6),
        debts=3 * rng.exponential(size=(n, n)) * (rng.random((n, n)) < 0.4) * (1 - np.eye(n)),
        equity_held=held / np.maximum(1, 1.5 * held.sum(axis=0)), effect=0.3 * rng.random((n, n)) * (1 - np.eye(n)),
        impact=np.array([0.02, 0.05]), guarantor=np.array([0, 1, 1]),
        debtor=np.array([2, 3, 4]), cap=2 * rng.random(3), default_cost=0.2 * (rng.random() < 0.7), feedback=0.5 * (rng.random() < 0.7),
    )  # fmt: skip


def test_no_shock_no_loss() -> None:
    run = run_dates(pair(), shocks_for(pair(), dates=3))
    assert (run.terms == 0).all()
    assert (run.price == 1).all()
    assert not run.default.any()
    assert (run.equity[:, 0] == run.equity[:, 2]).all()


def test_without_frictions_only_the_shock_is_lost() -> None:
    shocks = shocks_for(pair(), dates=3, price=[[0.1]], business=[[0.2, 0.3]])
    run = run_dates(pair(), shocks)
    assert run.default[0, -1].tolist() == [True, True]
    split = split_of(pair(), run)
    assert split.initial[0] == pytest.approx(0.9 * 30 + 0.8 * 40 + 0.7 * 60)
    assert split.outside[0] == pytest.approx(1.0)
    assert split.gross[0] > 1.0  # the holding counts the loss of b a second time


def test_clearing_at_a_date_is_that_of_the_array_layer() -> None:
    sheets = pair(default_cost=0.3)
    run = run_dates(sheets, shocks_for(sheets, dates=1, business=[[0.4, 0.1]]))
    owed = np.array([35.0, 40.0])
    direct = clearing.clear_holdings(
        assets=[10 + 16 + 20, 5 + 6 + 10],
        debts=owed,
        equity_held=sheets.equity_held,
        debt_held=(sheets.debts / owed[:, None]).T,
        alpha=0.7,
        beta=0.7,
    )
    assert run.value[0, 0] == pytest.approx(direct.value)
    assert run.terms[0, 0, TERMS.index("default_cost")] == pytest.approx(direct.dead_weight)


def test_sales_at_a_date_are_those_of_the_array_layer() -> None:
    zero = np.zeros((2, 2))
    sheets = pair(
        cash=np.array([0.8, 0.8]), business=np.zeros(2), units=np.array([[10.0], [0.0]]), outside_debt=np.array([10.2, 0.0]),
        capital_ratio=np.array([0.07, 0.0]), impact=np.array([0.005]), debts=zero, equity_held=zero,
    )  # fmt: skip
    run = run_dates(sheets, shocks_for(sheets, dates=1))
    direct = clearing.fire_sale(units=[10], cash=[0.8], debt=[10.2], ratio=0.07, impact=0.005)
    assert run.price[0, 0] == pytest.approx(direct.price, rel=1e-9)
    assert run.sold[0, 0, 0] == pytest.approx(direct.sold[0, 0], rel=1e-9)


def test_a_margin_call_sells_down_to_the_target() -> None:
    sheets = pair(margin_debt=np.array([10.0, 0.0]), ltv_limit=np.array([0.6, 1.0]), ltv_target=np.array([0.4, 0.0]))
    calm, hit = (run_dates(sheets, shocks_for(sheets, dates=2, price=[[p]])) for p in (0.9, 0.7))
    assert not calm.called.any()
    assert hit.called[0].tolist() == [[True, False], [False, False]]
    sold = hit.sold[0, 0, 0] * 0.7
    assert (10 - sold) / (20 * 0.7 - sold) == pytest.approx(0.4)
    assert hit.terms[0, :, 1:].sum() == 0  # no impact: selling costs nothing


def test_recalled_debt_is_paid_from_cash_then_by_selling_and_last_by_failing() -> None:
    sheets = pair(impact=np.array([0.01]), default_cost=0.1)
    sizes = np.array([[0.3, 0.0], [0.8, 0.0], [1.0, 0.0]])  # of 30: 9 from cash, 24 with sales, 30 is all there is and more
    run = run_dates(sheets, shocks_for(sheets, dates=1, recall=sizes))
    assert run.called[:, 0, 0].tolist() == [False, True, True]
    assert run.default[:, 0, 0].tolist() == [False, False, True]
    assert run.sold[1, 0, 0] * run.price[1, 0, 0] == pytest.approx(14)
    assert run.terms[0, 0].sum() == 0
    assert run.terms[1, 0, 1] > 0
    assert run.terms[2, 0, 2] > 0


def test_a_guarantee_moves_the_loss_to_the_guarantor_and_no_further() -> None:
    covered = pair(guarantor=np.array([0]), debtor=np.array([1]), cap=np.array([8.0]), equity_held=np.zeros((2, 2)))
    hit = {"dates": 1, "business": [[1.0, 0.2]]}  # b is left with 5 + 12 + 10 and what a pays it, 32 of 40
    bare = replace(covered, cap=np.zeros(1))
    with_it, without_it = (run_dates(sheets, shocks_for(sheets, **hit)) for sheets in (covered, bare))
    assert without_it.equity[0, 0, 0] - with_it.equity[0, 0, 0] == pytest.approx(8.0)
    assert with_it.default[0, 0].tolist() == [False, True]
    assert with_it.terms[0, 0, 1:].sum() == 0
    assert with_it.audit[0] < AUDIT_REL
    # the same with the lenders of b as a node of their own
    debts = np.array([[0.0, 5, 0], [0, 0, 40], [0, 0, 0]])
    direct = clearing.clear_guarantees(
        assets=[70, 27, 0], debts=debts, external=[30, 0, 0], guarantor=[0], debtor=[1], creditor=[2], cap=[8], rank="pro_rata"
    )
    assert with_it.equity[0, 0] == pytest.approx(np.maximum(0, direct.equity[:2]))


def test_belief_and_partners_echo_at_the_next_date() -> None:
    shocked = {"dates": 3, "business": [[0.5, 1.0]]}
    heard = pair(feedback=0.5)
    run = run_dates(heard, shocks_for(heard, **shocked))
    assert run.terms[0, 0, 3] == 0
    assert run.terms[0, 1, 3] > 0
    linked = pair(effect=np.array([[0.0, 0.4], [0.0, 0.0]]))
    run = run_dates(linked, shocks_for(linked, **shocked))
    before = run_dates(linked, shocks_for(linked, dates=1)).value[0, 0, 0]
    assert run.terms[0, 1, 4] == pytest.approx(0.4 * 20 / before * 60)
    # b's fall comes back to a through its stake, and from a to b once more
    assert run.terms[0, 2, 4] == pytest.approx(0.4 * (1 - run.value[0, 1, 0] / run.value[0, 0, 0]) * (60 - run.terms[0, 1, 4]))


def test_the_compiled_loop_is_the_plain_statement() -> None:
    rng = np.random.default_rng(0)
    failed = 0
    for _ in range(15):
        sheets = random_sheets(rng)
        shocks = shocks_for(
            sheets, dates=3, price=rng.uniform(0.5, 1.05, (20, 3, 2)), belief=rng.uniform(0.6, 1, (20, 3)),
            cash=rng.uniform(0.5, 1, (20, 5)),
            business=rng.uniform(0.7, 1, (20, 5)), recall=rng.uniform(0, 0.6, (20, 5)) * (rng.random((20, 5)) < 0.5),
        )  # fmt: skip
        fast, plain = run_dates(sheets, shocks), run_dates(sheets, shocks, method="plain")
        for name in ("price", "value", "equity", "lenders", "sold", "terms"):
            assert getattr(fast, name) == pytest.approx(getattr(plain, name), abs=1e-9)  # prices settle to 1e-13, sales amplify it
        assert (fast.default == plain.default).all()
        assert (fast.called == plain.called).all()
        assert fast.audit.max() < AUDIT_REL
        failed += int(fast.default[:, -1].sum())
    assert failed > 100  # the webs do break


def test_batch_equals_loop_and_entities_permute() -> None:
    rng = np.random.default_rng(1)
    sheets = random_sheets(rng)
    prices = rng.uniform(0.5, 1.0, (6, 2, 2))
    batch = run_dates(sheets, shocks_for(sheets, dates=2, price=prices))
    for row in range(6):
        one = run_dates(sheets, shocks_for(sheets, dates=2, price=prices[row : row + 1]))
        assert (one.value[0] == batch.value[row]).all()
    order = rng.permutation(5)
    vectors = ("cash", "business", "belief_share", "units", "outside_debt", "margin_debt", "ltv_limit", "ltv_target", "capital_ratio")
    place = np.argsort(order)
    turned = replace(
        sheets,
        **{name: getattr(sheets, name)[order] for name in vectors},
        **{name: getattr(sheets, name)[np.ix_(order, order)] for name in ("debts", "equity_held", "effect")},
        guarantor=place[sheets.guarantor],
        debtor=place[sheets.debtor],
    )
    again = run_dates(turned, shocks_for(turned, dates=2, price=prices))
    assert again.value == pytest.approx(batch.value[:, :, order], abs=1e-9)  # sweeps run in another order
    assert again.terms == pytest.approx(batch.terms, abs=1e-9)


def test_removed_links_leave_the_calm_web_as_it_is() -> None:
    sheets = pair()
    calm = run_dates(sheets, shocks_for(sheets, dates=1))
    apart = without(sheets, list(links_of(sheets)))
    assert not apart.equity_held.any()
    assert not apart.debts.any()
    alone = run_dates(apart, shocks_for(apart, dates=1))
    assert alone.equity[0, 0] == pytest.approx(calm.equity[0, 0])


def test_full_ownership_and_bad_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="1 of b is held inside"):
        run_dates(pair(equity_held=np.array([[0, 1.0], [0, 0]])), shocks_for(pair(), dates=1))
    with pytest.raises(InputError, match="price"):
        shocks_for(pair(), dates=2, price=np.ones((3, 4, 1)))
    with pytest.raises(InputError, match="recall"):
        shocks_for(pair(), dates=2, recall=[[1.5, 0]])


def test_the_sweep_of_the_example() -> None:
    web = load_web(ROOT / "examples/resonance")
    sheets = sheets_of(web)
    run = run_dates(sheets, sweep_shocks(sheets, np.array([0.5])))
    calm = run_dates(sheets, shocks_for(sheets, dates=DATES))
    assert (calm.terms == 0).all()
    losses = class_losses(sheets, run, calm)
    assert losses["shareholders"] + losses["lenders"] == pytest.approx(losses["all outsiders"])
    rows = sweep_rows(web)
    breaks = [row for row in rows if row.measure == "first_break"]
    assert {(row.kind, row.part) for row in breaks} == {(kind, node) for kind in KINDS for node in sheets.nodes}
    assert any(row.value is not None for row in breaks)
    broken = {(row.kind, row.part): row.party for row in breaks if row.value is not None}
    links = [row for row in rows if row.measure == "first_link"]
    assert {(row.kind, row.part): row.party for row in links} == broken
    for row in links:
        who = sheets.nodes.index(str(row.party))
        owed = max(sheets.debts[who].max(), sheets.outside_debt[who] + sheets.margin_debt[who])
        assert row.value == pytest.approx(max(owed, (sheets.equity_held[:, who] * calm.equity[0, 0, who]).max()))
    for row in rows:
        if row.measure == "outside_multiplier":
            parts = [r.value for r in rows if r.measure == "friction" and (r.kind, r.part) == (row.kind, row.part)]
            assert row.value == pytest.approx(1 + sum(part for part in parts if part is not None))
    assert sheets_of(web, end="high").effect.sum() > sheets_of(web, end="low").effect.sum()
