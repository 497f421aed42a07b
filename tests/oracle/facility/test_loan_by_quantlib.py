from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
import QuantLib as ql
from hypothesis import given, settings, strategies as st

from curves import Market, discount_curve
from instruments import Deal, Loan
from instruments.contracts.loan_parts import Amortisation
from instruments.ground.tolerances import ORACLE_REL, PV_REL
from pricing import price
from pricing._quantlib.loan import quantlib_value
from pricing.engines.facility_run import planned_run
from pricing.schedules.amortisation import amortisation_shares
from pricing.schedules.grid import month_ends
from pricing.schedules.loan import facility_flows, scheduled_value, term_flows
from tests.facilities import AS_OF, deal, market, setup

OIS = {
    "USD-SOFR": {
        "kind": "ois",
        "quotes": {"1M": 0.04338, "3M": 0.04331, "6M": 0.04216, "1Y": 0.03986, "2Y": 0.03633, "5Y": 0.03567, "10Y": 0.03827},
    }
}


WAYS: list[dict[str, Any]] = [
    {"kind": "annuity"}, {"kind": "straight"}, {"kind": "bullet"}, {"kind": "annuity", "balloon": 0.4},
    {"kind": "straight", "balloon": 0.4},
    {"kind": "depreciated", "life_years": 6.0},
]  # fmt: skip


def hazard(rate: float) -> Any:
    return lambda years: np.exp(-rate * years)


@st.composite
def loans(draw: st.DrawFn) -> Loan:
    share = draw(st.sampled_from([0.0, 0.3, 1.0]))
    return Loan(
        lender="bank",
        borrower="firm",
        commitment_usd=draw(st.floats(1e3, 1e10)),
        floating={"share": share, "margin": draw(st.floats(0.0, 0.1))} if share else None,  # type: ignore[arg-type]
        fixed={"share": 1.0 - share, "rate": draw(st.floats(0.0, 0.15))} if share < 1.0 else None,  # type: ignore[arg-type]
        maturity=draw(st.sampled_from([dt.date(2026, 4, 30), dt.date(2027, 2, 28), dt.date(2031, 3, 31)])),
        amortisation=draw(st.sampled_from(WAYS)) | {"start": dt.date(2026, 4, 30)},  # type: ignore[arg-type]
        pik=draw(st.sampled_from([None, {"share": 0.5, "until": dt.date(2026, 3, 31)}])) if share == 0 else None,  # type: ignore[arg-type]
    )


@settings(max_examples=30)
@given(loans(), st.floats(0.0, 3.0), st.floats(0.0, 1.0), st.sampled_from([AS_OF, dt.date(2026, 3, 17), dt.date(2026, 2, 28)]))
def test_term_loans(loan: Loan, rate: float, recovery: float, as_of: dt.date) -> None:
    curve = discount_curve(market(as_of=as_of, rates=OIS), "rates:USD-SOFR").discount
    flows = term_flows(loan, as_of)
    ours = scheduled_value(flows, curve, hazard(rate), recovery)
    theirs = quantlib_value(flows, curve, hazard(rate), recovery, subject="loan")
    assert ours.default_free == pytest.approx(theirs.default_free, rel=ORACLE_REL)
    assert ours.risky == pytest.approx(theirs.risky, rel=ORACLE_REL)


@pytest.mark.parametrize("rate", [0.0, 0.02, 0.1, 1.0])
def test_the_planned_flows_of_a_facility(rate: float) -> None:
    facility = setup().facility
    run = planned_run(facility)
    flows = facility_flows(facility, run.ledger[:, :, 0], run.states[:, :, 0])
    curve = discount_curve(market(), "rates:USD-SOFR").discount
    ours = scheduled_value(flows, curve, hazard(rate), 0.4)
    theirs = quantlib_value(flows, curve, hazard(rate), 0.4, subject="loan")
    scale = facility.plan.commitment
    assert abs(ours.default_free - theirs.default_free) <= ORACLE_REL * scale
    assert abs(ours.risky - theirs.risky) <= ORACLE_REL * scale


def test_the_ledger_discounted_is_the_planned_value() -> None:
    facility = setup().facility
    run = planned_run(facility)
    flows = facility_flows(facility, run.ledger[:, :, 0], run.states[:, :, 0])
    exact = scheduled_value(flows, discount_curve(market(), "rates:USD-SOFR").discount, np.ones_like, 0.0)
    assert (run.outcomes[1, 0] - run.outcomes[0, 0]) == pytest.approx(exact.default_free, rel=1e3 * PV_REL)  # a small net of large flows


def plain(on: Market) -> Deal:
    loan = {
        "kind": "loan", "lender": "bank", "borrower": "firm", "commitment_usd": 1e6, "maturity": dt.date(2029, 3, 31),
        "floating": {"share": 1.0, "margin": 0.03}, "amortisation": {"kind": "annuity", "start": dt.date(2026, 4, 30)},
    }  # fmt: skip
    return Deal.model_validate(
        {"id": "plain", "as_of": on.as_of, "parties": {"bank": {}, "firm": {"credit": "credit:PARENT"}}, "contracts": {"loan": loan}}
    )


def test_price_of_a_plain_loan_by_three_methods() -> None:
    on = market(rates=OIS)
    found = [price(plain(on), on, method=method).row("value", party="bank").value for method in (None, "schedule", "quantlib")]
    assert found[0] == found[1]
    assert found[2] == pytest.approx(found[1], rel=ORACLE_REL)


def test_the_fair_margin_of_a_plain_loan_reprices_it_at_par() -> None:
    on = market(rates=OIS)
    base = plain(on)
    margin = price(base, on, method="schedule").row("fair_margin").value
    loan = base.contracts["loan"]
    assert isinstance(loan, Loan)
    fair = base.evolve(contracts={"loan": loan.evolve(floating={"share": 1.0, "margin": margin})})
    assert price(fair, on, method="quantlib").row("value", party="bank").value == pytest.approx(1e6, rel=ORACLE_REL)


def test_price_shows_quantlib_beside_the_simulation_with_the_difference_explained() -> None:
    found = price(deal(), market(), paths=4096, measures=("value",))
    rows = [row for row in found.rows if row.contract == "loan" and row.measure == "value" and row.party == "bank"]
    assert {row.method for row in rows} == {"simulation", "quantlib"}
    notes = [row.error_note for row in rows if row.method == "quantlib"]
    assert all(note and ("special case" in note or "nobody defaults" in note) for note in notes)
    assert not found.failures


def test_the_planned_rents_of_an_offtake() -> None:
    on = market(rates=OIS)
    given = deal(offtake={"delay_odds_per_month": 0.0})
    facility = setup(given, on).facility
    rents = planned_run(facility).ledger[:, 0, 0]
    curve = discount_curve(on, "rates:USD-SOFR").discount
    exact = float((rents * curve(facility.times) * np.exp(-0.02 * facility.times)).sum())
    found = price(given, on, method="quantlib", measures=("value",))
    assert found.row("value", contract="offtake", party="spv").value == pytest.approx(exact, rel=ORACLE_REL)
    calm = setup(given, on).cut("credit:PARENT").run(paths=65_536)
    simulated = float((calm.mean_ledger[:, 0] * calm.facility.plan.discount).sum())
    # a default acts on the month after it, and may follow the rents it depends on: a month of hazard and the simulation's own noise
    assert simulated == pytest.approx(exact, rel=0.01)


def test_level_service_is_quantlibs_sinking_schedule() -> None:
    dates = month_ends(AS_OF, 60)
    shares = amortisation_shares(Amortisation(start=dates[0], annuity_rate=0.07), dates, 60)
    ours = 100.0 * np.cumprod(np.concatenate([[1.0], 1.0 - shares]))
    theirs = ql.sinkingNotionals(ql.Period(60, ql.Months), ql.Monthly, 0.07, 100.0)
    assert ours == pytest.approx(np.array(theirs), abs=100.0 * ORACLE_REL)


def test_interest_in_kind_by_quantlib() -> None:
    loan = Loan.model_validate({
        "lender": "bank", "borrower": "firm", "commitment_usd": 100.0, "fixed": {"share": 1.0, "rate": 0.12},
        "maturity": dt.date(2028, 3, 31),
        "amortisation": {"kind": "straight", "start": dt.date(2027, 4, 30)}, "pik": {"share": 1.0, "until": dt.date(2027, 3, 31)},
    })  # fmt: skip
    flows = term_flows(loan, AS_OF)
    assert flows.fixed[12] == pytest.approx(100.0 * 1.01**12)
    curve = discount_curve(market(rates=OIS), "rates:USD-SOFR").discount
    ours, theirs = (
        scheduled_value(flows, curve, hazard(0.03), 0.4), quantlib_value(flows, curve, hazard(0.03), 0.4, subject="loan"),
    )  # fmt: skip
    assert ours.risky == pytest.approx(theirs.risky, rel=ORACLE_REL)
