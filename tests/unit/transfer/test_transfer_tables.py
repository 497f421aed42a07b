from __future__ import annotations

import numpy as np
import pytest

from instruments import DebtTranche, Design, Funding, InputError, InvestorCohort
from instruments.ground.tolerances import MC_SIGMAS
from pricing import compare_financings
from pricing.risk.transfer.benefits import own_share, start_value
from pricing.risk.transfer.setup import set_up
from pricing.risk.transfer.statistics import Views, correlation, expected_shortfall
from tests.projects import market, project

LENT = Design(equity={"owners": 1.0}, tranches={"senior": DebtTranche(holder="lender", share_of_cost=0.6, margin=0.02, months=12)})
CERTAIN = (np.ones(12), np.zeros(12))
"""A contract that nobody breaks."""


def test_views_are_means_over_their_events_and_add_up() -> None:
    rng = np.random.default_rng(0)
    total, part = rng.normal(size=4000), rng.normal(size=4000)
    views = Views.of((rng.random(4000) < 0.3).astype(float), total)
    assert views.tail.sum() == 200
    assert total[views.tail].min() >= total[~views.tail].max()
    for name in ("mean", "on_default", "in_tail"):
        one, other, both = (views.all(loss)[name] for loss in (part, total - part, total))
        assert one[0] + other[0] == pytest.approx(both[0])
    assert views.on_default(part)[0] == pytest.approx(part[views.tenant_default].mean())


def test_the_error_of_a_tail_mean_is_what_repeats_show() -> None:
    rng = np.random.default_rng(1)
    found, errors = [], []
    for _ in range(200):
        total = rng.normal(size=2000)
        loss = 0.7 * total + rng.normal(size=2000)
        value, error = Views.of(np.zeros(2000), total).in_tail(loss)
        found.append(value)
        errors.append(error or 0.0)
    assert np.mean(errors) == pytest.approx(np.std(found), rel=MC_SIGMAS / np.sqrt(2 * 200))
    # the mean of a normal variable above its 95 % quantile
    exact = 0.7 * np.exp(-0.5 * 1.6448536**2) / np.sqrt(2 * np.pi) / 0.05
    assert np.mean(found) == pytest.approx(exact, abs=MC_SIGMAS * float(np.std(found)) / np.sqrt(200) + 0.002)


def test_expected_shortfall_and_correlation_of_known_numbers() -> None:
    assert expected_shortfall(np.arange(1000.0))[0] == pytest.approx(987.0, abs=0.5)
    assert correlation(np.arange(9.0), -np.arange(9.0)) == pytest.approx(-1.0)
    assert correlation(np.arange(9.0), np.ones(9)) is None


def test_being_earlier_is_worth_nothing_where_nothing_changes() -> None:
    setup = set_up(project({"lent": LENT}, contract_usd_per_hour=0.02), market(rate=0.0))
    assert start_value(setup, CERTAIN, 2.0, 0.0) == pytest.approx(start_value(setup, CERTAIN, 0.0, 0.0))


def test_the_value_of_being_earlier_has_no_sign_built_in() -> None:
    for growth, hardware, sign in ((-0.3, 0.0, 1.0), (0.3, 0.0, -1.0), (-0.1, -0.5, -1.0)):
        setup = set_up(project({"lent": LENT}, contract_usd_per_hour=0.02), market(growth=growth))
        now, later = (start_value(setup, CERTAIN, years, hardware) for years in (0.0, 2.0))
        assert (now - later) * sign > 0.0


def test_the_start_value_is_what_all_equity_is_worth_on_paths() -> None:
    of = project({"lent": LENT}, contract_months=8, running_usd_per_unit_hour=0.004)
    on = market(hazards={"TEN": 0.4}, rate=0.04, growth=-0.2)
    found = compare_financings(of, on, paths=1, threads=1)
    compared = found.compared
    assert compared is not None
    # without idle cost, and with rents that do not move, odds by month are all that is random
    of = of.evolve(plant=of.plant.evolve(idle_cost_share=0.0))
    found = compare_financings(of, on, paths=1, threads=1)
    worth = -(found.number("holder_loss", "all_equity", party="owners").value or 0.0)
    # months here are twelfths of a year there: a difference of days in discounting and forwards
    assert start_value(set_up(of, on), compared.odds, 0.0, 0.0) == pytest.approx(worth, abs=0.2)


def test_benefits_by_hand() -> None:
    funding = Funding(required_equity_return=0.15, equity_budget_usd_per_year=20.0)
    found = compare_financings(project({"lent": LENT}).evolve(funding=funding), market(rate=0.03), paths=1, threads=1)
    assert found.number("funding_cost", "all_equity").value == pytest.approx(0.15)
    assert found.number("funding_cost", "lent").value == pytest.approx(0.4 * 0.15 + 0.6 * 0.05)
    assert found.number("months_to_build", "all_equity").value == pytest.approx(60.0)
    assert found.number("months_earlier", "lent").value == pytest.approx(36.0)
    assert own_share(LENT) == pytest.approx(0.4)


def test_ultimate_holders_carry_what_holders_carry() -> None:
    rows = {"owners": {"early": 0.25, "late": 0.75}, "lender": {"late": 0.5, "pensions": 0.5}}
    of = project({"lent": LENT}).evolve(ownership=rows, cohorts={"late": InvestorCohort(company="operator", entry_usd=50.0)})
    on = market(hazards={"TEN": 0.5}, rent=1e-9)
    on = on.evolve(equity={name: block.evolve(shares_outstanding={"value": 1.0}) for name, block in on.equity.items()})
    found = compare_financings(of, on, paths=1, threads=1)
    moved = {name: found.number("transfer_in_tail", "lent", party=name).value or 0.0 for name in ("owners", "lender")}
    late = found.number("ultimate_transfer_in_tail", "lent", party="late").value
    assert late == pytest.approx(0.75 * moved["owners"] + 0.5 * moved["lender"])
    holders, ultimate = found.matrix(view="in_tail"), found.matrix(view="in_tail", ultimate=True)
    assert holders["lent"].head(-1).sum() == pytest.approx(ultimate["lent"].head(-1).sum())
    assert holders["lent"].head(-1).sum() == pytest.approx(holders["lent"][-1])
    # a cohort's loss over what it paid: shares held are its part of the classes it stands in
    assert found.number("cohort_loss_in_tail", "lent", party="late").value == pytest.approx((late or 0.0) / (1.25 * 50.0))


def test_the_sentence_is_filled_from_the_rows() -> None:
    found = compare_financings(project({"lent": LENT}), market(hazards={"TEN": 0.5}, rent=1e-9), paths=1, threads=1)
    row = found.number("transfer_in_tail", "lent", party="lender")
    assert f"more by lender {row.value:.2f} ± {1.96 * (row.standard_error or 0.0):.2f}" in found.sentence_for("lent")
    assert found.sentence == found.sentence_for("lent")
    with pytest.raises(InputError, match="no such row"):
        found.number("gold", "lent")


def test_tables_are_tidy() -> None:
    found = compare_financings(project({"lent": LENT}), market(hazards={"TEN": 0.5}), paths=1, threads=1)
    assert found.table.columns[-1] == "design"
    assert set(found.dead_weight["measure"]) == {"dead_weight", "dead_weight_on_default", "dead_weight_in_tail"}
    assert set(found.benefits["measure"]) == set()
    assert found.dial_designs == ()
    assert found.dial.is_empty()
