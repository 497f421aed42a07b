from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from instruments import DebtTranche, Design, Project
from pricing.ledger.runs import claim_gaps
from pricing.risk.transfer.book import LOST, PAID
from pricing.risk.transfer.dead_weight import dead_weight
from pricing.risk.transfer.setup import set_up
from pricing.strategies.projects import COST, forced_sales, guarantees, plants, project_of, projects, tranches
from tests.projects import Booked, booked, market, wild_operations

REL = 1e-9
"""Two ways of adding the same discounted flows, per dollar of hardware."""
MARKET = market(rate=0.04, growth=-0.2, decline=0.4, sale_cost=0.08, impact=0.5)
SEEDS = st.integers(0, 1000)
FEW = settings(max_examples=25, deadline=None)


@FEW
@given(of=projects(), seed=SEEDS)
def test_losses_of_all_holders_move_by_the_dead_weight_of_the_operations(of: Project, seed: int) -> None:
    base, other, operations = booked(of, MARKET, seed)
    moved = sum(other.loss(holder) - base.loss(holder) for holder in of.holders())
    assert np.abs(moved - dead_weight(other.setup, operations, other.rolled).sum(axis=0)).max() <= REL * COST


@FEW
@given(of=projects(), seed=SEEDS)
def test_claims_add_up_and_the_vehicle_keeps_nothing(of: Project, seed: int) -> None:
    _, other, _ = booked(of, MARKET, seed)
    assert all(gap.difference <= REL * COST for gap in claim_gaps(other.planned.plan, other.ledger))
    signs = np.array([float(p.payee == "project") - float(p.payer == "project") for p in other.planned.plan.postings])
    cash = np.array([p.claim == "cash" for p in other.planned.plan.postings])
    nets = np.einsum("k,tkp->tp", signs * cash, other.ledger)
    assert np.abs(nets).max() <= REL * COST


@FEW
@given(of=projects(), seed=SEEDS)
def test_principal_paid_and_lost_is_the_principal_lent(of: Project, seed: int) -> None:
    _, other, _ = booked(of, MARKET, seed)
    debt = other.planned.debt
    for name, column in debt.principal.items():
        back = other.ledger[:, column + PAID].sum(axis=0) + other.ledger[:, column + LOST].sum(axis=0)
        assert np.abs(back - other.ledger[0, debt.draw[name]]).max() <= REL * COST


@FEW
@given(of=projects(), seed=SEEDS)
def test_no_payment_runs_backwards(of: Project, seed: int) -> None:
    _, other, _ = booked(of, MARKET, seed)
    for column, posting in enumerate(other.planned.plan.postings):
        if posting.claim != "deferred":
            assert other.ledger[:, column].min() >= -REL * COST, posting


@FEW
@given(lent=tranches(), promise=guarantees(), plant=plants(), rules=forced_sales(), seed=SEEDS)
def test_a_guarantee_at_a_fixed_margin_moves_loss_from_lenders_to_the_guarantor_and_nothing_else(
    lent: dict[str, DebtTranche], promise: object, plant: object, rules: object, seed: int
) -> None:
    owners = {"owners": 1.0}
    designs = {"bare": Design(equity=owners, tranches=lent), "safe": Design(equity=owners, tranches=lent, guarantee=promise)}
    of = project_of(designs, plant=plant, enforcement=rules)
    setup = set_up(of, MARKET)
    operations = wild_operations(setup, seed)
    bare, safe = (Booked(setup, of.designs[name], operations) for name in ("bare", "safe"))
    saved = [bare.loss(holder) - safe.loss(holder) for holder in ("lender", "junior")]
    assert min(part.min() for part in saved) >= -REL * COST
    assert np.abs(sum(saved) - safe.loss("vendor")).max() <= REL * COST
    assert np.abs(bare.loss("owners") - safe.loss("owners")).max() <= REL * COST


@FEW
@given(lent=tranches(), part=st.sampled_from([0.5, 0.25]), plant=plants(), rules=forced_sales(), seed=SEEDS)
def test_splitting_a_tranche_pari_passu_changes_nothing(
    lent: dict[str, DebtTranche], part: float, plant: object, rules: object, seed: int
) -> None:
    whole = lent["senior"]
    one, other = (whole.evolve(share_of_cost=share * whole.share_of_cost) for share in (part, 1.0 - part))
    split = {"first": one, "second": other, **{name: tranche for name, tranche in lent.items() if name != "senior"}}
    designs = {name: Design(equity={"owners": 1.0}, tranches=found) for name, found in (("whole", lent), ("split", split))}
    of = project_of(designs, plant=plant, enforcement=rules)
    setup = set_up(of, MARKET)
    operations = wild_operations(setup, seed)
    before, after = (Booked(setup, of.designs[name], operations) for name in ("whole", "split"))
    for holder in of.holders():
        assert np.abs(before.loss(holder) - after.loss(holder)).max() <= REL * COST
    assert (before.rolled.seized == after.rolled.seized).all()


@FEW
@given(of=projects(), seed=SEEDS, part=st.sampled_from([0.3, 0.6]))
def test_an_owner_who_splits_its_equity_loses_the_same_in_all(of: Project, seed: int, part: float) -> None:
    design = of.designs["other"]
    shares = {name: (1.0 - part) * share for name, share in design.equity.items()} | {"junior": part}
    _, before, operations = booked(of, MARKET, seed)
    after = Booked(before.setup, design.evolve(equity=shares), operations)
    everybody = (*of.parties, "hardware_buyers", "share_buyers")
    total = [sum(run.loss(name) for name in everybody) for run in (before, after)]
    assert np.abs(total[0] - total[1]).max() <= REL * COST
    # an owner's part of the equity loses its share of what all owners lose by owning
    owned = [sum(run.column("equity", reason) for reason in ("capital", "cost of idle months")) for run in (before, after)]
    assert np.abs(owned[0] - owned[1]).max() <= REL * COST


@FEW
@given(of=projects(), seed=SEEDS)
def test_three_times_the_project_in_three_times_the_market_loses_three_times(of: Project, seed: int) -> None:
    design = of.designs["other"]
    if design.warrants is not None:
        steps = tuple(step.evolve(shares=3.0 * step.shares) for step in design.warrants.steps)
        design = design.evolve(warrants=design.warrants.evolve(steps=steps))
    plant = of.plant.evolve(units=3.0 * of.plant.units, cost_usd=3.0 * of.plant.cost_usd)
    large = of.evolve(plant=plant, designs={**of.designs, "other": design})
    deep = MARKET.evolve(resale={"X": MARKET.resale["X"].evolve(depth_units={"value": 3.0})})
    _, once, _ = booked(of, MARKET, seed)
    _, thrice, _ = booked(large, deep, seed)
    for holder in of.holders():
        assert np.abs(thrice.loss(holder) - 3.0 * once.loss(holder)).max() <= REL * 3.0 * COST


@FEW
@given(of=projects(), seed=SEEDS)
def test_hardware_is_let_again_only_where_that_pays(of: Project, seed: int) -> None:
    _, other, operations = booked(of, MARKET, seed)
    let = operations.market_rent > 0.0
    assert (operations.market_rent[let] > operations.running[let]).all()
    assert (operations.contract_rent[let] == 0.0).all()
    # whatever a design does, the project is not run after its creditors have taken the hardware
    after = np.arange(other.setup.total)[:, None] > other.rolled.seized
    for reason in ("contract rent", "market rent", "running cost"):
        assert (other.column("hardware", reason)[1:][after] == 0.0).all()


@FEW
@given(of=projects(), seed=SEEDS)
def test_units_sold_are_the_units_there_are(of: Project, seed: int) -> None:
    _, other, operations = booked(of, MARKET, seed)
    value = other.column("hardware", "value of hardware sold", "terminal")[1:]
    with np.errstate(invalid="ignore"):
        assert (value / operations.value).sum(axis=0) == pytest.approx(1.0)
