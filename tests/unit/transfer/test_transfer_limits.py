from __future__ import annotations

import numpy as np
import pytest

from instruments import (
    CalibrationError,
    DebtGuarantee,
    DebtTranche,
    Design,
    ForcedSale,
    InputError,
    LeaseFinancing,
    PrepaidOfftake,
    ShareMarginLoan,
    VendorWarrants,
    WarrantStep,
)
from instruments.ground.tolerances import MC_SIGMAS
from pricing import compare_financings
from pricing.risk.transfer.design_run import fair_margins, simulate_paths_of
from pricing.risk.transfer.lease import level_rent
from pricing.risk.transfer.setup import set_up
from pricing.strategies.projects import COST
from tests.projects import Booked, market, project, wild_operations

OWNERS = {"owners": 1.0}
REL = 1e-9
"""Sums of discounted flows, per dollar of hardware."""


def debt(margin: float | str = 0.0, *, months: int = 12, share: float = 0.6, kind: str = "level") -> dict[str, DebtTranche]:
    terms = {"holder": "lender", "share_of_cost": share, "margin": margin, "amortisation": kind, "months": months}
    return {"senior": DebtTranche.model_validate(terms)}


@pytest.mark.parametrize("kind", ["level", "straight", "bullet"])
def test_without_defaults_lenders_lose_nothing_and_the_fair_margin_is_nought(kind: str) -> None:
    designs = {"plain": Design(equity=OWNERS, tranches=debt(kind=kind)), "fair": Design(equity=OWNERS, tranches=debt("fair", kind=kind))}
    found = compare_financings(project(designs), market(rate=0.04, new_usd=60.0), paths=1, threads=1)
    for design in designs:
        assert found.number("holder_loss", design, party="lender").value == pytest.approx(0.0, abs=1e-4)
        assert found.number("holder_loss_on_default", design, party="lender").value == 0.0
    assert found.number("design_margin", "fair", part="tranches.senior").value == pytest.approx(0.0, abs=1e-5)
    assert found.number("seizure_probability", "plain").value == 0.0


def test_certain_default_at_once_leaves_the_sale() -> None:
    rules = ForcedSale(choice="sell", grace_months=0, repossession_months=0, lots=1)
    of = project({"lent": Design(equity=OWNERS, tranches=debt(kind="bullet"))}, rules)
    found = compare_financings(of, market(hazards={"TEN": 1e5}, rent=1e-9, rate=0.0), paths=1, threads=1)
    # nothing is due before the end at a rate of nought: no payment is missed, and the hardware is sold then
    assert found.number("seizure_probability", "lent").value == 0.0
    of = project({"lent": Design(equity=OWNERS, tranches=debt())}, rules)
    found = compare_financings(of, market(hazards={"TEN": 1e5}, rent=1e-9, rate=0.0), paths=1, threads=1)
    assert found.number("seizure_probability", "lent").value == 1.0
    for holder, loss in (("lender", 20.0), ("owners", 40.0)):
        assert found.number("holder_loss", "lent", party=holder).value == pytest.approx(loss, abs=1e-9)


def test_without_impact_cost_or_other_use_there_is_no_dead_weight() -> None:
    rules = ForcedSale(choice="sell", grace_months=0, repossession_months=2, lots=3, discount_lost_share=1.0)
    of = project({"lent": Design(equity=OWNERS, tranches=debt(0.05))}, rules)
    found = compare_financings(of, market(hazards={"TEN": 1.0}, rent=1e-12), paths=1, threads=1)
    assert (found.number("seizure_probability", "lent").value or 0.0) > 0.3
    assert found.number("dead_weight", "lent").value == pytest.approx(0.0, abs=REL * COST)
    dear = compare_financings(of, market(hazards={"TEN": 1.0}, rent=1e-12, impact=1.0), paths=1, threads=1)
    lost = dear.number("dead_weight", "lent").value or 0.0
    assert lost == pytest.approx(dear.number("dead_weight", "lent", part="discount lost").value or 0.0)
    assert lost > 1.0


def test_the_discount_of_a_quick_sale_goes_to_its_buyers_as_far_as_it_is_not_lost() -> None:
    on = market(hazards={"TEN": 1.0}, rent=1e-12, impact=1.0)
    gains = []
    for lost in (0.0, 0.5, 1.0):
        rules = ForcedSale(choice="sell", grace_months=0, repossession_months=0, lots=2, discount_lost_share=lost)
        found = compare_financings(project({"lent": Design(equity=OWNERS, tranches=debt(0.05))}, rules), on, paths=1, threads=1)
        gains.append(-(found.number("transfer", "lent", party="hardware_buyers").value or 0.0))
        assert found.number("dead_weight", "lent").value == pytest.approx(lost * gains[0], abs=REL * COST)
    assert gains == pytest.approx([gains[0], 0.5 * gains[0], 0.0], abs=REL * COST)
    assert gains[0] > 1.0


def test_a_full_guarantee_by_a_vendor_that_cannot_fail_leaves_the_lender_whole() -> None:
    design = Design(equity=OWNERS, tranches=debt(), guarantee=DebtGuarantee(guarantor="vendor", lag_months=2))
    setup = set_up(project({"safe": design}), market(rate=0.04, growth=-0.5, decline=0.8, impact=1.0, sale_cost=0.1))
    operations = wild_operations(setup, 3)
    operations.defaulted["credit:VND"][:] = setup.total
    run = Booked(setup, design, operations)
    assert np.abs(run.loss("lender")).max() <= REL * COST
    assert run.loss("vendor").max() > 10.0


def test_creditors_who_may_let_again_do_not_sell_what_is_worth_more_in_use() -> None:
    on = market(hazards={"TEN": 1.0}, rent=0.05, new_usd=5.0)
    shares = {}
    for choice in ("sell", "better"):
        of = project({"lent": Design(equity=OWNERS, tranches=debt(0.05))}, ForcedSale(choice=choice, grace_months=0), months=24)
        shares[choice] = compare_financings(of, on, paths=1, threads=1)
    assert (shares["sell"].number("seizure_probability", "lent").value or 0.0) > 0.3
    assert shares["better"].number("seizure_probability", "lent").value == 0.0
    assert shares["better"].number("dead_weight", "lent").value == 0.0


def test_no_margin_pays_for_a_claim_that_is_never_paid() -> None:
    of = project({"hopeless": Design(equity=OWNERS, tranches=debt("fair"))}, contract_usd_per_hour=0.001)
    on = market(hazards={"TEN": 1.0}, new_usd=1.0, rent=1e-9)
    found = compare_financings(of, on, paths=1, threads=1)
    assert [item.subject for item in found.failures] == ["designs.hopeless"]
    assert list(found.runs) == ["all_equity"]
    with pytest.raises(CalibrationError, match="no margin up to 100"):
        fair_margins(simulate_paths_of(set_up(of, on), seed=0, blocks=1, threads=1), "hopeless", of.designs["hopeless"], 1)


def test_a_level_rent_and_the_planned_residual_are_worth_the_cost() -> None:
    lease = LeaseFinancing(lessor="lessor", margin=0.04, rent_months=8, planned_residual_share=0.3, deposit_share=0.1)
    setup = set_up(project({"leased": Design(equity=OWNERS, lease=lease)}), market(rate=0.05))
    factors = np.cumprod(1.0 / (1.0 + setup.forward_rate + 0.04 * setup.steps))
    rent = level_rent(setup, lease, 0.04)
    assert rent * factors[:8].sum() + 30.0 * factors[11] == pytest.approx(90.0)


def test_a_lessor_without_defaults_earns_its_margin_and_a_residual_guarantee_makes_up_the_rest() -> None:
    lease = LeaseFinancing(lessor="lessor", margin=0.0, rent_months=12, planned_residual_share=0.5, guarantor="vendor",
                           guaranteed_start_share=1.0, guaranteed_end_share=0.5, lag_months=0)  # fmt: skip
    found = compare_financings(project({"leased": Design(equity=OWNERS, lease=lease)}), market(rate=0.0), paths=1, threads=1)
    # hardware fetches 40 where 50 is planned and guaranteed
    assert found.number("holder_loss", "leased", party="lessor").value == pytest.approx(0.0, abs=1e-9)
    assert found.number("holder_loss", "leased", party="vendor").value == pytest.approx(10.0, abs=1e-9)
    bare = Design(equity=OWNERS, lease=lease.evolve(guarantor=None))
    found = compare_financings(project({"leased": bare}), market(rate=0.0), paths=1, threads=1)
    assert found.number("holder_loss", "leased", party="lessor").value == pytest.approx(10.0, abs=1e-9)


def test_a_prepayment_without_default_comes_back_at_its_return() -> None:
    design = Design(equity=OWNERS, prepayment=PrepaidOfftake(share_of_cost=0.3, margin=0.0, months=12))
    found = compare_financings(project({"ahead": design}), market(rate=0.06), paths=1, threads=1)
    assert found.number("holder_loss", "ahead", party="tenant").value == pytest.approx(0.0, abs=1e-9)
    gone = compare_financings(project({"ahead": design}), market(hazards={"TEN": 1e5}), paths=1, threads=1)
    assert gone.number("holder_loss", "ahead", party="tenant").value == pytest.approx(30.0, abs=1e-9)


def warrants(hurdle: float, *, strike: float = 0.0) -> Design:
    steps = (WarrantStep(month=3, hurdle_usd=hurdle, shares=0.1),)
    return Design(equity=OWNERS, warrants=VendorWarrants(issuer="vendor", holder="owners", strike_usd=strike, steps=steps, months=12))


def test_a_warrant_without_target_is_worth_its_shares() -> None:
    found = compare_financings(project({"given": warrants(0.0)}), market(rate=0.04), paths=8192, threads=1)
    row = found.number("transfer", "given", party="vendor")
    assert row.value == pytest.approx(10.0, abs=MC_SIGMAS * (row.standard_error or 0.0))
    owners = found.number("transfer", "given", party="owners")
    assert owners.value == pytest.approx(-(row.value or 0.0))


def test_a_higher_target_never_vests_more() -> None:
    of = project({str(int(hurdle)): warrants(hurdle) for hurdle in (0.0, 110.0, 150.0)})
    setup = set_up(of, market())
    operations = wild_operations(setup, 1)
    vested = [Booked(setup, of.designs[name], operations).column("warrants", "shares vested").sum(axis=0) for name in ("0", "110", "150")]
    assert (vested[0] >= vested[1]).all()
    assert (vested[1] >= vested[2]).all()
    assert 0.0 < vested[2].sum() < vested[0].sum()


def test_a_loan_on_shares_that_stand_still_is_worth_par() -> None:
    loan = ShareMarginLoan(lender="bank", borrower="owners", share_of_cost=0.2, opening_ltv=0.5, liquidation_ltv=0.8, margin=0.0, months=12)
    of = project({"pledged": Design(equity=OWNERS, margin_loan=loan)})
    found = compare_financings(of, market(rate=0.04, share_volatility=0.0), paths=1, threads=1)
    assert found.number("holder_loss", "pledged", party="bank").value == pytest.approx(0.0, abs=1e-9)
    # the company fails at once: its shares are worth nothing, and so is the pledge
    setup = set_up(of, market())
    operations = wild_operations(setup, 0)
    operations.closes["equity:OPR"][:] = 0.0
    assert Booked(setup, of.designs["pledged"], operations).loss("bank") == pytest.approx(20.0, abs=1e-9)


def test_a_substitute_keeps_the_contract_and_costs_what_it_says() -> None:
    from instruments import Substitute

    terms = Substitute(odds=1.0, delay_months=2, interim_share=0.5, cost_usd_per_unit=3.0)
    of = project({"shared": Design(equity={"owners": 0.5, "vendor": 0.5})}, substitute=terms)
    kept = compare_financings(of, market(hazards={"OPR": 1e5}), paths=1, threads=1)
    base = compare_financings(of, market(), paths=1, threads=1)
    loss = [found.number("holder_loss", "all_equity", party="owners").value or 0.0 for found in (kept, base)]
    assert loss[0] - loss[1] == pytest.approx(2 * 0.5 * 15.0 + 3.0, abs=1e-9)


def test_threads_change_no_byte_and_inputs_change_numbers() -> None:
    of = project({"lent": Design(equity=OWNERS, tranches=debt("fair", months=4))}, months=4, contract_months=4)
    on = market(hazards={"TEN": 0.3, "OPR": 0.2}, volatility=0.4, rate=0.03)
    first, second = (compare_financings(of, on, paths=8192, threads=threads).to_json() for threads in (1, 2))
    assert first == second
    base, other = (compare_financings(of, on, paths=1, seed=seed, threads=1).rows for seed in (0, 1))
    moved = compare_financings(of, market(hazards={"TEN": 0.31, "OPR": 0.2}, volatility=0.4, rate=0.03), paths=1, threads=1).rows
    assert base != other
    assert base != moved


def test_a_path_can_be_replayed() -> None:
    found = compare_financings(
        project({"lent": Design(equity=OWNERS, tranches=debt(0.1))}), market(hazards={"TEN": 0.5}), paths=1, threads=1
    )
    run = found.runs["lent"].run
    ledger = run.path(17)
    signs = np.array([float(p.payee == "lender") - float(p.payer == "lender") for p in run.plan.postings])
    cash = np.array([p.claim in ("cash", "terminal") for p in run.plan.postings])
    assert float(run.discount @ ledger @ (signs * cash)) == pytest.approx(float(run.of("lender")[17]))


@pytest.mark.parametrize(("options", "words"), [({"designs": ["gold"]}, "no such design"), ({"baseline": "gold"}, "no such design"),
                                                ({"paths": 0}, "paths"), ({"seed": -1}, "seed"), ({"threads": 0}, "threads")])  # fmt: skip
def test_unusable_options_are_told(options: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        compare_financings(project({}), market(), **options)


def test_dates_must_agree() -> None:
    with pytest.raises(InputError, match="the market is of"):
        compare_financings(project({}).evolve(as_of=market().as_of.replace(day=1)), market())
