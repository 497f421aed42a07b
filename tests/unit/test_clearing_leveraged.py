"""Holders of hardware on credit, and where money comes from: worked examples, second opinions, limits, refusals."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.optimize import brentq, linprog

from instruments import InputError
from instruments.ground.provenance import Basis, Provenance
from instruments.web import Edge, Entity, Perimeter, Period, Web
from pricing import clearing
from pricing.web.funding import funding_by_quarter, quarters_of

SHARES = st.floats(0.0, 0.6)
MARGINS = st.floats(0.05, 1.0)
SHOCKS = st.floats(0.0, 0.6)
IMPACTS = st.floats(0.0, 2.0)


@given(MARGINS, SHOCKS, IMPACTS, st.floats(0.0, 2.0))
def test_without_holders_the_price_is_fundamental(margin, shock, impact, slope):
    found = clearing.leveraged_holders(share=0.0, margin=margin, impact=impact, shock=shock, margin_slope=slope)
    assert float(found.price) == 1.0 - shock
    assert float(found.price_before) == 1.0
    assert float(found.holders_loss) == float(found.lenders_loss) == 0.0


@given(SHARES, MARGINS, SHOCKS, IMPACTS, st.floats(0.0, 1.0), st.floats(0.0, 0.5))
def test_price_between_the_ends_and_losses_add_up(share, margin, shock, impact, slope, reserve):
    common = {"share": share, "margin": margin, "impact": impact, "shock": shock, "margin_slope": slope, "reserve": reserve}
    most, least = (clearing.leveraged_holders(**common, which=which) for which in ("greatest", "least"))
    v = 1.0 - shock
    assert v * (1 - 1e-12) <= float(least.price) <= float(most.price) + 1e-11
    assert float(most.price) <= v * math.exp(impact * share) * (1 + 1e-12)
    for found in (most, least):
        lost = share * (float(found.price_before) - float(found.price))
        assert float(found.holders_loss + found.lenders_loss) == pytest.approx(lost, abs=1e-12)
        assert float(found.lenders_loss) >= 0.0
        assert 0.0 <= float(found.held) <= share


@given(st.floats(0.01, 0.6), MARGINS, SHOCKS, IMPACTS)
def test_a_constant_margin_is_a_fire_sale_with_a_capital_ratio(share, margin, shock, impact):
    found = clearing.leveraged_holders(share=share, margin=margin, impact=impact, shock=shock)
    before = math.exp(impact * share)
    owed = (1.0 - margin) * before * share
    sale = clearing.fire_sale(units=[share], cash=[0.0], debt=[owed], ratio=margin, impact=impact, start=(1.0 - shock) * before)
    assert float(found.price) == pytest.approx(float(sale.price[0]), abs=1e-10)
    assert share - float(found.held) == pytest.approx(float(sale.sold[0, 0]), abs=1e-9)


def test_small_shock_to_wealth_moves_the_price_as_the_margin_spiral_says():
    common = {"share": 0.15, "margin": 0.3, "impact": 1.0, "shock": 0.1, "margin_slope": 0.4}
    found = clearing.leveraged_holders(**common)
    p, p0, x1 = float(found.price), float(found.price_before), float(found.held)
    assert 0.0 < x1 < 0.15
    step = 1e-7
    richer = clearing.leveraged_holders(**common, reserve=step / (p0 * 0.15))
    required = 0.3 + 0.4 * (1.0 - p / p0)
    depth = 1.0 / (1.0 * p)  # dx/dp of users' demand p = v exp(a x), a = 1
    slope = clearing.margin_spiral(
        margin=required * p,
        position_before=0.15,
        position_after=x1,
        margin_slope=required - 0.4 * p / p0,
        risk_aversion=2.0 / depth,
        volatility=1.0,
    )
    assert (float(richer.price) - p) / step == pytest.approx(slope, rel=1e-4)  # a finite difference


def test_interior_price_by_hand():
    found = clearing.leveraged_holders(share=0.1, margin=0.3, impact=1.0, shock=0.1)
    p0 = math.exp(0.1)

    def gap(p: float) -> float:
        return 0.9 * math.exp((p * 0.1 - 0.7 * p0 * 0.1) / (0.3 * p)) - p

    assert float(found.price) == pytest.approx(brentq(gap, 0.92, 0.99, xtol=1e-14), abs=1e-11)
    assert 0.0 < float(found.held) < 0.1


def test_two_outcomes_where_everybody_sells_because_everybody_sells():
    common = {"share": 0.4, "margin": 0.6, "impact": 3.0, "shock": 0.02, "reserve": 0.05}
    calm, run = (clearing.leveraged_holders(**common, which=which) for which in ("greatest", "least"))
    assert float(calm.price) > 2.0 * float(run.price)
    assert float(run.price) == pytest.approx(0.98)
    assert float(run.held) == 0.0


def test_without_shock_and_haircut_nobody_sells():
    calm = clearing.leveraged_holders(share=0.3, margin=0.2, impact=1.0, shock=0.0)
    assert float(calm.held) == pytest.approx(0.3)
    assert float(calm.price) == pytest.approx(float(calm.price_before))


@pytest.mark.parametrize(("name", "value"), [("share", 1.2), ("margin", 0.0), ("shock", 1.0), ("impact", -1.0), ("reserve", float("nan"))])
def test_unusable_inputs_are_named(name, value):
    good = {"share": 0.1, "margin": 0.3, "impact": 1.0, "shock": 0.1}
    with pytest.raises(InputError, match=name):
        clearing.leveraged_holders(**{**good, name: value})


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), min_size=2, max_size=5), st.floats(0, 1), st.integers(0, 31))
def test_bounds_of_a_mix_are_those_of_the_linear_programme(spans, where, members):
    sources = {f"s{i}": (min(pair), max(pair)) for i, pair in enumerate(spans)}
    low, high = (sum(ends[side] for ends in sources.values()) for side in (0, 1))
    uses = low + where * (high - low)
    group = [name for i, name in enumerate(sources) if members >> i & 1]
    mix = clearing.funding_mix(uses=uses, sources=sources, groups={"some": group})
    weights = np.array([float(name in group) for name in sources])
    for sign, end in ((1, 0), (-1, 1)):
        found = linprog(sign * weights, A_eq=[np.ones(len(sources))], b_eq=[uses], bounds=list(sources.values()))
        if found.success:  # HiGHS gives up where rounding leaves the only mix a hair outside
            assert mix.groups["some"][end] == pytest.approx(sign * found.fun, abs=1e-6)
    for name, (least, most) in mix.sources.items():
        assert sources[name][0] <= least <= most + 1e-9
        assert most <= sources[name][1]


def test_a_mix_that_cannot_add_up_is_refused():
    with pytest.raises(InputError, match="between 5 and 9"):
        clearing.funding_mix(uses=10.0, sources={"a": (5.0, 9.0)})
    with pytest.raises(InputError, match="low end"):
        clearing.funding_mix(uses=5.0, sources={"a": (9.0, 5.0)})
    with pytest.raises(InputError, match=r"groups\.debt"):
        clearing.funding_mix(uses=5.0, sources={"a": (0.0, 9.0)}, groups={"debt": ["loan"]})


def test_the_label_turns_where_the_made_series_crosses():
    inside = [10.0, 20.0, 45.0, 55.0, 60.0, 40.0, 20.0]
    found = clearing.funding_regime(inside=inside, outside=[100.0 - x for x in inside], up=0.5, down=0.3)
    assert found.label == ("innovation", "innovation", "innovation", "cycle", "cycle", "cycle", "innovation")
    assert found.crossings == (3, 6)
    assert found.share_low.tolist() == pytest.approx([x / 100 for x in inside])


def test_an_interval_that_leaves_both_open_is_undecided():
    found = clearing.funding_regime(inside=[[0, 10], [40, 60], [70, 90], [0, 0]], outside=[[90, 100], [40, 60], [10, 30], [0, 0]])
    assert found.label == ("innovation", "undecided", "cycle", "undecided")
    assert found.crossings == (2,)
    assert found.share_low[1] == pytest.approx(0.4)
    assert found.share_high[1] == pytest.approx(0.6)
    with pytest.raises(InputError, match="down <= up"):
        clearing.funding_regime(inside=[1.0], outside=[1.0], up=0.3, down=0.5)
    with pytest.raises(InputError, match="outside"):
        clearing.funding_regime(inside=[1.0], outside=[1.0, 2.0])


def test_funding_of_a_small_web_by_hand():
    def edge(payer: str, payee: str, kind: str, usd: float, month: int, **more: object) -> Edge:
        day = dt.date(2026, month, 15)
        terms = {"from": payer, "to": payee, "kind": kind, "layer": "cash", "headline_usd": usd, "status": "closed", "announced": day}
        return Edge.model_validate({**terms, **more})

    web = Web.model_validate(
        {
            "id": "small",
            "as_of": dt.date(2026, 12, 31),
            "period": Period(start=dt.date(2026, 1, 1), end=dt.date(2027, 1, 1)),
            "provenance": Provenance(basis=Basis.DERIVED, source="made up"),
            "entities": {"maker": Entity(), "lab": Entity(), "vehicle": Entity(), "banks": Entity(outside="lenders")},
            "edges": {
                "inside": edge("maker", "lab", "equity_investment", 30.0, 2),
                "outside": edge("banks", "lab", "loan", 10.0, 3),
                "sale": edge("lab", "maker", "purchase", 99.0, 2),
                "later": edge("banks", "vehicle", "debt", 5.0, 5),
                "gone": edge("maker", "lab", "loan", 50.0, 2, status="cancelled"),
                "own": edge("lab", "vehicle", "equity_investment", 7.0, 5),
            },
        }
    )
    found = funding_by_quarter(web, quarters_of(2026, 2026))
    assert found.inside.tolist() == [[30.0, 30.0], [7.0, 7.0], [0.0, 0.0], [0.0, 0.0]]
    assert found.outside.tolist() == [[10.0, 10.0], [5.0, 5.0], [0.0, 0.0], [0.0, 0.0]]
    assert found.regime.label == ("cycle", "cycle", "undecided", "undecided")
    merged = funding_by_quarter(web, quarters_of(2026, 2026), perimeter=Perimeter(why="one firm", consolidate={"vehicle": "lab"}))
    assert merged.inside[1].tolist() == [0.0, 0.0]  # what a firm puts into itself is nobody's money
    outside = funding_by_quarter(web, quarters_of(2026, 2026), perimeter=Perimeter(why="the maker is a stranger", outside=("maker",)))
    assert outside.outside[0].tolist() == [40.0, 40.0]
    assert outside.regime.label[0] == "innovation"


def test_a_chain_of_pledges():
    bare = clearing.pledge_chain(value=36.4, haircuts=[0.0, 0.0, 0.0])
    assert bare.multiple == 3.0
    assert bare.equity.tolist() == [0.0, 0.0, 0.0]
    long = clearing.pledge_chain(value=10.0, haircuts=[0.25] * 400)
    assert long.multiple == pytest.approx(0.75 / 0.25)
    assert long.equity.sum() + long.claims[-1] == pytest.approx(10.0)  # who put up what adds up to the asset
    assert clearing.pledge_chain(value=0.0, haircuts=[0.5]).multiple == 0.0
    with pytest.raises(InputError, match="haircuts"):
        clearing.pledge_chain(value=1.0, haircuts=[1.5])
