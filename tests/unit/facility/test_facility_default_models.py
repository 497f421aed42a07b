"""A facility whose vehicle defaults on its cash, as its curve says, or both without counting twice; and a lender that fails itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from curves import Market, survival_curve
from instruments import Deal
from instruments.deal import Party
from instruments.ground.errors import CalibrationError, InputError, PricingError
from instruments.ground.tolerances import MC_SIGMAS
from pricing import price, simulate
from pricing.engines.facility_default import FromCurve, Residual, fit_dates, set_up_as
from pricing.engines.facility_priced import priced
from pricing.engines.facility_run import Setup
from pricing.ledger import facility as k
from pricing.paths.facility import drivers_of
from pricing.paths.residual import DefaultModel, alive_share
from pricing.paths.streams import BLOCK
from pricing.registry import Settings
from pricing.risk.party_values import losses_by_party, party_values
from pricing.schedules.plan import NEVER
from tests.facilities import deal, market, setup
from tests.unit.facility.test_cross_default import pair

SPV, BANK = "credit:SPV", "credit:BANK"
HOW: dict[str, Any] = {"paths": 8192, "seed": 0, "threads": 1}


def quoted(spv: float = 0.25, bank: float = 0.1, **changes: Any) -> Market:
    """Payer and parent as in the small market; the vehicle and the bank with hazards of their own."""
    hazards = {"PAYER": 0.02, "PARENT": 0.03, "SPV": spv, "BANK": bank}
    base = {name: {"kind": "hazard", "hazard": hazard} for name, hazard in hazards.items()}
    return market(**{"credit": base} | changes)


def rated(**changes: Any) -> Deal:
    """The small facility; its vehicle has a credit."""
    of = deal(**changes)
    return of.evolve(parties={**of.parties, "spv": Party(credit=SPV)})


def as_model(model: Any, on: Market | None = None, of: Deal | None = None) -> Setup:
    return set_up_as(of or rated(), "loan", on or quoted(), model, **HOW)


def test_the_total_default_is_the_curve_at_the_dates_of_the_fit() -> None:
    endogenous = as_model("endogenous").run(**HOW)
    found = as_model("endogenous_with_residual")
    assert isinstance(found.vehicle, Residual)
    months = np.concatenate([found.vehicle.months(found.model, 0, block) for block in range(2)])
    total = np.minimum(months, endogenous.outcomes[k.DEFAULT_MONTH].astype(np.int64))
    dates = fit_dates(found.facility.plan.maturity)
    curve = survival_curve(quoted(), SPV).survival(found.facility.times)[dates]
    alive = alive_share(np.minimum(total, found.facility.plan.months), found.facility.plan.months)[dates]
    assert bool((np.abs(alive - curve) <= MC_SIGMAS * np.sqrt(curve * (1.0 - curve) / months.size)).all())
    # the facility's own event of default: the earlier of the two, where something is owed
    run = found.run(**HOW)
    called = run.outcomes[k.DEFAULT_MONTH]
    assert bool((called <= endogenous.outcomes[k.DEFAULT_MONTH]).all())
    lent = run.outcomes[k.PAID_IN] > 0.0
    hit = lent & (months == total) & (months > 6) & (months < 30)
    assert bool((called[hit] == months[hit]).all())


def test_a_residual_that_is_nothing_is_the_endogenous_value_to_the_bit() -> None:
    plain = as_model("endogenous").run(**HOW)
    found = as_model("endogenous_with_residual")
    never = Setup(found.facility, found.model, vehicle=Residual(SPV, np.ones(found.facility.plan.months)))
    assert never.run(**HOW).outcomes[k.RECEIVED].tobytes() == plain.outcomes[k.RECEIVED].tobytes()


def test_more_of_the_curve_is_more_defaults_and_both_hazards_in_full_would_be_more_still() -> None:
    odds = []
    for hazard in (0.2, 0.3, 0.5):
        run = as_model("endogenous_with_residual", quoted(spv=hazard)).run(**HOW)
        odds.append(float((run.outcomes[k.DEFAULT_MONTH] < run.facility.plan.months).mean()))
    assert odds == sorted(odds)
    double = Setup(run.facility, run.model, vehicle=FromCurve(SPV))
    with_both = set_up_as(rated(), "loan", quoted(spv=0.5), "endogenous", **HOW)
    assert double.vehicle is not None
    curve = survival_curve(quoted(spv=0.5), SPV).survival(with_both.facility.times)
    both = Setup(with_both.facility, with_both.model, vehicle=Residual(SPV, np.asarray(curve))).run(**HOW)
    assert float((both.outcomes[k.DEFAULT_MONTH] < run.facility.plan.months).mean()) > odds[-1] + 0.01


def test_cash_that_explains_more_than_the_curve_is_refused() -> None:
    with pytest.raises(CalibrationError, match="credit:SPV"):
        as_model("endogenous_with_residual", quoted(spv=0.001))


def calm(**changes: Any) -> Deal:
    """No delays: the plan's cash pays the plan's debt."""
    return rated(**{"offtake": {"delay_odds_per_month": 0.0}} | changes)


def test_by_the_market_the_vehicle_defaults_as_its_curve_says_and_for_no_other_reason() -> None:
    on = quoted(spv=0.2, correlation={f"rent:GPU|{SPV}": 0.5, "rent:GPU|credit:PARENT": 0.5})
    found = as_model("market", on, calm())
    assert isinstance(found.vehicle, FromCurve)
    assert found.model.customer is None
    assert found.model.operator is None
    assert found.model.guarantor == "credit:PARENT"
    run = found.run(**HOW)
    months = np.concatenate([found.vehicle.months(found.model, 0, block) for block in range(2)])
    maturity, called = run.facility.plan.maturity, run.outcomes[k.DEFAULT_MONTH]
    for t in (11, 23, maturity - 2):
        odds = 1.0 - float(survival_curve(on, SPV).survival(float(run.facility.times[t])))
        assert abs(float((months <= t).mean()) - odds) <= MC_SIGMAS * np.sqrt(odds * (1 - odds) / months.size)
        late = months > 6
        assert bool(((called <= t) == (months <= t))[late].all())
    # the vehicle's stream is its own: nobody else's numbers move
    plain = drivers_of(setup(calm(), on).model, 0, 0)
    assert np.array_equal(drivers_of(found.model, 0, 0).ratio, plain.ratio)
    assert bool((drivers_of(found.model, 0, 0).customer == NEVER).all())


def test_by_the_market_without_hazard_nothing_is_lost() -> None:
    run = as_model("market", quoted(spv=0.0), calm()).run(**HOW)
    assert float(run.outcomes[k.SHORTFALL].max()) == 0.0
    assert bool((run.outcomes[k.DEFAULT_MONTH] == run.facility.plan.months).all())


def test_by_the_market_is_refused_where_cash_fails_by_itself() -> None:
    with pytest.raises(PricingError, match="twice"):
        as_model("market", quoted(), calm(offtake={"delay_odds_per_month": 0.0, "price_usd_per_hour": 1.0}))


def test_models_need_a_curve_and_no_cross_default() -> None:
    for model in ("market", "endogenous_with_residual"):
        with pytest.raises(PricingError, match="borrower"):
            as_model(model, of=deal())
        tied = pair()
        with pytest.raises(PricingError, match="counts every cause"):
            as_model(model, of=tied.evolve(parties={**tied.parties, "spv": Party(credit=SPV)}))


def test_the_verbs_take_the_model_by_its_method() -> None:
    of, on = rated(), quoted()
    base = priced(of, "loan", on, 8192, 0, 1)
    found = price(of, on, method="endogenous_with_residual", measures=("value", "residual_default_cost"), paths=8192, threads=1)
    rows = {(row.contract, row.measure, row.party): row for row in found.rows}
    value = rows["loan", "value", "bank"]
    assert value.method == "endogenous_with_residual"
    cost = rows["loan", "residual_default_cost", "bank"]
    assert value.value is not None
    assert cost.value == pytest.approx(base.run.value - value.value, rel=1e-9)
    assert {row.contract for row in found.rows} == set(of.contracts)
    assert found.audit["method"] == "endogenous_with_residual"
    simulated = simulate(of, on, method="endogenous_with_residual", measures=("value",), paths=8192, threads=1)
    again = next(row for row in simulated.rows if row.measure == "value" and row.party == "bank" and row.part is None)
    assert again.value == value.value
    assert abs(float(simulated.by_party["net_present_value"].sum())) < 1.0
    with pytest.raises(InputError, match="simulation"):
        simulate(of, on, method="curve")


@settings(max_examples=3)
@given(
    model=st.sampled_from(["market", "endogenous_with_residual"]), spv=st.sampled_from([0.25, 0.6]), seed=st.integers(0, 999)
)  # fmt: skip
def test_values_by_party_are_those_of_the_models_run(model: DefaultModel, spv: float, seed: int) -> None:
    """The lender has on every path what the priced facility gives it, and what some get others give."""
    of, on, how = calm(), quoted(spv), Settings(paths=1, seed=seed, threads=1)
    found = party_values(of, on, how, model)
    run = set_up_as(of, "loan", on, model, paths=1, seed=seed, threads=1).run(paths=1, seed=seed, threads=1)
    assert run.outcomes[k.DEFAULT_MONTH].min() < run.facility.plan.months
    np.testing.assert_allclose(found.of("bank"), run.net, rtol=1e-9, atol=1e-3)
    assert np.abs(found.values.sum(axis=0)).max() <= 1e-9 * np.abs(found.values).max()


def test_the_lender_loses_on_no_path_but_those_on_which_the_curve_says_so() -> None:
    of, how = calm(), Settings(paths=1, seed=4, threads=1)
    found = losses_by_party(of, quoted(), how, "market")
    setup = set_up_as(of, "loan", quoted(), "market", paths=1, seed=4, threads=1)
    assert isinstance(setup.vehicle, FromCurve)
    fails = setup.vehicle.months(setup.model, 4, 0) < setup.facility.plan.maturity
    moved = np.abs(found.of("bank")) > 1e-6
    assert 0.05 < moved.mean() < 0.9
    assert not moved[~fails].any()
    # a default with the last payment already made takes nothing
    assert moved[fails].mean() > 0.9


def test_a_residual_adds_its_cost_to_the_lenders_loss_path_by_path() -> None:
    # delays fail the vehicle's cash on some paths though nobody defaults: those are in both rolls
    of, on, how = rated(offtake={"delay_odds_per_month": 0.6}), quoted(0.6), Settings(paths=1, seed=4, threads=1)
    more = losses_by_party(of, on, how, "endogenous_with_residual").of("bank") - losses_by_party(of, on, how).of("bank")
    one, two = (
        set_up_as(of, "loan", on, model, paths=1, seed=4, threads=1).run(paths=1, seed=4, threads=1).net
        for model in ("endogenous", "endogenous_with_residual")
    )
    assert (one != two).mean() > 0.05
    np.testing.assert_allclose(more, one - two, rtol=1e-9, atol=1e-3)


def test_joint_rows_are_of_the_model() -> None:
    of, on = calm(), quoted()
    found = simulate(of, on, method="market", joint=True, measures=("value",), paths=1, threads=1)
    joint = [row for row in found.rows if row.measure.startswith(("joint_", "wrong_way"))]
    assert {row.method for row in joint} == {"market"}
    total = next(row for row in joint if row.measure == "joint_loss" and row.party is None)
    assert float(found.losses_by_party.total.mean()) == total.value
    assert float(losses_by_party(of, on, Settings(paths=1, threads=1)).total.mean()) != total.value


# --- the lender's own default


def lent_by_a_bank(**changes: Any) -> Deal:
    of = deal(**changes)
    return of.evolve(parties={**of.parties, "bank": Party(credit=BANK)})


def test_a_lender_that_never_fails_changes_no_bit() -> None:
    on = quoted(bank=0.0)
    one, two = setup(deal(), on).run(paths=4096), setup(lent_by_a_bank(), on)
    assert two.model.lender == BANK
    assert two.run(paths=4096).outcomes.tobytes() == one.outcomes.tobytes()


def test_a_lender_that_has_failed_lends_nothing() -> None:
    certain = setup(lent_by_a_bank(), quoted(bank=1e6)).run(paths=4096)
    assert float(certain.outcomes[k.PAID_IN].max()) == 0.0
    assert float(certain.mean_ledger[:, k.CAPEX].sum()) == 0.0
    assert float(certain.mean_ledger[:, k.UNDRAWN_FEE].sum()) == 0.0
    np.testing.assert_allclose(certain.net, 0.0, atol=1e-6)


def test_draws_stop_on_the_day_and_what_is_lent_is_still_paid() -> None:
    found = setup(lent_by_a_bank(), quoted(bank=2.0))
    run, drivers = found.run(paths=4096), drivers_of(found.model, 0, 0)
    sure = setup(deal(), quoted(bank=2.0)).run(paths=4096)
    assert bool((run.outcomes[k.PAID_IN] <= sure.outcomes[k.PAID_IN] + 1e-6).all())
    same = drivers.lender > found.facility.plan.window
    assert np.array_equal(run.outcomes[k.RECEIVED][same], sure.outcomes[k.RECEIVED][same])
    path = int(np.flatnonzero((drivers.lender == 1) & (sure.outcomes[k.DEFAULT_MONTH] > 20))[0])
    ledger = run.replay(path)[1].ledger[:, :, 0]
    lent = ledger[:, k.DRAW_FLOATING] + ledger[:, k.DRAW_FIXED]
    assert float(lent[0]) > 0.0
    assert float(lent[1:].sum()) == 0.0
    assert float(ledger[2:, k.UNDRAWN_FEE].sum()) == 0.0
    assert float(ledger[2:, k.INTEREST_FIXED].sum()) > 0.0


def test_the_lender_follows_its_curve_beside_the_others() -> None:
    model = setup(lent_by_a_bank(), quoted(bank=0.3, correlation={f"credit:PARENT|{BANK}": 0.5})).model
    assert model.credits[-1] == BANK
    months = np.concatenate([drivers_of(model, 3, block).lender for block in range(4)])
    for t in (5, 17):
        odds = 1.0 - float(np.exp(-0.3 * model.years[t]))
        assert abs(float((months <= t).mean()) - odds) <= MC_SIGMAS * np.sqrt(odds * (1 - odds) / months.size)


def test_what_the_lenders_default_costs_is_said() -> None:
    asked = ("lender_default_undrawn", "lender_default_cost")
    found = simulate(lent_by_a_bank(), quoted(bank=0.5), paths=BLOCK, measures=asked)
    rows = {row.measure: row for row in found.rows if row.measure.startswith("lender_default")}
    undrawn, cost = rows["lender_default_undrawn"], rows["lender_default_cost"]
    assert undrawn.party == cost.party == "spv"
    assert undrawn.value is not None
    assert cost.value is not None
    with_it, sure = (setup(lent_by_a_bank(), quoted(bank=hazard)).run(paths=BLOCK) for hazard in (0.5, 0.0))
    assert undrawn.value == pytest.approx(float((sure.outcomes[k.PAID_IN] - with_it.outcomes[k.PAID_IN]).mean()), rel=1e-9)
    assert cost.value == pytest.approx(float((sure.outcomes[k.EQUITY_VALUE] - with_it.outcomes[k.EQUITY_VALUE]).mean()), rel=1e-9)
    assert undrawn.value > 4 * (undrawn.standard_error or 0.0)
    # the lender's own default is no loss of its own to others' credit
    assert not any(row.measure.startswith("lender_default") for row in simulate(deal(), quoted(), paths=BLOCK, measures=asked).rows)


def test_a_lender_with_nothing_left_to_lend_is_not_asked() -> None:
    from tests.facilities import plain_deal

    of = plain_deal()
    of = of.evolve(parties={**of.parties, "bank": Party(credit=BANK)})
    assert setup(of, quoted()).model.lender is None
