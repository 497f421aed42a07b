from __future__ import annotations

import dataclasses
import datetime as dt
import json

import numpy as np
import polars as pl
import pytest

from curves import Market
from instruments import Deal, GpufinError, InputError
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, MC_SIGMAS, PV_REL
from pricing import simulate
from pricing.engines.facility_run import FacilityRun, planned_run
from pricing.kernels.facility import roll_kept
from pricing.ledger import facility as k
from pricing.ledger.checks import check_ledger
from pricing.mechanics.rollforward import roll_forward
from pricing.paths.facility import drivers_of
from pricing.results import COLUMNS
from tests.facilities import AS_OF, deal, drivers, market, setup


@pytest.fixture(scope="module")
def run() -> FacilityRun:
    return setup().run(paths=8192, seed=1, threads=1)


def test_two_threads_give_the_same_bytes(run: FacilityRun) -> None:
    again = setup().run(paths=8192, seed=1, threads=2)
    for name in ("mean_ledger", "mean_states", "outcomes"):
        assert getattr(again, name).tobytes() == getattr(run, name).tobytes()


def test_more_paths_keep_the_first_ones(run: FacilityRun) -> None:
    assert np.array_equal(setup().run(paths=4096, seed=1).outcomes, run.outcomes[:, :4096])
    assert not np.array_equal(setup().run(paths=4096, seed=2).outcomes, run.outcomes[:, :4096])


def test_any_path_can_be_replayed(run: FacilityRun) -> None:
    for path in (0, 4095, 4096, 8191):
        path_drivers, one = run.replay(path)
        assert np.array_equal(one.outcomes[:, 0], run.outcomes[:, path])
        stated = roll_forward(run.facility.plan, path_drivers)
        assert np.abs(stated.ledger - one.ledger).max() <= PV_REL * run.facility.plan.commitment
        assert max(check.relative for check in check_ledger(run.facility.plan, path_drivers, one)) <= CASH_CONSERVATION_ABS
    with pytest.raises(InputError, match="path"):
        run.replay(8192)


def test_the_reduced_ledger_is_the_mean_of_the_kept_one(run: FacilityRun) -> None:
    kept = [roll_kept(run.facility.plan, drivers_of(run.model, 1, block))[0].mean(axis=2) for block in range(2)]
    assert np.abs(np.mean(kept, axis=0) - run.mean_ledger).max() <= PV_REL * run.facility.plan.commitment


def test_a_credit_that_is_cut_never_defaults_and_the_others_stay_where_they_are(run: FacilityRun) -> None:
    one, cut = drivers_of(run.model, 1, 0), drivers_of(run.model.without("credit:PARENT"), 1, 0)
    assert (cut.operator > run.facility.plan.months).all()
    assert np.array_equal(one.customer, cut.customer)
    assert np.array_equal(one.ratio, cut.ratio)


def test_without_credit_risk_every_path_is_the_plan() -> None:
    calm = setup(deal(offtake={"delay_odds_per_month": 0.0})).cut("credit:PARENT", "credit:PAYER").run(paths=4096)
    plan = planned_run(calm.facility)
    cash = [i for i in range(k.POSTINGS) if i != k.TERMINAL]  # what the fleet is worth at the end moves with rents
    assert np.abs(calm.mean_ledger[:, cash] - plan.ledger[:, cash, 0]).max() <= PV_REL * calm.facility.plan.commitment
    assert calm.standard_error <= PV_REL * calm.facility.plan.commitment


def test_parties_nets_sum_to_nought() -> None:
    found = simulate(deal(), market(), paths=4096)
    scale = 51e6
    assert abs(found.by_party["net"].sum()) <= CASH_CONSERVATION_ABS * 1e3 * scale  # a thousand sums of that size
    assert abs(found.by_party["net_present_value"].sum()) <= CASH_CONSERVATION_ABS * 1e3 * scale
    vehicle = found.by_party.filter(pl.col("party") == "spv")["net"].item()
    assert abs(vehicle) <= CASH_CONSERVATION_ABS * 1e3 * scale


def test_the_simulation_reads_well() -> None:
    found = simulate(deal(), market(), paths=4096)
    assert tuple(found.table.columns) == COLUMNS
    assert found.losses.shape == (4096,)
    assert found.losses.mean() == pytest.approx(found.paths["loan.shortfall_discounted"].mean())
    document = json.loads(found.to_json())
    assert document["failures"] == []
    assert "threads" not in json.dumps(document["audit"])
    shown = found.ledger.statement(party="bank")
    assert set(shown["reason"]) >= {"draw_floating", "interest_fixed", "principal"}
    drawn = shown.filter(pl.col("reason").str.starts_with("draw"))["amount"].sum()
    assert drawn == pytest.approx(-found.ledger.mean[:, [k.DRAW_FLOATING, k.DRAW_FIXED]].sum())


def test_the_tests_statement_says_value_threshold_and_verdict() -> None:
    facility = setup(
        deal(maintenance={"threshold": 9.0, "months": 3, "first_test": dt.date(2026, 12, 31), "cures": 0, "grace_months": 2})
    ).facility
    from pricing.ledger.statements import coverage_statement

    states = roll_forward(facility.plan, drivers(facility)).states[:, :, 0]
    frame = coverage_statement(facility.dates, states, facility.plan.threshold)
    verdicts = dict(zip(frame["date"], frame["verdict"], strict=True))
    assert verdicts[dt.date(2026, 11, 30)] == "not tested"
    assert [verdicts[date] for date in (dt.date(2026, 12, 31), dt.date(2027, 1, 31), dt.date(2027, 2, 28))] == ["breached"] * 3
    assert verdicts[dt.date(2027, 3, 31)] == "not tested"  # accelerated: nothing is left to test
    tested = frame.filter(pl.col("verdict") == "breached")
    assert (tested["value_tested"] < tested["threshold"]).all()


def test_a_deal_without_a_facility_cannot_be_simulated(run: FacilityRun) -> None:
    parties = {"bank": {}, "firm": {}}
    loan = {
        "kind": "loan", "lender": "bank", "borrower": "firm", "commitment_usd": 1.0, "maturity": dt.date(2027, 3, 31),
        "floating": {"share": 1.0, "margin": 0.0}, "amortisation": {"start": dt.date(2026, 4, 30)},
    }  # fmt: skip
    plain = Deal.model_validate({"id": "plain", "as_of": AS_OF, "parties": parties, "contracts": {"loan": loan}})
    with pytest.raises(GpufinError, match="no loan of the deal has collateral"):
        simulate(plain, market(), paths=4096)


def later(on: Market, as_of: dt.date) -> Market:
    """The market on a later date if nothing but time has passed."""
    years = (as_of - on.as_of).days / 365.0
    rent = on.rent["GPU"]
    spot = rent.spot_usd_per_hour.value * float(np.exp(rent.growth.value * years))
    return on.evolve(as_of=as_of, rent={"GPU": rent.evolve(spot_usd_per_hour=spot)})


@pytest.mark.parametrize("months", [1, 3, 5, 8, 20])
def test_a_seasoned_facility_prices_as_what_remains_of_the_new_one(months: int) -> None:
    terms = deal(draws={**_draws(), "window_end": dt.date(2026, 9, 30)})
    new = setup(terms).facility
    whole = planned_run(new)
    at = months - 1
    as_of, s = new.dates[at], whole.states[at, :, 0]
    fleet, loan = terms.assets["fleet"], terms.contracts["loan"]
    window = max(0, at - 2)
    position = {
        "floating_usd": s[k.FLOATING], "fixed_usd": s[k.FIXED], "drawn_usd": s[k.DRAWN],
        "drawn_at_funding_usd": sum(0.9 * c.cost_usd for c in fleet.cohorts if c.funding <= as_of), "liquidity_reserve_usd": s[k.LIQUIDITY],
        "power_reserve_usd": s[k.POWER_RESERVE], "trapped_usd": s[k.TRAP],
        "funded": [c.label for c in fleet.cohorts if c.funding <= as_of],
        "accepted": [c.label for c in fleet.cohorts if c.acceptance <= as_of],
        "cohort_drawn_usd": {c.label: 0.9 * c.cost_usd for c in fleet.cohorts if c.funding <= as_of},
        "cfads_usd": list(whole.states[window : at + 1, k.CFADS, 0]), "service_usd": list(whole.states[window : at + 1, k.SERVICE, 0]),
    }  # fmt: skip
    hedged = loan.evolve(hedge=loan.hedge.evolve(rate=new.swap_rate))  # type: ignore[union-attr]
    seasoned = terms.evolve(as_of=as_of, contracts={**terms.contracts, "loan": hedged}, position={"facilities": {"loan": position}})
    old = setup(seasoned, later(market(), as_of))
    rest = planned_run(old.facility)
    scale = new.plan.commitment
    assert old.facility.dates == new.dates[months:]
    assert np.abs(rest.ledger - whole.ledger[months:]).max() <= CASH_CONSERVATION_ABS * 1e2 * scale  # discount factors are divided
    forward = new.plan.discount[months:] / new.plan.discount[at]
    lender = whole.ledger[months:, [k.UNDRAWN_FEE, k.INTEREST_FLOATING, k.INTEREST_FIXED, k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED], 0]
    paid = whole.ledger[months:, [k.DRAW_FLOATING, k.DRAW_FIXED], 0]
    value = float(forward @ (lender.sum(axis=1) - paid.sum(axis=1)))
    assert rest.outcomes[k.RECEIVED, 0] - rest.outcomes[k.PAID_IN, 0] == pytest.approx(value, rel=1e2 * PV_REL)


def _draws() -> dict[str, object]:
    return deal().contracts["loan"].draws.model_dump()  # type: ignore[union-attr]


def test_value_does_not_depend_on_the_seed_beyond_its_error(run: FacilityRun) -> None:
    other = setup().run(paths=8192, seed=99)
    gap = abs(other.value - run.value)
    assert gap <= MC_SIGMAS * np.hypot(run.standard_error, other.standard_error)
    assert dataclasses.is_dataclass(run)


def test_the_sizing_statement_says_what_is_cut() -> None:
    from pricing.ledger.statements import draw_statement

    facility = setup().facility
    frame = draw_statement(facility)
    planned = planned_run(facility).states[-1, k.DRAWN, 0]
    assert frame["after_acceptance_usd"].sum() == pytest.approx(planned, rel=PV_REL)
    assert set(frame["verdict"]) == {"cut"}
    assert (frame["value_tested"] < frame["threshold"]).all()
    rich = draw_statement(setup(deal(offtake={"price_usd_per_hour": 6.0})).facility)
    assert set(rich["verdict"]) == {"passed"}
    assert rich["after_acceptance_usd"].sum() == pytest.approx(51e6)


def test_a_trapped_path_says_so() -> None:
    from pricing.ledger.statements import coverage_statement

    facility = setup().facility
    states = roll_forward(facility.plan, drivers(facility, operator=12)).states[:, :, 0]
    frame = coverage_statement(facility.dates, states, facility.plan.threshold)
    assert frame["trapped_usd"].max() > 0.0
    assert frame["status"][-1] == "closed"
