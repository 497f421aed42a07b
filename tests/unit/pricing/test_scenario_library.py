from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from curves import Market, Scenario, load_market, market_keys, rent_curve, standard_scenarios
from curves.scenarios import Template, library, with_early_launch
from instruments import Deal, Loan, StagedEquity, load_deal
from instruments.deal import Role
from instruments.events import EarlyLaunch, LateAcceptance, LateStart, RefinancingShut, Withdrawal
from instruments.ground.errors import InputError, PricingError
from pricing import named_scenarios, price, simulate, stress
from pricing.scenario_events import after, default_scenarios
from pricing.scenario_library import written, written_out
from tests import facilities, leases, rent_derivatives, staged

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
FOLDERS = sorted(path.parent.name for path in EXAMPLES.glob("*/deal.toml"))
NAMED = (
    "launch a year early", "rents as in 2024-25", "rents as in 2026", "export ban", "power spike", "customer default", "operator default",
    "vendor default", "letter withdrawn", "belief collapse", "index restated", "delayed acceptance", "refinancing shut", "all together",
)  # fmt: skip
ROLES = {"bank": "lender", "spv": "borrower", "parent": "operator", "payer": "customer", "maker": "vendor"}


@lru_cache
def example(name: str) -> tuple[Deal, Market]:
    return load_deal(EXAMPLES / name), load_market(EXAMPLES / name)


def small(**changes: object) -> Deal:
    """The small facility, its parties in their roles."""
    given = facilities.deal(**changes)
    return given.evolve(parties={name: party.evolve(roles=[ROLES[name]]) for name, party in given.parties.items()})


def test_the_named_entries_are_there_each_with_a_source_and_its_confidence() -> None:
    entries = {template.label: template for template in library()}
    assert set(NAMED) <= set(entries)
    assert len(entries) == len(library())
    assert all(template.source and template.why for template in library())
    assert {happening.role for template in library() for happening in template.happenings} - {""} <= set(get_args(Role))
    assert set(entries["all together"].together) >= set(NAMED) - {"all together", "rents as in 2026"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_entry_applies_to_every_example_or_says_what_is_missing(folder: str) -> None:
    deal, market = example(folder)
    found = written("library", deal, market)
    applied = {scenario.label for scenario in found.scenarios}
    for scenario in found.scenarios:
        assert scenario.basis is not None
        changed, moved = after(deal, market, scenario)
        assert (changed, moved) != (deal, market), scenario.label
    text = " ".join(found.notes)
    assert all(template.label in applied or f"'{template.label}'" in text for template in library())
    assert "all together" in applied


@pytest.mark.parametrize("label", NAMED)
def test_every_named_entry_finds_something_in_some_example(label: str) -> None:
    assert any(label in {scenario.label for scenario in written("library", *example(folder)).scenarios} for folder in FOLDERS)


def test_sets_and_names() -> None:
    deal, market = small(), facilities.market()
    assert named_scenarios("standard", deal, market) == standard_scenarios(market)
    assert named_scenarios("defaults", deal, market) == default_scenarios(deal, market)
    assert [found.label for found in named_scenarios(["power spike", "export ban"], deal, market)] == ["power spike", "export ban"]
    with pytest.raises(InputError, match="no such scenario in the library; did you mean power spike"):
        named_scenarios("power spikes", deal, market)
    with pytest.raises(InputError, match=r"no rent:H100\* in the market"):
        named_scenarios("index restated", deal, market)


def test_a_scenario_that_leaves_every_value_is_named() -> None:
    deal, market = rent_derivatives.deal(swap=rent_derivatives.swap()), rent_derivatives.market()
    keys = set(market_keys(market))
    assert "power:US" not in keys
    lit = market.evolve(power={"US": {"kind": "thin_power", "usd_per_kwh": 0.09}})
    report = stress(deal, lit, scenarios=["power spike", "letter withdrawn", "rates +100 bp"], laws=[], paths=1)
    assert report.warnings == (
        "nothing in this deal for 'letter withdrawn': no staged equity",
        "scenario 'power spike' leaves every value of this deal as it is",
    )
    assert {row.scenario for row in report.rows} == {"base", "power spike", "rates +100 bp"}


# what each entry says, on a deal where the direction is a law


def test_rents_move_the_future_in_proportion() -> None:
    deal = rent_derivatives.deal(future=rent_derivatives.future(month="2027-01", price=1e-9))
    market = rent_derivatives.plain(0.3)
    worth = {row.scenario: row.value for row in rows(deal, market, "rents as in 2024-25", "rents as in 2026", "index restated")}
    base = worth["base"]
    assert worth["rents as in 2024-25"] == pytest.approx(0.547 * base, rel=1e-6)
    assert worth["rents as in 2026"] == pytest.approx(1.38 * base, rel=1e-6)
    assert worth["index restated"] == pytest.approx(0.95 * base, rel=1e-6)


def rows(deal: Deal, market: Market, *labels: str, paths: int = 4096) -> list:
    report = stress(deal, market, scenarios=labels, laws=[], paths=paths)
    assert not report.failures
    party = report.rows[0].party
    return [row for row in report.rows if row.party == party]


LAUNCH = {"expected": dt.date(2027, 10, 1), "jump_mean": -0.3, "jump_volatility": 0.1}
TWO = {
    "kind": "two_factor", "index": "t", "spot_usd_per_hour": 2.4, "mean_reversion": 1.0, "short_volatility": 0.2, "long_volatility": 0.2,
    "launches": {"next": LAUNCH, "later": LAUNCH | {"expected": dt.date(2029, 1, 1)}},
}  # fmt: skip


def launched(block: dict[str, object]) -> tuple[Market, Market]:
    tables = {"rates": {"X": {"kind": "flat", "rate": 0.04}}, "rent": {"H100": block}}
    market = Market.model_validate({"as_of": dt.date(2026, 3, 31)} | tables)
    return market, with_early_launch(market, EarlyLaunch(key="rent:H100", years=1.0, jump=-0.22))


@pytest.mark.parametrize("quotes", [{}, {"forwards": {"6M": 2.2, "1Y": 2.0, "2Y": 1.5, "3Y": 1.1}}])
def test_an_early_launch_takes_its_jump_between_the_two_dates_and_nothing_elsewhere(quotes: dict[str, object]) -> None:
    base, moved = launched(TWO | quotes)
    assert moved.rent["H100"].launches["next"].expected == dt.date(2026, 10, 1)
    assert moved.rent["H100"].launches["later"] == base.rent["H100"].launches["later"]
    was, now = (rent_curve(market, "rent:H100") for market in (base, moved))
    at = np.array([0.2, 0.45, 0.75, 1.0, 1.4, 1.6, 2.5, 4.0])
    between = (at > 184 / 365) & (at < 549 / 365)
    step = np.exp(-0.3 + 0.5 * 0.1**2)  # the mean of the jump
    assert now.model_forward(at) / was.model_forward(at) == pytest.approx(np.where(between, step, 1.0), rel=1e-12)
    if quotes:
        nodes = np.array([0.5013698630136986, 1.0, 2.0027397260273974, 3.0027397260273974])  # 6M, 1Y, 2Y, 3Y
        assert now.forward(nodes) / was.forward(nodes) == pytest.approx(np.where([False, True, False, False], step, 1.0), rel=1e-9)
    assert (now.forward(at) <= was.forward(at) * (1 + 1e-12)).all()


def test_an_early_launch_lowers_term_rates_by_its_share_of_the_term() -> None:
    base, moved = launched(TWO | {"terms": {"3M": 2.35, "1Y": 2.2, "3Y": 1.9}})
    before, after_it = (market.rent["H100"].terms for market in (base, moved))
    assert after_it["3M"].value == before["3M"].value
    # of the first year half is between the dates; of three years one: by hand on a level forward, within the slope of this one
    step = 1 - np.exp(-0.3 + 0.5 * 0.1**2)
    assert 1 - after_it["1Y"].value / before["1Y"].value == pytest.approx(step * 181 / 365, rel=0.05)
    assert 1 - after_it["3Y"].value / before["3Y"].value == pytest.approx(step / 3, rel=0.15)


def test_a_launch_never_comes_before_tomorrow_and_a_thin_curve_steps_whole() -> None:
    soon = TWO | {"launches": {"next": LAUNCH | {"expected": dt.date(2026, 6, 1)}}}
    assert launched(soon)[1].rent["H100"].launches["next"].expected == dt.date(2026, 4, 1)
    base, moved = launched({"kind": "thin_rent", "spot_usd_per_hour": 2.0, "growth": -0.1, "volatility": 0.3})
    assert moved.rent["H100"].spot_usd_per_hour.value == pytest.approx(2.0 * np.exp(-0.22))
    assert moved.rent["H100"].growth == base.rent["H100"].growth
    with pytest.raises(InputError, match="launches step rents and used prices"):
        with_early_launch(base, EarlyLaunch(key="rates:X", years=1.0, jump=-0.2))


def test_an_export_ban_and_a_power_spike_move_what_they_say() -> None:
    market = facilities.market(equity={"AMD": {"spot_usd": 100.0, "volatility": 0.5}})
    ban = named_scenarios("export ban", small(), market)[0].apply(market)
    assert ban.equity["AMD"].spot_usd.value == pytest.approx(93.0)
    assert ban.resale["GPU"].depth_units.value == pytest.approx(870.0)
    assert ban.resale["GPU"].new_usd == market.resale["GPU"].new_usd
    spike = named_scenarios("power spike", small(), market)[0].apply(market)
    assert spike.power["US"].usd_per_kwh.value == pytest.approx(0.08 * 1.64)


def test_belief_collapse_uses_the_markets_own_jumps_where_it_has_them() -> None:
    belief = {"intensity": 0.1, "jumps": {"rent:GPU": -0.9}}
    market = facilities.market(belief=belief)
    entry = next(template for template in library() if template.label == "belief collapse")
    own, plain = (written_out(entry, small(), at).apply(at) for at in (market, facilities.market()))
    assert own.rent["GPU"].spot_usd_per_hour.value == pytest.approx(3.0 * np.exp(-0.9))
    assert plain.rent["GPU"].spot_usd_per_hour.value == pytest.approx(3.0 * 0.547)
    assert own.resale == plain.resale
    assert own.credit == plain.credit


@lru_cache
def lender(label: str) -> tuple[float, float]:
    """Present value and expected loss rate of the small facility's lender."""
    deal, market = small(), facilities.market()
    given = Scenario(label="base") if label == "base" else named_scenarios(label, deal, market)[0]
    run = simulate(*after(deal, market, given), measures=["value", "expected_loss_rate"], paths=4096)
    own = [row for row in run.rows if row.contract == "loan" and row.part is None and row.party == "bank"]
    found = {row.measure: row.value or 0.0 for row in reversed(own)}  # the engine's own row comes before its second opinion
    return found["value"], found["expected_loss_rate"]


@pytest.mark.parametrize("label", ["customer default", "operator default", "belief collapse"])
def test_failures_and_a_broken_belief_cost_the_lender(label: str) -> None:
    assert lender(label)[0] < lender("base")[0]
    assert lender(label)[1] > lender("base")[1]


@pytest.mark.parametrize(
    "label", ["customer default", "operator default", "rents as in 2024-25", "export ban", "power spike", "belief collapse"]
)
def test_all_together_is_at_least_as_bad_for_the_lender(label: str) -> None:
    assert lender("all together")[0] <= lender(label)[0]
    assert lender("all together")[1] >= lender(label)[1]


def test_vendor_default_delays_what_was_still_to_come_and_fails_its_shares() -> None:
    fleet = {"cohorts": [
        {"label": "a", "units": 400.0, "cost_usd": 20e6, "funding": dt.date(2026, 4, 30), "acceptance": dt.date(2026, 6, 30)},
        {"label": "b", "units": 600.0, "cost_usd": 30e6, "funding": dt.date(2026, 6, 30), "acceptance": dt.date(2027, 4, 30)},
    ]}  # fmt: skip
    deal, market = small(fleet=fleet), facilities.market()
    (fails,) = named_scenarios("vendor default", deal, market)
    assert fails.events == (LateAcceptance(asset="fleet", months=12, after=dt.date(2027, 3, 31)),)
    cohorts = after(deal, market, fails)[0].assets["fleet"].cohorts
    assert [cohort.acceptance for cohort in cohorts] == [dt.date(2026, 6, 30), dt.date(2028, 4, 30)]
    assert [cohort.funding for cohort in cohorts] == [dt.date(2026, 4, 30), dt.date(2026, 6, 30)]


def test_delayed_acceptance_takes_months_of_rent() -> None:
    deal, market = small(offtake={"delay_odds_per_month": 0.0}), facilities.market(credit={
        "PAYER": {"kind": "hazard", "hazard": 0.0}, "PARENT": {"kind": "hazard", "hazard": 0.0}})  # fmt: skip
    (late,) = named_scenarios("delayed acceptance", deal, market)
    assert late.events == (LateAcceptance(asset="fleet", months=6),)
    changed, _ = after(deal, market, late)
    assert [cohort.acceptance for cohort in changed.assets["fleet"].cohorts] == [dt.date(2026, 12, 31), dt.date(2027, 2, 28)]
    months = []
    for each in (deal, changed):
        ledger = simulate(each, market, measures=["value"], paths=4096).by_party
        paid = ledger.filter((ledger["party"] == "payer") & (ledger["contract"] == "loan"))
        months.append(-float(paid["net"].sum()))
    units_hours = 1000.0 * 730.5 * 3.6 * 0.99 * 6
    assert months[0] - months[1] == pytest.approx(units_hours, rel=0.05)  # attrition of the units, and the days of a month


def test_a_lease_ahead_starts_later_and_one_that_runs_does_not() -> None:
    deal, market = leases.deal(), leases.market()
    (name,) = [name for name, contract in deal.contracts.items() if contract.kind == "lease"]
    late = Scenario(label="late", events=(LateStart(contract=name, months=6),))
    if deal.contracts[name].start > deal.as_of:
        assert after(deal, market, late)[0].contracts[name].start > deal.contracts[name].start
    running = deal.evolve(as_of=deal.contracts[name].start)
    with pytest.raises(PricingError, match="it started on"):
        after(running, market.evolve(as_of=running.as_of), late)


def test_a_letter_withdrawn_leaves_what_is_firm() -> None:
    deal, market = example("nvidia_three_designs")
    (gone,) = named_scenarios("letter withdrawn", deal, market)
    letters = [event.contract for event in gone.events if isinstance(event, Withdrawal)]
    changed, _ = after(deal, market, gone)
    for name in letters:
        contract = deal.contracts[name]
        assert isinstance(contract, StagedEquity)
        if all(tranche.standing != "firm" for tranche in contract.tranches):
            assert changed.contracts[name].end == deal.as_of + dt.timedelta(days=1)
    assert "letter" in letters


def test_a_mixed_commitment_keeps_its_firm_tranche_and_its_position() -> None:
    firm = staged.tranche(None, label="firm", standing="firm", condition={"kind": "date", "on": dt.date(2027, 1, 31)})
    deal = staged.deal(staged.tranche(1.0), firm)
    gone = Scenario(label="gone", events=(Withdrawal(contract=next(iter(deal.contracts))),))
    kept = after(deal, staged.market(), gone)[0].contracts
    assert [tranche.label for tranche in next(iter(kept.values())).tranches] == ["firm"]


def test_refinancing_that_is_shut_is_worth_nothing_less_to_the_borrower() -> None:
    deal, market = example("coreweave_notes")
    (shut,) = named_scenarios("refinancing shut", deal, market)
    assert shut.events == (RefinancingShut(contract="notes", until=market.as_of + dt.timedelta(days=730)),)
    changed, _ = after(deal, market, shut)
    loan = changed.contracts["notes"]
    assert isinstance(loan, Loan)
    assert loan.prepayment is not None
    assert loan.prepayment.first == shut.events[0].until
    option = {
        name: price(given, market, measures=["prepayment_option"], paths=4096).rows
        for name, given in {"base": deal, "shut": changed}.items()
    }
    values = {name: next(row.value for row in found if row.measure == "prepayment_option") for name, found in option.items()}
    assert 0.0 <= values["shut"] <= values["base"]
    forever = Scenario(label="never", events=(RefinancingShut(contract="notes", until=dt.date(2099, 1, 1)),))
    assert after(deal, market, forever)[0].contracts["notes"].prepayment.exercise == "never"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (LateAcceptance(asset="nobody", months=6), "no such asset"),
        (Withdrawal(contract="loan"), "only a staged equity commitment is withdrawn"),
        (RefinancingShut(contract="offtake", until=dt.date(2027, 1, 1)), "only a loan with a right to prepay"),
        (LateStart(contract="loan", months=1), "only a lease ahead of its start"),
        (Withdrawal(contract="nothing"), "no such contract"),
    ],
)
def test_an_event_that_cannot_happen_says_why(event: object, words: str) -> None:
    with pytest.raises(PricingError, match=words):
        after(small(), facilities.market(), Scenario(label="x", events=(event,)))


def test_an_entry_is_data_and_refuses_what_it_does_not_know() -> None:
    text = library()[0].model_dump_json()
    assert Template.model_validate_json(text) == library()[0]
    with pytest.raises(ValueError, match="Extra inputs"):
        Template.model_validate_json(text[:-1] + ', "sorce": ""}')
