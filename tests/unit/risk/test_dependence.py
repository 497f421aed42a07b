from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from instruments.ground.tolerances import MC_SIGMAS, PV_REL
from pricing import price
from pricing.engines.facility_run import Setup
from pricing.laws.risk import LAWS
from pricing.laws.search import search_law
from pricing.ledger import facility as k
from pricing.registry import Settings
from pricing.risk.continuation import default_month_odds, hazard_effect, value_by_default_month, with_hazard
from pricing.risk.dependence import mean_and_error, surely_guaranteed, uncorrelated, unguaranteed
from tests.facilities import deal, market, setup

PATHS = 4096


def payment_deal(**changes: object) -> Setup:
    return setup(deal(guarantee={"form": "payment", "payment_lag_months": 3}, **changes))


def test_cut_dependence_is_a_market_without_correlations() -> None:
    cut = uncorrelated(setup()).run(paths=PATHS)
    never = setup(on=market(correlation={})).run(paths=PATHS)
    assert np.array_equal(cut.outcomes, never.outcomes)
    base = setup()
    assert np.array_equal(uncorrelated(base).model.survival, base.model.survival)  # the same marginals
    assert not np.array_equal(cut.outcomes, base.run(paths=PATHS).outcomes)


def test_cva_is_the_loss_against_default_free() -> None:
    asked = ["value", "cva", "cva_without_dependence", "wrong_way_cost", "loss_against_default_free"]
    found = price(deal(), market(), method="simulation", measures=asked, paths=PATHS)
    rows = {name: found.row(name, contract="loan", party="bank") for name in asked}
    of = {name: row.value or 0.0 for name, row in rows.items()}
    assert of["cva"] == pytest.approx(of["loss_against_default_free"], rel=1e-9)
    assert rows["cva"].standard_error == pytest.approx(rows["loss_against_default_free"].standard_error)
    assert of["wrong_way_cost"] == pytest.approx(of["cva"] - of["cva_without_dependence"], abs=1e-6 * abs(of["cva"]))
    # far better known than the two that it lies between, since they share their paths
    assert (rows["wrong_way_cost"].standard_error or 0.0) < np.hypot(*(rows[n].standard_error or 0.0 for n in asked[1:3]))


def test_the_guarantee_is_worth_what_the_ledger_says_it_pays() -> None:
    base = payment_deal()
    run = base.run(paths=PATHS)
    step = run.net - unguaranteed(base).run(paths=PATHS).net
    paid = float((run.mean_ledger[:, k.GUARANTEE] * run.facility.plan.discount).sum())
    assert paid > 0.0
    assert step.mean() == pytest.approx(paid, rel=1e-9)
    assert step.min() >= -PV_REL * run.facility.plan.commitment


def test_a_guarantor_that_cannot_default_pays_in_full() -> None:
    base = payment_deal()
    sure = surely_guaranteed(base).run(paths=PATHS)
    assert (sure.net - base.run(paths=PATHS).net).min() >= -PV_REL * sure.facility.plan.commitment
    # uncapped, after its lag: whatever is owed when it pays is paid
    assert sure.outcomes[k.SHORTFALL].max() <= 1e-9 * sure.facility.plan.commitment
    cut = replace(base, model=replace(base.model, guarantor=None)).run(paths=PATHS)
    assert np.abs(cut.net - sure.net).max() <= PV_REL * 10 * sure.facility.plan.commitment


def test_default_integrated_out_is_default_drawn() -> None:
    base = uncorrelated(setup())
    _, nets = value_by_default_month(base, paths=2048)
    by_path = np.einsum("m,mp->p", default_month_odds(base), nets)
    exact, error = mean_and_error(by_path)
    run = base.run(paths=4 * PATHS)
    assert default_month_odds(base).sum() == pytest.approx(1.0)
    assert abs(run.value - exact) <= MC_SIGMAS * np.hypot(error, run.standard_error)


@pytest.mark.parametrize(("rich", "sign"), [(False, -1.0), (True, 1.0)])
def test_more_hazard_hurts_only_where_recovery_is_below_continuation(rich: bool, sign: float) -> None:
    if rich:  # whatever is lost is paid by a sure guarantor, with interest at a penalty until then
        terms = deal(guarantee={"form": "payment", "payment_lag_months": 6}, enforcement={"default_margin": 0.1, "repossession_months": 4})
        base = surely_guaranteed(setup(terms))
    else:
        base = setup()
    base = uncorrelated(base)
    expected, doubt = hazard_effect(base, 0.02)
    move, error = mean_and_error(with_hazard(base, "credit:PAYER", 0.02).run(paths=PATHS).net - base.run(paths=PATHS).net)
    assert sign * expected > MC_SIGMAS * doubt
    assert sign * move > 0.0
    assert abs(move - expected) <= MC_SIGMAS * np.hypot(error, doubt)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_the_shipped_laws_hold(law: object) -> None:
    found = search_law(law, deal(), market(), Settings(), examples=3)  # type: ignore[arg-type]
    assert found.status == "held", found.why


def test_a_planted_fault_breaks_each_law(monkeypatch: pytest.MonkeyPatch) -> None:
    from pricing.laws import risk

    of = {law.name: law for law in LAWS}

    def broken(name: str) -> bool:
        return search_law(of[name], deal(), market(), Settings(), examples=1).status == "broken"

    with monkeypatch.context() as patch:
        patch.setattr(risk, "tail_mean", lambda sample, level: (float(sample.mean()), 0.0))
        assert broken("tails_in_order")
    with monkeypatch.context() as patch:
        patch.setattr(risk, "surely_guaranteed", unguaranteed)
        assert broken("sure_guarantor_never_worth_less")
    with monkeypatch.context() as patch:
        patch.setattr(risk, "with_hazard", lambda given, key, more: with_hazard(given, key, -more))
        assert broken("more_hazard_lowers_value")
