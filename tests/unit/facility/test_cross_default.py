"""Cross-default: another facility's event of default accelerates this one, after its grace, and nothing else does."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from curves import Market
from instruments import Deal
from instruments.ground.errors import TermsError
from instruments.ground.tolerances import CASH_CONSERVATION_ABS
from pricing.engines.cross_default import linked
from pricing.engines.facility_rows import facility_rows
from pricing.engines.facility_run import set_up
from pricing.kernels.facility import roll_kept, roll_reduced
from pricing.laws.facility import cross_default_never_delays, has_cross_defaults
from pricing.ledger import facility as k
from pricing.ledger.checks import check_ledger
from pricing.mechanics.rollforward import roll_forward
from pricing.registry import Settings
from pricing.risk.party_values import party_values
from pricing.schedules.plan import NEVER, Events
from pricing.simulation import Ledger
from tests.facilities import deal, drivers, market, plain_deal, rough_drivers, setup


def pair(crosses: Any = ({"contract": "sister"},), back: Any = (), **loan: Any) -> Deal:
    """The small facility and a sister of the same parent on another customer's contract; each may be tied to the other."""
    document = deal(**loan).model_dump(by_alias=True)
    contracts, assets = document["contracts"], document["assets"]
    contracts["loan"] = contracts["loan"] | {"cross_defaults": crosses}
    contracts["sister"] = contracts["loan"] | {
        "borrower": "spv2", "collateral": "fleet2", "offtake": "offtake2", "cross_defaults": back, "prepayment": None,
    }  # fmt: skip
    contracts["offtake2"] = contracts["offtake"] | {"customer": "other", "provider": "spv2", "fleet": "fleet2"}
    assets["fleet2"] = assets["fleet"] | {"owner": "spv2"}
    parties = document["parties"] | {"spv2": {}, "other": {"credit": "credit:OTHER"}}
    return Deal.model_validate(document | {"parties": parties})


def on(hazard: float = 0.2) -> Market:
    credit = {name: {"kind": "hazard", "hazard": rate} for name, rate in (("PAYER", 0.02), ("PARENT", 0.1), ("OTHER", hazard))}
    return market(credit=credit)


def test_the_other_default_accelerates_after_its_grace() -> None:
    facility = setup(plain_deal()).facility
    given_drivers, events = drivers(facility), Events(np.array([NEVER]), np.array([7]))
    run = roll_forward(facility.plan, given_drivers, events)
    assert roll_kept(facility.plan, given_drivers, events)[2] == pytest.approx(run.outcomes)
    assert run.outcomes[[k.DEFAULT_MONTH, k.CROSS_CALLED], 0].tolist() == [7.0, 1.0]
    assert run.ledger[:, k.CROSS_NOTICE, 0].nonzero()[0].tolist() == [7]
    assert run.outcomes[k.EXPOSURE_AT_DEFAULT, 0] == pytest.approx(24e6 * 16 / 24)
    assert run.states[7, k.STATUS, 0] == k.ENFORCEMENT
    for check in check_ledger(facility.plan, given_drivers, run):
        assert check.relative <= CASH_CONSERVATION_ABS, check


def test_a_repaid_or_defaulted_loan_is_not_called_again() -> None:
    facility = setup(plain_deal()).facility
    late = roll_forward(facility.plan, drivers(facility), Events(np.array([NEVER]), np.array([facility.plan.maturity])))
    assert late.outcomes[k.CROSS_CALLED, 0] == 0.0
    own = roll_forward(facility.plan, drivers(facility, customer=5), Events(np.array([NEVER]), np.array([5])))
    assert own.outcomes[[k.DEFAULT_MONTH, k.CROSS_CALLED], 0].tolist() == [5.0, 0.0]


@pytest.mark.parametrize("grace", [0, 4])
def test_on_common_paths_the_call_comes_with_the_sisters_default(grace: int) -> None:
    given_deal = pair(({"contract": "sister", "grace_months": grace},))
    tied = set_up(given_deal, "loan", on()).run(paths=1, threads=1)
    alone = set_up(pair(()), "loan", on()).run(paths=1, threads=1)
    sister = set_up(given_deal, "sister", on()).run(paths=1, threads=1)
    months = tied.facility.plan.months
    other, own = sister.outcomes[k.DEFAULT_MONTH], alone.outcomes[k.DEFAULT_MONTH]
    by_cross = tied.outcomes[k.CROSS_CALLED] > 0
    assert by_cross.mean() > 0.05
    assert (tied.outcomes[k.DEFAULT_MONTH][by_cross] == other[by_cross] + grace).all()
    assert (tied.outcomes[k.DEFAULT_MONTH] <= own).all()
    assert has_cross_defaults(given_deal)
    assert cross_default_never_delays(given_deal, on(), Settings(paths=1)) is None
    untouched = (other >= months) | (own <= other + grace)
    assert np.array_equal(tied.outcomes[:, untouched], alone.outcomes[:, untouched])


def test_it_is_the_plain_loan_where_the_other_never_defaults() -> None:
    document = pair().model_dump(by_alias=True)
    parties = document["parties"] | {"parent": {}, "other": {}}
    safe = Deal.model_validate(document | {"parties": parties})
    untied = Deal.model_validate(pair(()).model_dump(by_alias=True) | {"parties": parties})
    tied = set_up(safe, "loan", on()).run(paths=1, threads=1)
    sister = set_up(safe, "sister", on()).run(paths=1, threads=1)
    never = sister.outcomes[k.DEFAULT_MONTH] >= sister.facility.plan.months
    alone = set_up(untied, "loan", on()).run(paths=1, threads=1)
    assert never.any()
    assert np.array_equal(tied.outcomes[:, never], alone.outcomes[:, never])


def test_two_loans_tied_to_each_other_default_together() -> None:
    given_deal = pair(back=({"contract": "loan"},))
    runs = [set_up(given_deal, name, on()).run(paths=1, threads=1) for name in ("loan", "sister")]
    first, second = (run.outcomes[k.DEFAULT_MONTH] for run in runs)
    months = runs[0].facility.plan.months
    both = (first < months) & (second < months)
    assert (first == second)[both].mean() > 0.95  # one may be repaid, or not drawn yet, when the other defaults
    assert (runs[0].outcomes[k.CROSS_CALLED] + runs[1].outcomes[k.CROSS_CALLED])[both].max() == 1.0


def test_values_by_party_know_the_call() -> None:
    """What the joint losses of a deal rest on: the lender has on every path what the two runs give it."""
    of, how = pair(), Settings(paths=1, seed=1, threads=1)
    runs = [set_up(of, name, on(0.5)).run(paths=1, seed=1, threads=1) for name in ("loan", "sister")]
    assert runs[0].outcomes[k.CROSS_CALLED].mean() > 0.05
    np.testing.assert_allclose(party_values(of, on(0.5), how).of("bank"), runs[0].net + runs[1].net, rtol=1e-9, atol=1e-3)


def test_small_defaults_do_not_count() -> None:
    tied = set_up(pair(({"contract": "sister", "threshold_usd": 1e12},)), "loan", on()).run(paths=1, threads=1)
    alone = set_up(pair(()), "loan", on()).run(paths=1, threads=1)
    assert np.array_equal(tied.outcomes, alone.outcomes)


def test_statements_and_tables_say_so() -> None:
    tied = set_up(pair(), "loan", on())
    run = tied.run(paths=1, threads=1)
    ledger = Ledger(run.facility.postings, run.facility.dates, run.mean_ledger, run)
    path = int(np.argmax(run.outcomes[k.CROSS_CALLED]))
    frame = ledger.covenants(path=path)
    called = frame.filter(frame["verdict"] == "called")
    assert called["covenant"].to_list() == ["cross-default: sister"]
    assert called["date"][0] == run.facility.dates[int(run.outcomes[k.DEFAULT_MONTH, path])]
    said = ledger.statement(party="bank", path=path)
    assert "cross_default" in said["reason"].to_list()
    odds = facility_rows(tied, run, on(), wanted=frozenset({"cross_default_probability"}), threads=1)[0]
    assert odds.value == pytest.approx(run.outcomes[k.CROSS_CALLED].mean())


@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1), st.integers(0, 30))
def test_an_earlier_call_is_an_earlier_event_of_default(seed: int, month: int) -> None:
    facility = setup().facility
    given_drivers = rough_drivers(facility, seed)
    paths = given_drivers.ratio.shape[1]

    def rolled(at: int) -> np.ndarray:
        return roll_reduced(facility.plan, given_drivers, Events(np.full(paths, NEVER), np.full(paths, at)))[1]

    early, late, never = (rolled(at)[k.DEFAULT_MONTH] for at in (month, month + 5, NEVER))
    assert (early <= late).all()
    assert (late <= never).all()


def test_what_cannot_be_tied_is_refused() -> None:
    assert linked(pair(), "loan") == ("sister",)
    assert linked(pair(back=({"contract": "loan"},)), "loan") == ("sister",)
    for crosses, words in (
        (({"contract": "nothing"},), "no such contract"),
        (({"contract": "loan"},), "tied to other loans"),
        (({"contract": "sister"}, {"contract": "sister"}), "each of them once"),
        (({"contract": "offtake"},), "no project facility"),
    ):
        with pytest.raises(TermsError, match=words):
            pair(crosses)
    with pytest.raises(TermsError, match="may be prepaid by choice"):
        pair((), ({"contract": "loan"},), prepayment={"first": dt.date(2027, 1, 31)})
