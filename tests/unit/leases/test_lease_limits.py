"""Leases and guarantees at their limits, on the ledger."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from instruments import Deal, Lease, PricingError
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, PV_REL
from pricing import price, simulate
from pricing.engines.lease_run import set_up_lease
from pricing.engines.support_run import set_up_support
from pricing.ledger import lease as k, support as g
from pricing.ledger.runs import ContractRun, claim_gaps
from pricing.mechanics.lease import PhaseOutcome
from pricing.mechanics.lease_choices import BOUGHT, DEFAULT, EARLY, END, NON_RENEWAL
from pricing.simulation import ContractLedger
from tests.leases import AS_OF, deal, market

STILL: dict[str, Any] = {
    "rent": {
        "GPU": {"kind": "thin_rent", "spot_usd_per_hour": 3.0, "growth": -0.15, "volatility": 0.0, "relet_months": 2},
        "CAMPUS": {"kind": "thin_rent", "spot_usd_per_hour": 0.2, "growth": 0.0, "volatility": 0.0},
    },
    "correlation": {},
}
"""Rents that follow their forwards."""


def credits(tenant: float = 0.0, maker: float = 0.0) -> dict[str, Any]:
    return {
        "credit": {
            "TENANT": {"kind": "hazard", "hazard": tenant, "recovery": 0.3},
            "MAKER": {"kind": "hazard", "hazard": maker, "recovery": 0.4},
        }
    }


def rolled(given: Deal, on: Any = None) -> tuple[np.ndarray, PhaseOutcome]:
    _, ledger, phases = set_up_lease(given, "lease", on or market()).block(0, 0)
    return ledger, phases[0]


def supported(given: Deal, on: Any = None) -> np.ndarray:
    setup = set_up_support(given, "support", on or market())
    paths, _, phases = setup.lease.block(0, 0)
    return setup.postings(paths, phases)


CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "arrears": {"timing": "arrears", "deposit_usd": 4e6},
    "renewed": {"renewal": {"count": 2, "months": 6, "choice": {"kind": "cheaper", "switching_cost_usd": 2e6}}},
    "renewed-at-market": {"renewal": {"count": 2, "months": 6, "rent": "market", "rent_factor": 0.97}, "timing": "arrears"},
    "early": {"early_termination": {"first_month": 12, "fee_months": 3.0}, "return_conditions": {"cost_usd": 1e6, "met_odds": 0.8}},
    "option": {"purchase_option": {"kind": "fixed", "price_usd": 18e6}, "renewal": {"count": 1, "months": 12}},
    "phases": {"phases": ({"label": "a", "share": 0.5}, {"label": "b", "share": 0.5, "delay_months": 7}), "running_costs": "lessor"},
    "relet": {"remarketing": {"choice": "relet", "repossession_months": 2}, "deposit_usd": 60e6},
    "asset-only": {"remarketing": {"recourse": "asset", "choice": "sell"}, "seller": "tenant"},
    "long": {"term_months": 1, "renewal": {"count": 12, "months": 1, "choice": {"kind": "odds", "odds": 0.9}}},
}


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES)
def test_due_is_paid_deferred_or_lost_on_every_path_and_date(changes: dict[str, Any]) -> None:
    on = market(**credits(0.3))
    given = deal(**changes)
    ledger, _ = rolled(given, on)
    lease = given.contracts["lease"]
    assert isinstance(lease, Lease)
    for gap in claim_gaps(k.lease_ledger("lease", lease), ledger):
        assert gap.difference <= CASH_CONSERVATION_ABS * 50e6, gap
    deferred = ledger[:, k.RENT_DEFERRED].cumsum(axis=0)
    assert np.abs(deferred[-1]).max() <= CASH_CONSERVATION_ABS * 50e6
    assert deferred.min() >= -CASH_CONSERVATION_ABS * 50e6
    # what is called deposit comes back, on every path
    np.testing.assert_allclose(ledger[:, k.DEPOSIT].sum(axis=0), ledger[:, k.DEPOSIT_BACK].sum(axis=0))
    # the asset ends once: bought, or sold
    ends = (ledger[:, k.SALE] > 0).sum(axis=0) + (ledger[:, k.BOUGHT] > 0).sum(axis=0)
    starts = (ledger[:, k.PRICE] > 0).sum(axis=0)
    assert ((ends == starts) | ((ends > 0) & (starts > 1))).all()  # phases may come back together


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES)
def test_both_sides_and_named_outsiders_sum_to_nothing(changes: dict[str, Any]) -> None:
    run = set_up_lease(deal(**changes), "lease", market(**credits(0.3))).run(paths=1, seed=0, threads=1)[0]
    assert np.abs(run.present.sum(axis=0)).max() <= CASH_CONSERVATION_ABS * 50e6 * len(run.parties)
    outsiders = sum(run.value(name)[0] for name in run.parties if name not in ("spv", "tenant"))
    assert run.value("spv")[0] + run.value("tenant")[0] == pytest.approx(-outsiders, rel=PV_REL * 1e3)  # nets of larger flows


def test_certain_survival_pays_every_rent() -> None:
    ledger, found = rolled(deal(), market(**credits()))
    assert (found.how == END).all()
    np.testing.assert_allclose(ledger[:, k.RENT].sum(axis=0), 36 * 1.25e6)
    assert ledger[:, list(k.CLAIMS)].sum() == 0.0


def test_certain_default_at_once_never_starts() -> None:
    given = deal(guarantee={"cover": {"form": "payment"}})
    ledger, found = rolled(given, market(**credits(1e6)))
    assert not found.started.any()
    assert np.abs(ledger).max() == 0.0
    assert np.abs(supported(given, market(**credits(1e6)))).max() == 0.0


def test_a_default_right_after_the_start_loses_rents_until_repossession() -> None:
    given = deal(start=AS_OF, timing="arrears", remarketing={"choice": "sell", "repossession_months": 3, "recourse": "asset"})
    ledger, found = rolled(given, market(**credits(1e6)))
    assert (found.how == DEFAULT).all()
    assert (found.row == 4).all()
    np.testing.assert_allclose(ledger[:, k.RENT_DUE].sum(axis=0), 4 * 1.25e6)
    np.testing.assert_allclose(ledger[:, k.RENT_LOST].sum(axis=0), 4 * 1.25e6)
    lost = found.owed - 4 * 1.25e6 - found.recovery
    np.testing.assert_allclose(ledger[:, k.CLAIM_LOST].sum(axis=0), np.maximum(lost, 0.0), atol=1e-6)


def test_without_volatility_every_path_is_the_plan() -> None:
    ledger, found = rolled(deal(), market(**STILL, **credits()))
    assert np.ptp(ledger, axis=2).max() == 0.0
    plan = set_up_lease(deal(), "lease", market(**STILL)).plan
    np.testing.assert_allclose(found.value, plan.phases[0].residual[0])


def test_an_asset_worth_nothing_at_the_end() -> None:
    quotes = market().resale["GPU"].model_dump() | {"decline": 400.0}
    on = market(resale={"GPU": quotes}, **credits())
    cover = {"form": "residual_value", "threshold_usd": {"36": 10e6}, "triggers": ["end"]}
    given = deal(rent={"kind": "level", "usd_per_month": 1.6e6}, guarantee={"cover": cover})
    ledger, found = rolled(given, on)
    assert found.value.max() < 1e-9
    np.testing.assert_allclose(supported(given, on)[:, g.PAID].sum(axis=0), 10e6)
    assert ledger[:, k.SALE].max() < 1e-9


@pytest.mark.parametrize(
    ("rent", "how"), [(0.5e6, "stays"), (6e6, "leaves")], ids=["rent far below the market's", "rent far above the market's"]
)
def test_a_lessee_that_looks_for_the_cheaper_road(rent: float, how: str) -> None:
    given = deal(
        rent={"kind": "stepped", "usd_per_month": {"0": 1.5e6, "24": rent}},
        residual={"kind": "none"},
        term_months=24,
        price_usd=30e6,
        renewal={"count": 1, "months": 12},
    )
    _, found = rolled(given, market(**STILL, **credits()))
    assert (found.how == (END if how == "stays" else NON_RENEWAL)).all()


def test_its_own_guarantee_keeps_a_lessee_from_leaving() -> None:
    terms: dict[str, Any] = {
        "rent": {"kind": "stepped", "usd_per_month": {"0": 1.5e6, "24": 3e6}}, "residual": {"kind": "none"}, "term_months": 24,
        "price_usd": 30e6, "renewal": {"count": 1, "months": 12},
    }  # fmt: skip
    cover = {"form": "residual_value", "threshold_usd": {"0": 90e6, "36": 90e6}, "triggers": ["non_renewal"]}
    still = market(**STILL, **credits())
    assert (rolled(deal(**terms), still)[1].how == NON_RENEWAL).all()
    own = deal(guarantee={"cover": cover, "guarantor": "tenant"}, **terms)
    assert (rolled(own, still)[1].how == END).all()
    assert np.abs(supported(own, still)).max() == 0.0


@pytest.mark.parametrize(("kind", "price_usd"), [("nominal", None), ("fixed", 5e6), ("fixed", 500e6)])
def test_purchase_options(kind: str, price_usd: float | None) -> None:
    ledger, found = rolled(deal(purchase_option={"kind": kind, "price_usd": price_usd}), market(**STILL, **credits()))
    cheap = price_usd != 500e6
    assert (found.how == (BOUGHT if cheap else END)).all()
    np.testing.assert_allclose(ledger[:, k.OPTION].sum(axis=0), (price_usd or 1.0) if cheap else 0.0)


def test_early_exit_pays_its_fee_and_stops_the_rent() -> None:
    rights = {"first_month": 12, "fee_months": 2.0, "fee_share": 0.1, "choice": {"kind": "odds", "odds": 1.0}}
    ledger, found = rolled(deal(early_termination=rights), market(**credits()))
    assert (found.how == EARLY).all()
    np.testing.assert_allclose(ledger[:, k.RENT].sum(axis=0), 12 * 1.25e6)
    np.testing.assert_allclose(ledger[:, k.CLAIM].sum(axis=0), 2 * 1.25e6 + 0.1 * 24 * 1.25e6)


def test_classification_and_rates() -> None:
    def row(measure: str, **changes: Any) -> float:
        return price(deal(**changes), market(), paths=1, measures=[measure]).row(measure).value or 0.0

    assert row("finance_lease") == 0.0
    assert row("finance_lease", term_months=54, rent={"kind": "level", "usd_per_month": 1e6}) == 1.0
    assert row("finance_lease", purchase_option={"kind": "nominal"}) == 1.0
    assert row("finance_lease", residual={"kind": "none"}, rent={"kind": "level", "usd_per_month": 1.6e6}) == 1.0
    assert row("effective_cost") == pytest.approx(row("implicit_rate"), rel=1e-9)
    assert row("effective_cost", deposit_usd=5e6) > row("effective_cost")
    assert 0.0 < row("average_life") < 3.0


def test_a_sale_and_leaseback_pays_the_lessee_and_costs_it_the_implicit_rate() -> None:
    on = market(**credits())
    bought, sold_back = deal(), deal(seller="tenant", value_usd=60e6)
    one, other = (set_up_lease(each, "lease", on).run(paths=1, seed=0, threads=1)[0] for each in (bought, sold_back))
    price_now = 50e6 * one.discount[3]
    assert other.value("tenant")[0] - one.value("tenant")[0] == pytest.approx(price_now, rel=1e-9)
    assert other.value("spv")[0] == pytest.approx(one.value("spv")[0], rel=1e-12)
    row = price(sold_back, on, paths=1, measures=["effective_cost", "implicit_rate"])
    assert row.row("effective_cost").value == pytest.approx(row.row("implicit_rate").value, rel=1e-9)


def test_a_gross_lease_moves_the_running_costs_to_the_lessor() -> None:
    on = market(**credits())
    net, gross = (set_up_lease(deal(running_costs=who), "lease", on).run(paths=1, seed=0, threads=1)[0] for who in ("lessee", "lessor"))
    moved = net.value("spv")[0] - gross.value("spv")[0]
    assert moved == pytest.approx(net.value("outside/site")[0], rel=1e-9)
    assert gross.value("tenant")[0] - net.value("tenant")[0] == pytest.approx(moved, rel=1e-9)


def test_a_guarantee_names_nobody_that_it_does_not_need() -> None:
    run = set_up_support(deal(guarantee={"cover": {"form": "payment"}}), "support", market()).run(paths=1, seed=0, threads=1)[0]
    assert run.parties == ("maker", "spv")


def test_the_guarantor_must_be_alive_when_it_pays() -> None:
    cover = {"form": "residual_value", "threshold_usd": {"0": 60e6, "36": 60e6}, "triggers": ["end"]}
    on = market(**credits(0.0, 0.5))
    dead = deal(guarantee={"cover": cover, "payment_lag_months": 12})
    setup = set_up_support(dead, "support", on)
    paths, _, phases = setup.lease.block(0, 0)
    ledger = setup.postings(paths, phases)
    pays = phases[0].row + 12
    alive = setup.row_of(paths, "maker") > pays
    np.testing.assert_allclose(ledger[:, g.PAID].sum(axis=0), np.where(alive, 1.0, 0.4) * ledger[:, g.DUE].sum(axis=0))
    between = (setup.row_of(paths, "maker") > phases[0].row) & ~alive
    assert between.any(), "some guarantors fail between claim and payment"


def test_escrow_cap_indemnity_and_fee() -> None:
    given = deal(
        guarantee={
            "cover": {"form": "lease_backstop", "share": 1.0}, "cap_usd": 3e6, "indemnitor": "tenant", "fee_usd": 2e5,
            "escrow": {"amount_usd": 1e6, "funded_by": "tenant"},
        }
    )  # fmt: skip
    ledger = supported(given, market(**credits(0.4)))
    first, due = ledger[:, g.ESCROW_PAID].sum(axis=0), ledger[:, g.DUE].sum(axis=0)
    assert first.max() == pytest.approx(1e6)
    assert due.max() == pytest.approx(3e6)
    assert (first[due > 0] == 1e6).all()
    np.testing.assert_allclose(first + ledger[:, g.ESCROW_BACK].sum(axis=0), 1e6)
    np.testing.assert_allclose(ledger[:, g.INDEMNITY].sum(axis=0), 0.3 * ledger[:, g.PAID].sum(axis=0))
    setup = set_up_support(given, "support", market())
    for gap in claim_gaps(g.support_ledger("support", setup.terms, setup.lease.plan.lease), ledger):
        assert gap.difference <= CASH_CONSERVATION_ABS * 50e6
    assert ledger[:, g.FEE].sum(axis=0) == pytest.approx(2e5)


@pytest.mark.parametrize(
    "never",
    [
        {"springs": {"kind": "date", "on": dt.date(2060, 1, 1)}},
        {"first_month": 500},
        {"springs": {"kind": "all", "legs": [{"kind": "event", "event": "default", "party": "spv"}, {"kind": "date", "on": AS_OF}]}},
        {"release_odds_per_year": 1.0},
    ],
    ids=["a date too late", "a month too late", "a party that never defaults", "released at once"],
)
def test_an_impossible_condition_never_fires(never: dict[str, Any]) -> None:
    cover = {"form": "residual_value", "threshold_usd": {"0": 60e6, "36": 60e6}, "triggers": ["end", "default"]}
    assert supported(deal(guarantee={"cover": cover} | never), market(**credits(0.3)))[:, g.DUE].max() == 0.0


def test_a_springing_guarantee_waits_for_its_event() -> None:
    cover = {"form": "residual_value", "threshold_usd": {"0": 60e6, "36": 60e6}, "triggers": ["end", "default"]}
    springs = {"kind": "event", "event": "default", "party": "tenant"}
    on = market(**credits(0.3))
    given = deal(guarantee={"cover": cover, "springs": springs})
    due = supported(given, on)[:, g.DUE].sum(axis=0)
    how = rolled(given, on)[1].how
    assert due[how == END].max() == 0.0
    assert due[how == DEFAULT].max() > 0.0


def test_conditions_precedent() -> None:
    cover = {"form": "residual_value", "threshold_usd": {"0": 9e9, "36": 9e9}, "triggers": ["end"]}
    given = deal(guarantee={"cover": cover, "needs_return_conditions": True}, return_conditions={"cost_usd": 1e6, "met_odds": 0.5})
    due = supported(given, market(**credits()))[:, g.DUE].sum(axis=0)
    met = rolled(given, market(**credits()))[1].met
    assert due[~met].max() == 0.0
    assert due[met].min() > 0.0


def test_the_same_bytes_for_any_number_of_threads() -> None:
    runs: list[ContractRun] = []
    for threads in (1, 3):
        found = simulate(deal(guarantee={"cover": {"form": "payment"}}), market(), paths=8192, threads=threads)
        ledgers = [ledger for ledger in found.ledgers.values() if isinstance(ledger, ContractLedger)]
        runs += [ledger.run for ledger in ledgers]
    assert len(runs) == 4
    assert runs[0].present.tobytes() == runs[2].present.tobytes()
    assert runs[1].present.tobytes() == runs[3].present.tobytes()


TERMINATION = {"kind": "event", "event": "termination", "party": "tenant"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"start": dt.date(2026, 6, 15)}, "month end"),
        ({"start": dt.date(2025, 6, 30)}, "before the deal's date"),
        ({"lessee": "spv"}, "two parties"),
        ({"asset": {"kind": "fleet", "fleet": "flet"}}, "no such asset"),
        ({"phases": ({"label": "a", "share": 0.4},)}, "add up to 0.4"),
        ({"rent": {"kind": "stepped", "usd_per_month": {"6": 1e6}}}, "whole months"),
        ({"purchase_option": {"kind": "fixed"}}, "price_usd"),
        ({"guarantee": {"cover": {"form": "payment"}, "lease": "lese"}}, "no such contract"),
        ({"guarantee": {"cover": {"form": "payment"}, "guarantor": "spv"}}, "own claim"),
        ({"guarantee": {"cover": {"form": "payment"}, "springs": TERMINATION}}, "not simulated"),
        ({"guarantee": {"cover": {"form": "payment"}, "cap_falls_with_rent": True}}, "first amount"),
        ({"backstop": {"operator": "maker"}}, "two parties"),
    ],
)  # fmt: skip
def test_bad_terms_get_clear_lines(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        deal(**changes)


def test_errors_of_pricing_name_the_contract() -> None:
    with pytest.raises(PricingError, match="implicit rate"):
        price(deal(rent={"kind": "level", "usd_per_month": 1.0}, residual={"kind": "none"}), market(), paths=1)
    with pytest.raises(PricingError, match="rent:GPU"):
        price(deal(), market(rent={}), paths=1)
    later = market(as_of=dt.date(2026, 12, 31))
    with pytest.raises(PricingError, match="before the market's date"):
        price(deal(), later, paths=1)
