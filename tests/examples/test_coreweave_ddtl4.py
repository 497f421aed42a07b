"""The DDTL 4.0 example: its stored result, what it says of itself, and its seasoned version."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from curves import Market, Move, Quote, Scenario, ShortRate, load_market, short_rate
from instruments import Basis, Deal, Loan, load_deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, MC_SIGMAS
from instruments.variants import variants_of
from pricing import named_scenarios, simulate
from pricing.engines.facility_run import FacilityRun, Setup, planned_run, set_up
from pricing.ledger import facility as k
from pricing.ledger.checks import check_ledger
from pricing.scenario_events import after
from pricing.simulation import Simulation
from tests.stored import words

FOLDER = Path(__file__).parents[2] / "examples" / "coreweave_ddtl4"
PATHS = 8192
ERRORS_ALLOWED = 0.05
"""Of a standard error: another libm may move a default by a month on a few paths."""


@pytest.fixture(scope="module")
def deal() -> Deal:
    return load_deal(FOLDER)


@pytest.fixture(scope="module")
def market() -> Market:
    return load_market(FOLDER / "market.toml")


@pytest.fixture(scope="module")
def found(deal: Deal, market: Market) -> Simulation:
    return simulate(deal, market, paths=PATHS)


@pytest.fixture(scope="module")
def base(deal: Deal, market: Market) -> Setup:
    return set_up(deal, "facility", market)


def test_the_stored_result_comes_out_again(found: Simulation) -> None:
    fresh = json.loads(found.to_json())
    stored = json.loads((FOLDER / "expected.json").read_text())
    assert stored["audit"] == fresh["audit"] | {"versions": stored["audit"]["versions"]}
    assert stored["warnings"] == fresh["warnings"]
    scale = 8.5e9
    for old, new in zip(stored["results"], fresh["results"], strict=True):
        assert words(old) == words(new)
        allowed = 1.0 if old.get("quantile") else ERRORS_ALLOWED  # one path on the other side moves an order statistic by a rank
        slack = allowed * (old["standard_error"] or 0.0) + 1e-3 * abs(old["value"]) + 1e-15 * scale
        assert new["value"] == pytest.approx(old["value"], abs=slack)


def test_both_reported_sizes_imply_one_cost(deal: Deal, found: Simulation) -> None:
    loan, fleet = deal.contracts["facility"], deal.assets["fleet"]
    assert isinstance(loan, Loan)
    costs = [row.value for row in found.rows if row.measure == "implied_cost"]
    assert costs[0] == pytest.approx(7.5e9 / 0.90)
    assert costs[1] == pytest.approx(8.5e9 / 1.02)
    assert costs[0] == pytest.approx(costs[1], rel=1e-4)  # 102.0 % is a rounded number
    assert fleet.cost_usd == pytest.approx(costs[0], rel=1e-9)
    assert sum(c.cost_usd for c in fleet.cohorts[:3]) * 0.90 == pytest.approx(2.837e9, rel=1e-9)


def test_the_filed_terms_are_there(deal: Deal) -> None:
    loan = deal.contracts["facility"]
    assert isinstance(loan, Loan)
    assert loan.draws is not None
    assert loan.maintenance is not None
    assert loan.floating is not None
    assert loan.hedge is not None
    assert (loan.floating.margin, loan.hedge.share, loan.draws.undrawn_fee) == (0.0225, 0.95, 0.005)
    assert (loan.draws.sizing_dscr, loan.maintenance.threshold, loan.maintenance.months) == (1.20, 1.15, 3)
    assert loan.floating.share * loan.commitment_usd == pytest.approx(4.5e9)
    order = (
        "operating_costs",
        "fees",
        "interest",
        "principal",
        "liquidity_reserve",
        "power_reserve",
        "cash_trap",
        "subordinated",
        "distributions",
    )
    assert loan.waterfall == order
    assert loan.waterfall.index("cash_trap") == 6
    assert (loan.maturity.isoformat(), loan.draws.window_end.isoformat()) == ("2032-03-31", "2027-06-30")


def test_what_is_not_public_is_assumed_with_what_it_could_be(deal: Deal) -> None:
    for path in (
        "assets.fleet.cohorts.0.units", "contracts.offtake.price_usd_per_hour", "contracts.offtake.substitute.odds",
        "contracts.facility.enforcement", "contracts.bad_acts.bad_act_odds",
    ):  # fmt: skip
        entry = deal.provenance.of(path)
        assert entry.basis is Basis.ASSUMED
        assert entry.range or entry.alternatives
    assert len(variants_of(deal)) > 40


def test_coverage_is_sized_and_averages_what_is_reported(base: Setup) -> None:
    states = planned_run(base.facility).states[:, :, 0]
    paying = slice(base.facility.plan.window + 1, base.facility.plan.maturity)
    ratio = states[paying, k.CFADS] / states[paying, k.SERVICE]
    assert ratio.min() >= 1.20
    assert ratio.mean() == pytest.approx(1.26, abs=0.01)  # the reported average has two decimals
    assert states[-1, k.DRAWN] == pytest.approx(8.5e9, rel=1e-9)


def test_a_loan_to_the_vehicle_is_far_better_than_its_operators_credit(found: Simulation) -> None:
    def margin(part: str | None, method: str) -> float:
        return next(r.value for r in found.rows if (r.measure, r.part, r.method) == ("fair_margin", part, method)) or 0.0

    simulated, naive = margin(None, "simulation"), margin("on the operator's credit", "schedule")
    assert margin("both cut", "simulation") < margin("operator cut", "simulation") < simulated < 0.0225
    assert margin("both cut", "simulation") < margin("customer cut", "simulation") < simulated
    assert naive > 0.04


def test_the_ledger_of_any_path_holds(found: Simulation) -> None:
    run = found.runs[0]
    worst = int(np.argmax(found.losses))
    for path in (0, worst, PATHS - 1):
        drivers, rolled = run.replay(path)
        assert max(c.relative for c in check_ledger(run.facility.plan, drivers, rolled)) <= CASH_CONSERVATION_ABS
    assert found.losses[worst] > 0.0


def test_the_seasoned_facility_prices_with_the_new_one(found: Simulation, market: Market) -> None:
    seasoned = load_deal(FOLDER / "deal.seasoned.toml")
    place = seasoned.position.facilities["facility"]
    assert place.floating_usd + place.fixed_usd == 2.837e9
    old = simulate(seasoned, load_market(FOLDER / "market.seasoned.toml"), paths=PATHS)

    def of(simulation: Simulation) -> tuple[float, float]:
        row = next(r for r in simulation.rows if r.measure == "fair_margin" and r.part is None)
        return row.value or 0.0, row.standard_error or 0.0

    (new_margin, new_error), (old_margin, old_error) = of(found), of(old)
    # three months on, less floating than planned, and a default in the first three months can no longer come: some basis points
    assert abs(new_margin - old_margin) <= MC_SIGMAS * np.hypot(new_error, old_error) + 0.0010


@pytest.mark.parametrize(
    ("field", "amount", "step_m", "error_m"),
    [
        ("volatility", 0.009, -3.4, 0.7), ("volatility", 0.006, -2.5, 0.5), ("volatility", 0.012, -3.0, 0.9),
        ("rates:USD-SOFR|credit:CRWV", 0.0, -0.4, 0.7), ("rates:USD-SOFR|credit:CRWV", -0.3, 4.1, 0.7),
        ("rates:USD-SOFR|credit:CRWV", 0.5, -7.8, 0.7),
    ],
)  # fmt: skip
def test_what_rates_that_move_do_is_what_the_readme_says(
    deal: Deal, market: Market, base: Setup, field: str, amount: float, step_m: float, error_m: float
) -> None:
    """On the first quarter of the paths of the page: its numbers within the errors of both."""
    moving = load_market(FOLDER / "market.rates.toml")
    key = field if "|" in field else "rates:USD-SOFR"
    move = Move(key=key, field="" if "|" in field else field, kind="set", amount=amount)
    there = set_up(deal, "facility", Scenario(label="rates", moves=(move,)).apply(moving)).run(paths=PATHS)
    step = (there.net - base.run(paths=PATHS).net) / 1e6
    error = float(step.std(ddof=1)) / np.sqrt(step.size)
    assert error / 2.0 == pytest.approx(error_m, rel=0.15)
    assert abs(float(step.mean()) - step_m) <= 2.0 * error + 0.05  # a quarter of the paths: what is left is three quarters of the variance
    text = (FOLDER / "README.md").read_text()
    assert f"{abs(step_m)} ± {error_m} m" in text


def test_the_market_with_rates_is_the_market_with_a_short_rate(market: Market) -> None:
    moving = load_market(FOLDER / "market.rates.toml")
    assert short_rate(moving, "rates:USD-SOFR") == ShortRate("rates:USD-SOFR", 0.009, 0.05)
    still = moving.rates["USD-SOFR"].evolve(volatility=Quote(value=0.0), mean_reversion=Quote(value=0.0))
    kept = {pair: quote for pair, quote in moving.correlation.items() if "rates:" not in pair}
    assert moving.evolve(rates={"USD-SOFR": still}, correlation=kept) == market


def test_a_vendors_default_is_worth_its_default_interest(deal: Deal, market: Market) -> None:
    """Why the scenario raises the lenders' value, on the ledger: pinned by taking the default margin, then the late draws, away."""
    (scenario,) = named_scenarios("vendor default", deal, market)
    assert after(deal, market, scenario)[0].parties == deal.parties  # the vendor owes nothing but hardware: it has no credit to fail
    loan = deal.contracts["facility"]
    assert isinstance(loan, Loan)
    assert loan.enforcement is not None
    assert loan.draws is not None

    def both(of: Loan) -> tuple[FacilityRun, FacilityRun]:
        given = deal.evolve(contracts={**deal.contracts, "facility": of})
        return tuple(set_up(one, "facility", on).run(paths=PATHS) for one, on in ((given, market), after(given, market, scenario)))  # type: ignore[return-value]

    base, late = both(loan)
    plain, plain_late = both(loan.evolve(enforcement=loan.enforcement.evolve(default_margin=0.0)))
    level, level_late = both(loan.evolve(draws=loan.draws.evolve(after_acceptance=loan.draws.at_funding)))

    def gain(first: FacilityRun, second: FacilityRun) -> tuple[float, float]:
        moved = second.net - first.net
        return float(moved.mean()), float(moved.std(ddof=1) / np.sqrt(moved.size))

    raised, error = gain(base, late)
    assert raised > MC_SIGMAS * error
    lowered, error = gain(plain, plain_late)
    assert lowered < -MC_SIGMAS * error
    # paths that default because of the delay alone lose nothing: the gain there is interest
    months = base.facility.plan.months
    only = (base.outcomes[k.DEFAULT_MONTH] >= months) & (late.outcomes[k.DEFAULT_MONTH] < months)
    assert 0.5 < only.mean() < 0.6
    assert late.outcomes[k.SHORTFALL_DISCOUNTED][only].max() <= 1.0
    assert ((late.net - plain_late.net)[only] > 0.0).all()
    # the page
    page = " ".join((FOLDER / "README.md").read_text(encoding="utf-8").split())

    def billions(run: FacilityRun) -> str:
        return f"{run.value / 1e9:.2f}"

    def odds(run: FacilityRun) -> str:
        return f"{100 * (run.outcomes[k.DEFAULT_MONTH] < months).mean():.0f} %"

    lent, lost = ([float(run.outcomes[of].mean()) for run in (base, late)] for of in (k.PAID_IN, k.SHORTFALL_DISCOUNTED))
    for said in (
        f"from {billions(base)} to {billions(late)} bn USD",
        f"on {odds(late)} of the paths instead of {odds(base)}",
        f"from {billions(plain)} to {billions(plain_late)} bn",
        f"{lent[1] / 1e9:.1f} bn is lent instead of {lent[0] / 1e9:.1f} bn",
        f"write off {lost[1] / 1e6:.0f} m instead of {lost[0] / 1e6:.0f} m",
        f"the gain is {gain(level, level_late)[0] / 1e6:.0f} m instead of {raised / 1e6:.0f} m",
    ):
        assert said in page, said
