"""A facility on paths of the short rate: resets, sweeps, swap, discounting; and the same bits where rates stay at their forwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from curves import Market
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, MC_SIGMAS
from pricing import simulate
from pricing.engines.facility_run import FacilityRun, Setup
from pricing.kernels.facility import roll_kept, roll_lender, roll_reduced
from pricing.ledger import facility as k
from pricing.ledger.checks import check_ledger
from pricing.mechanics.rates import on_paths
from pricing.mechanics.rollforward import roll_forward
from pricing.paths.facility import drivers_of
from pricing.registry import Settings
from pricing.risk.party_values import facility_values
from pricing.schedules.plan import Drivers
from tests.facilities import deal, market, plain_deal, rough_drivers, rough_events, setup

VOLATILITY, REVERSION = 0.015, 0.05
MARGIN = 0.04
NOBODY_FAILS = {"PAYER": {"kind": "hazard", "hazard": 0.0}, "PARENT": {"kind": "hazard", "hazard": 0.0}}


def moving(volatility: float = VOLATILITY, **changes: Any) -> Market:
    """The small market with a short rate that moves."""
    flat = {"kind": "flat", "rate": 0.04, "volatility": volatility, "mean_reversion": REVERSION}
    return market(**{"rates": {"USD-SOFR": flat}} | changes)


def floating(**changes: Any) -> Setup:
    """24 m USD of floating debt out of 3 m USD a month, nobody defaults; a floor far below."""
    terms: dict[str, Any] = {
        "floating": {"share": 1.0, "margin": MARGIN, "floor": -0.05}, "fixed": None,
        "position": {"fixed_usd": 0.0, "floating_usd": 24e6},
    }  # fmt: skip
    return setup(plain_deal(**terms | changes), moving(credit=NOBODY_FAILS))


def near(sample: np.ndarray, exact: float) -> bool:
    return abs(float(sample.mean()) - exact) <= MC_SIGMAS * float(sample.std(ddof=1)) / np.sqrt(sample.size)


@pytest.fixture(scope="module")
def run() -> FacilityRun:
    return setup(on=moving()).run(paths=8192, seed=1, threads=1)


def test_no_volatility_gives_the_same_bits() -> None:
    still = market(rates={"USD-SOFR": {"kind": "flat", "rate": 0.04, "volatility": 0.0, "mean_reversion": 0.2}})
    one, two = setup().run(paths=4096, seed=1), setup(on=still).run(paths=4096, seed=1)
    assert one.outcomes.tobytes() == two.outcomes.tobytes()
    assert one.mean_ledger.tobytes() == two.mean_ledger.tobytes()
    assert two.discounted is None


def test_hardly_any_volatility_gives_nearly_the_same() -> None:
    one, two = setup().run(paths=4096, seed=1), setup(on=moving(1e-9)).run(paths=4096, seed=1)
    np.testing.assert_allclose(one.outcomes[k.RECEIVED], two.outcomes[k.RECEIVED], rtol=1e-6)
    np.testing.assert_allclose(one.present_ledger, two.present_ledger, rtol=1e-6, atol=1.0)


def test_the_compiled_lane_is_the_numpy_statement() -> None:
    on = setup(on=moving())
    with_rates = drivers_of(on.model, 2, 0)
    wild = rough_drivers(on.facility, 4, 64)._replace(discount=with_rates.discount[:, :64].copy(), short=with_rates.short[:, :64].copy())
    events = rough_events(on.facility, 4, 64)
    stated, compiled = roll_forward(on.facility.plan, wild, events), roll_kept(on.facility.plan, wild, events)
    for one, two in zip((stated.ledger, stated.states, stated.outcomes, stated.tests), compiled, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-4)
    sums, out, _ = roll_reduced(on.facility.plan, wild, events)
    np.testing.assert_allclose(sums[:, : k.POSTINGS], stated.ledger.sum(axis=2), rtol=1e-9, atol=1e-3)
    cash, balance, _ = roll_lender(on.facility.plan, wild, events)
    np.testing.assert_allclose(balance, stated.states[:, k.FLOATING] + stated.states[:, k.FIXED], rtol=1e-9, atol=1e-4)
    np.testing.assert_allclose((wild.discount * cash).sum(axis=0), out[k.RECEIVED] - out[k.PAID_IN], rtol=1e-9, atol=1e-3)


def test_a_floating_loan_is_worth_par_and_its_margin_on_every_path() -> None:
    par = floating()
    found, plan = par.run(paths=4096), par.facility.plan
    opened = np.concatenate([[24e6], par.facility.planned_balance[:-1]])
    discount = drivers_of(par.model, 0, 0).discount
    margin = MARGIN * (discount[: plan.maturity] * (opened * plan.accrual)[: plan.maturity, None]).sum(axis=0)
    np.testing.assert_allclose(found.net - margin, 24e6, rtol=1e-12)
    assert float(margin.std()) > 1e3


def test_a_fixed_loan_is_worth_its_flows_on_the_curve_in_the_mean() -> None:
    fixed = plain_deal()
    still = setup(fixed, market(credit=NOBODY_FAILS)).run(paths=4096)
    found = setup(fixed, moving(credit=NOBODY_FAILS)).run(paths=16_384)
    assert float(still.net.std()) < 1e-3
    assert float(found.net.std()) > 1e5
    assert near(found.net, still.value)
    assert float((found.present_ledger[:, k.INTEREST_FIXED] + found.present_ledger[:, k.PRINCIPAL_FIXED]).sum()) == pytest.approx(
        found.value
    )


def test_a_floor_is_a_strip_of_floorlets() -> None:
    """Black's formula on the account's growth over each month, by the planned balance: the floor at the forward."""
    level, free = 0.04, floating().run(paths=16_384)
    floored = floating(floating={"share": 1.0, "margin": MARGIN, "floor": level})
    found = floored.run(paths=16_384)
    rates, plan = floored.model.rates, floored.facility.plan
    assert rates is not None
    opened = np.concatenate([[24e6], floored.facility.planned_balance[:-1]])
    steps = np.diff(rates.years, prepend=0.0)
    month = rates.rate.loading(steps)
    variance = month**2 * rates.rate.rate_variance(rates.years - steps) + rates.rate.integral_variance(steps)
    before = np.concatenate([[1.0], plan.discount[:-1]])
    strike, forward, root = 1.0 + level * plan.accrual, before / plan.discount, np.sqrt(variance)
    d1 = (np.log(forward / strike) + 0.5 * variance) / root
    puts = plan.discount * (strike * ndtr(root - d1) - forward * ndtr(-d1))
    worth = float((opened * puts)[: plan.maturity].sum())
    assert worth > 1e4
    assert near(found.net - free.net, worth)


def test_interest_resets_on_the_path_and_sweeps_respond() -> None:
    swept = floating(waterfall=("operating_costs", "interest", "principal", "sweep", "distributions"), sweep=0.5)
    drivers = drivers_of(swept.model, 0, 0)
    some = Drivers._make(np.ascontiguousarray(item[..., :256]) for item in drivers)
    ledger, states, _, _ = roll_kept(swept.facility.plan, some)
    earned = some.discount[4] / some.discount[5] - 1.0
    balance = states[4, k.FLOATING]
    margin = MARGIN * swept.facility.plan.accrual[5]
    np.testing.assert_allclose(ledger[5, k.INTEREST_FLOATING], balance * (earned + margin), rtol=1e-9)
    # what interest takes the sweep has not: where rates have risen more is still owed
    assert np.corrcoef(states[6, k.FLOATING], some.discount[6])[0, 1] < -0.95


def test_a_swap_settles_against_the_path_and_is_worth_what_is_left_of_it() -> None:
    hedged = setup(on=moving(credit=NOBODY_FAILS))
    plan, drivers = hedged.facility.plan, drivers_of(hedged.model, 0, 0)
    own = on_paths(plan, drivers)
    value = (drivers.discount * own.swap_due).sum(axis=0)
    assert near(value, float((plan.discount * plan.swap_due).sum()))
    # the fair rate: nought today, and at every date the close-out is the mean of what is still to come
    assert abs(float((plan.discount * plan.swap_due).sum())) < 1e-3
    for t in (10, 20):
        assert near(drivers.discount[t] * own.swap_close[t], float((plan.discount[t:] * plan.swap_due[t:]).sum()))
    last = int(np.flatnonzero(plan.swap_notional)[-1])
    np.testing.assert_allclose(own.swap_close[last], own.swap_due[last], rtol=1e-12)


def test_a_hedge_takes_the_rate_out_of_the_cash() -> None:
    """All of the floating part hedged from the first date: interest and swap together move little with rates."""

    def spread(share: float) -> float:
        hedge = {"share": share, "start": moving().as_of.replace(month=4, day=30)} if share else None
        found = floating(hedge=hedge)
        ledger = roll_kept(found.facility.plan, Drivers._make(item[..., :256].copy() for item in drivers_of(found.model, 0, 0)))[0]
        return float((ledger[:, k.INTEREST_FLOATING] + ledger[:, k.SWAP]).sum(axis=0).std())

    assert spread(1.0) < 1e-6 * spread(0.0)


def test_the_ledger_adds_up(run: FacilityRun) -> None:
    drivers, rolled = run.replay(77)
    assert max(check.relative for check in check_ledger(run.facility.plan, drivers, rolled)) <= CASH_CONSERVATION_ABS
    present = facility_values(Setup(run.facility, run.model), Settings(paths=4096, seed=1, threads=1))
    parties = run.facility.postings.parties()
    np.testing.assert_allclose(present.sum(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(present[parties.index("bank")], run.net[:4096], rtol=1e-9, atol=1e-2)


def test_a_replayed_path_is_the_path(run: FacilityRun) -> None:
    _, rolled = run.replay(5000)
    np.testing.assert_allclose(rolled.outcomes[:, 0], run.outcomes[:, 5000], rtol=1e-12)


def test_threads_and_blocks_change_no_bytes(run: FacilityRun) -> None:
    again = setup(on=moving()).run(paths=8192, seed=1, threads=2)
    assert again.outcomes.tobytes() == run.outcomes.tobytes()
    assert again.present_ledger.tobytes() == run.present_ledger.tobytes()


def test_recovery_is_discounted_to_the_event_along_the_path(run: FacilityRun) -> None:
    called = np.flatnonzero(run.outcomes[k.DEFAULT_MONTH] < run.facility.plan.months)
    path = int(called[0])
    drivers, rolled = run.replay(path)
    month, d = int(run.outcomes[k.DEFAULT_MONTH, path]), drivers.discount[:, 0]
    columns = [k.UNDRAWN_FEE, k.INTEREST_FLOATING, k.INTEREST_FIXED, k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED, k.LENDER_FEE]
    got = rolled.ledger[:, columns, 0].sum(axis=1)
    worth = float((d[month + 1 :] * got[month + 1 :]).sum() / d[month])
    assert run.outcomes[k.RECOVERED, path] / run.facility.plan.discount[month] == pytest.approx(worth, rel=1e-9)


def test_the_deal_says_what_rates_do_to_it() -> None:
    """Through the verb: parties sum to nought, and the lender's value is that of the rows."""
    found = simulate(deal(), moving(), paths=4096, measures=("value",))
    total = found.by_party["net_present_value"].sum()
    assert abs(float(total)) < 1.0
    rows = {row.party: row.value for row in found.rows if row.measure == "value" and row.part == "all its contracts"}
    value = next(row.value for row in found.rows if row.measure == "value" and row.party == "bank" and row.part is None)
    assert rows["bank"] == pytest.approx(value, rel=1e-9)


def test_cut_dependence_leaves_the_rate_its_law() -> None:
    on = moving(correlation={"rent:GPU|credit:PARENT": 0.5, "rent:GPU|rates:USD-SOFR": 0.6})
    model = setup(on=on).model
    cut = replace(model).with_correlation(np.eye(len(model.correlation)))
    assert cut.rates is not None
    discount = drivers_of(cut, 0, 0).discount
    assert near(discount[-1], float(model.rates.discount[-1] if model.rates else 0.0))
