from __future__ import annotations

import numpy as np
import pytest

from curves import Market
from instruments import DebtGuarantee, DebtTranche, Design, ForcedSale, Project
from instruments.ground.tolerances import MC_SIGMAS
from pricing import RiskTransfer, compare_financings
from pricing.risk.transfer.design_run import fair_margins, run_design, simulate_paths_of
from pricing.risk.transfer.setup import set_up
from tests.projects import market, project

OWNERS = {"owners": 1.0}
LENT = {"senior": DebtTranche(holder="lender", share_of_cost=0.6, margin=0.0, amortisation="bullet", months=1)}


def table_of_the_model() -> tuple[Project, Market]:
    """Cost 100, and 40 where the customer fails in the one month there is: loss 60 (models of networks, example 14)."""
    designs = {
        "supplier_equity": Design(equity={"owners": 0.7, "vendor": 0.3}),
        "secured": Design(equity=OWNERS, tranches=LENT),
        "guaranteed": Design(equity=OWNERS, tranches=LENT, guarantee=DebtGuarantee(guarantor="vendor", lag_months=0)),
    }
    of = project(designs, months=1, contract_months=1, contract_usd_per_hour=80.0 / 730.0)
    return of, market(hazards={"TEN": 3.0})


def test_the_worked_example_stands_on_the_ledger() -> None:
    of, on = table_of_the_model()
    found = compare_financings(of, on, paths=4096, threads=1)
    losses, moved = found.matrix("holder_loss"), found.matrix("transfer")
    expected = {
        "all_equity": {"owners": 60.0, "lender": 0.0, "vendor": 0.0},
        "supplier_equity": {"owners": 42.0, "lender": 0.0, "vendor": 18.0},
        "secured": {"owners": 40.0, "lender": 20.0, "vendor": 0.0},
        "guaranteed": {"owners": 40.0, "lender": 0.0, "vendor": 20.0},
    }
    for design, column in expected.items():
        for holder, loss in column.items():
            at = losses["holder"].to_list().index(holder)
            assert losses[design][at] == pytest.approx(loss, abs=1e-10)
            assert moved[design][at] == pytest.approx(loss - expected["all_equity"][holder], abs=1e-10)
        assert moved[design][-1] == pytest.approx(0.0, abs=1e-10)
    ledger = found.runs["guaranteed"].run
    failed = int(np.flatnonzero(found.compared.views.tenant_default)[0])
    amounts = ledger.path(failed)
    paid = {(p.payer, p.payee, p.reason): amounts[1, k] for k, p in enumerate(ledger.plan.postings) if p.claim == "cash"}
    assert paid["hardware_buyers", "project", "price of hardware"] == pytest.approx(40.0)
    assert paid["project", "lender", "principal"] == pytest.approx(40.0)
    assert paid["vendor", "lender", "guarantee"] == pytest.approx(20.0)


def compared(of: Project, on: Market, **options: object) -> RiskTransfer:
    return compare_financings(of, on, paths=4096, threads=1, **options)


def test_a_fair_margin_without_recovery_is_the_closed_form() -> None:
    # hardware worth nothing and a contract that pays the debt: interest i of each month solves sum S D i + S_N D_N = 1
    hazard, months = 0.20, 12
    design = Design(
        equity=OWNERS, tranches={"senior": DebtTranche(holder="lender", share_of_cost=0.6, amortisation="bullet", months=months)}
    )
    of = project({"lent": design}, ForcedSale(choice="sell"), months=months, contract_usd_per_hour=100.0 / 730.0)
    on = market(hazards={"TEN": hazard}, new_usd=1e-9, rent=1e-9)
    setup = set_up(of, on)
    paths = simulate_paths_of(setup, seed=0, blocks=4, threads=1)
    margins = fair_margins(paths, "lent", of.designs["lent"], 1)
    survival = np.exp(-hazard * setup.drivers.grid.times[:months])
    annuity = float((survival * setup.steps[:months]).sum())
    exact = (1.0 - survival[-1]) / annuity
    net = run_design(paths, "lent", of.designs["lent"], margins | {"tranches.senior": exact}, 1).run.of("lender")
    error = float(net.std(ddof=1) / np.sqrt(net.size)) / (60.0 * annuity)
    assert margins["tranches.senior"] == pytest.approx(exact, abs=MC_SIGMAS * error)
    assert float(net.mean()) == pytest.approx(0.0, abs=MC_SIGMAS * error * 60.0 * annuity)


def by_hand(of: Project, on: Market, margin: float) -> tuple[float, float]:
    """Expected loss of lender and owners with rents that do not move: month by month of the customer's default, one plain loop."""
    setup, rules = set_up(of, on), of.enforcement
    months, rent = setup.months, 730.0 * of.plant.contract_usd_per_hour
    rate = setup.forward_rate + margin * setup.steps
    survival = np.concatenate([[1.0], on_survival(on, setup.drivers.grid.times)])
    lender, owners = 0.0, 0.0
    for default in (*range(months), None):
        odds = survival[default] - survival[default + 1] if default is not None else survival[months]
        balance, arrears, missed, seized = 60.0, 0.0, 0, None
        got, left = 0.0, 0.0
        for t in range(setup.total):
            factor = setup.discount[t + 1]
            if seized is not None:
                sold_at = seized + rules.repossession_months + 1
                interest = rate[t] * (balance + arrears)
                arrears += interest
                if t == sold_at:
                    price = float(setup.age_value[t]) * (1.0 - setup.resale.sale_cost) * float(setup.lot_prices[0])
                    got += factor * min(price, balance + arrears)
                    left += factor * max(price - balance - arrears, 0.0)
                    break
                continue
            cash = rent if default is None or t < default else 0.0
            if t == months - 1:
                cash += float(setup.age_value[t]) * (1.0 - setup.resale.sale_cost)
            arrears += rate[t] * (balance + arrears)
            due = balance if t == months - 1 else 0.0
            paid = min(cash, arrears + due)
            got += factor * paid
            left += factor * (cash - paid)
            balance -= max(paid - arrears, 0.0)
            arrears -= min(paid, arrears)
            missed = missed + 1 if arrears > 1e-7 else 0
            if t == months - 1:
                break
            if missed > rules.grace_months and default is not None and t >= default:
                seized = t
        lender += odds * (60.0 - got)
        owners += odds * (40.0 - left)
    return lender, owners


def on_survival(on: Market, times: np.ndarray) -> np.ndarray:
    return np.exp(-on.credit["TEN"].hazard.value * times)


def test_a_secured_loan_is_the_sum_over_months_of_default() -> None:
    # no running cost and rents of nothing: after the customer's failure only the sale pays
    design = Design(
        equity=OWNERS, tranches={"senior": DebtTranche(holder="lender", share_of_cost=0.6, margin=0.03, amortisation="bullet", months=12)}
    )
    rules = ForcedSale(choice="sell", grace_months=1, repossession_months=2, lots=1)
    of = project({"lent": design}, rules)
    on = market(hazards={"TEN": 0.6}, rent=1e-12, rate=0.04, new_usd=80.0, decline=1.0, sale_cost=0.1, impact=0.3)
    found = compared(of, on)
    lender, owners = by_hand(of, on, 0.03)
    for holder, exact in (("lender", lender), ("owners", owners)):
        row = found.number("holder_loss", "lent", party=holder)
        assert row.value == pytest.approx(exact, abs=MC_SIGMAS * (row.standard_error or 0.0))
    assert lender > 1.0
    # the three expected losses of the debt agree with the loss of its holder, which paid 60 for a claim worth more than 60 if safe
    three = {name: found.number(name, "lent", part="senior", party="lender").value for name in (
        "loss_against_default_free", "expected_shortfall_discounted", "expected_shortfall")}  # fmt: skip
    assert three["expected_shortfall"] >= three["expected_shortfall_discounted"] > 0.0
    setup = set_up(of, on)
    balance = 60.0 * (setup.forward_rate + 0.03 * setup.steps)[:12]
    free = float((balance * setup.discount[1:13]).sum() + 60.0 * setup.discount[12])
    loss = found.number("holder_loss", "lent", party="lender").value
    assert three["loss_against_default_free"] == pytest.approx(free - 60.0 + loss, abs=1e-9)
