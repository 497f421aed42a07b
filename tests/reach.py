"""How often the shipped strategies reach what laws are about: `python -m tests.reach [examples]` prints the table.

Each row is the share of examples in which a thing happens: for facilities and warrants on at least one path in a hundred.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from curves import Market, Scenario
from instruments import Deal, Web
from pricing import clearing, price, strategies
from pricing.engines.facility_run import planned_run, set_up
from pricing.ledger import facility as k
from pricing.paths.facility import drivers_of
from pricing.web.graph import flow_graph
from pricing.web.sheets import sheets_of
from tests import facilities

SOME = 0.01
"""Share of the paths that makes a thing happen."""
HAPPENINGS = ("default", "late_acceptance", "early_launch")


def of_facility(deal: Deal, market: Market) -> dict[str, bool]:
    """What happens in a facility."""
    setup = set_up(deal, "loan", market)
    run = setup.run(paths=1)
    drivers = drivers_of(setup.model, 0, 0)
    out, months = run.outcomes, setup.facility.plan.months
    loan, fleet = deal.contracts["loan"], deal.assets["fleet"]
    called = out[k.DEFAULT_MONTH] < months
    oldest = min(cohort.acceptance for cohort in fleet.cohorts)
    return {
        "breach": bool((out[k.FIRST_BREACH_MONTH] < months).mean() > SOME),
        "cure": bool(run.mean_ledger[:, k.CURE].sum() > 0.0),
        "event of default": bool(called.mean() > SOME),
        "loss": bool((out[k.SHORTFALL] > 0.0).mean() > SOME),
        "default without loss": bool((called & (out[k.SHORTFALL] == 0.0)).mean() > SOME),
        "full draw": bool(planned_run(setup.facility).states[:, k.STATE_NAMES.index("drawn"), 0].max() >= 0.999 * loan.commitment_usd),  # type: ignore[union-attr]
        "retirement before maturity": (loan.maturity - oldest).days / 365.0 > fleet.retirement_years,  # type: ignore[union-attr]
        "guarantee pays": bool(run.mean_ledger[:, k.GUARANTEE].sum() > 0.0),
        "guarantor default": bool((drivers.guarantor < months).mean() > SOME),
        "operator replaced": bool(((drivers.operator < months) & (drivers.substituted > 0)).mean() > SOME),
    }


def of_warrant(deal: Deal, market: Market) -> dict[str, bool]:
    """Whether tranches vest, and whether they expire without."""
    rows = price(deal, market, method="monte_carlo", measures=["vesting_probability"], paths=1).rows
    odds = np.array([row.value for row in rows if row.measure == "vesting_probability" and row.value is not None and row.part is not None])
    return {"vesting": bool((odds > SOME).any()), "expiry without vesting": bool((odds < 1.0 - SOME).any())}


def of_web(web: Web) -> dict[str, bool]:
    """Money in circles, firms that fail, promises that are called."""
    graph = flow_graph(web, "as_listed", None)
    n = len(graph.nodes)
    flows = np.zeros((n, n))
    for start, end in zip(graph.start, graph.end, strict=True):
        if start >= 0 and end >= 0:
            flows[start, end] += 1.0
    sheets = sheets_of(web)
    cleared = clearing.clear_debts(assets=sheets.cash, debts=sheets.debts, external=sheets.outside_debt, rank="first")
    claims = sheets.debts.any(axis=1) | (sheets.outside_debt > 0)
    cut = clearing.clear_debts(assets=0.2 * sheets.cash, debts=sheets.debts, external=sheets.outside_debt, rank="first")
    return {
        "a circle of money": bool(clearing.max_circularity(flows=flows).amount > 0),
        "a circle of debts": bool(clearing.max_circularity(flows=sheets.debts).amount > 0),
        "a default": bool(cleared.default.any()),
        "a default that brings another": bool((cut.default & ~cleared.default & claims).sum() >= 2),
        "a guarantee": any(edge.covers is not None for edge in web.edges.values()),
        "a stake": any(edge.stake is not None for edge in web.edges.values()),
    }


def of_stress(scenario: Scenario) -> dict[str, bool]:
    """What kind of thing happens in a stress."""
    kinds = {event.kind for event in scenario.events}
    plain = {kind: kind in kinds for kind in HAPPENINGS}
    return {"moves only": bool(scenario.moves) and not kinds, **plain, "nothing": not scenario.moves and not kinds}


def shares(found: Callable[..., dict[str, bool]], given_by: Iterable[Any], examples: int) -> dict[str, float]:
    """Share of examples in which each thing happens."""
    seen: Counter[str] = Counter()
    tried = 0

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.tuples(*given_by))
    def collect(drawn: tuple[Any, ...]) -> None:
        nonlocal tried
        tried += 1
        seen.update({name: int(happens) for name, happens in found(*drawn).items()})

    collect()
    return {name: count / tried for name, count in seen.items()}


def table(examples: int) -> dict[str, dict[str, float]]:
    """Family to what happens in it, as shares of its examples."""
    of, on = facilities.deal(), facilities.market()
    return {
        "facilities": shares(of_facility, (strategies.facility_deals(), strategies.facility_markets()), examples),
        "warrants": shares(of_warrant, (strategies.warrant_deals(), strategies.warrant_markets()), examples),
        "webs": shares(of_web, (strategies.webs(),), 3 * examples),
        "stresses": shares(of_stress, (strategies.stresses(of, on),), 20 * examples),
    }


if __name__ == "__main__":
    for family, lines in table(int(sys.argv[1]) if len(sys.argv) > 1 else 100).items():
        print(family)
        for name, share in lines.items():
            print(f"  {name:32}{share:7.1%}")
