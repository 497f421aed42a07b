"""One world for contracts of months and of days: the same defaults and shocks on every path, every marginal kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from curves import Market, survival_curve
from instruments import Deal, Milestone, Party, StagedEquity
from instruments.conditions import PriceTarget
from instruments.contracts.coupons import FloatingCoupon
from instruments.contracts.margin_loan import MarginLoan
from instruments.ground.tolerances import MC_SIGMAS
from pricing.engines.facility_run import set_up
from pricing.engines.margin_loan_simulation import simulate_margin_loan, simulated
from pricing.engines.staged_setup import prepare
from pricing.engines.staged_simulation import simulate_staged
from pricing.paths.deal_world import Shared, own_normals
from pricing.paths.facility import random_numbers, shocks_of
from pricing.paths.month_days import month_days, simulate_in_deal
from pricing.paths.streams import BLOCK
from pricing.registry import Settings, Task
from pricing.risk.party_values import PartyValues, facility_values, party_values
from pricing.schedules.grid import month_ends
from pricing.schedules.margin_loan import resolve_margin_loan
from pricing.schedules.plan import NEVER
from tests import facilities, staged
from tests.facilities import AS_OF
from tests.warrants import price_leg

SHARE, PARENT = "equity:PAR", "credit:PARENT"


def on(**changes: Any) -> Market:
    tables: dict[str, Any] = {
        "equity": {"PAR": {"spot_usd": 100.0, "volatility": 0.6}},
        "milestones": {"sites": {"clock_volatility": 0.3}},
        "correlation": {
            "rent:GPU|credit:PARENT": 0.5, "credit:PAYER|credit:PARENT": 0.3, f"{SHARE}|rent:GPU": 0.6, f"{SHARE}|{PARENT}": 0.5,
            f"{SHARE}|milestone:sites": 0.3,
        },
    }  # fmt: skip
    return facilities.market(**(tables | changes))


def margin_loan() -> MarginLoan:
    return MarginLoan(
        lender="broker", borrower="parent", underlying=SHARE, shares=1e6, amount_usd=6e7, coupon=FloatingCoupon(spread=0.05),
        interest_months=3, maturity=dt.date(2027, 5, 14),
    )  # fmt: skip


def mixed(*, daily_stage: bool = False, **terms: Any) -> Deal:
    """A facility on the parent's fleet, a margin loan on the parent's shares, and a commitment to buy some."""
    base = facilities.deal(**terms)
    trigger = staged.tranche(1.0) if not daily_stage else staged.tranche(None, condition=_target())
    stake = StagedEquity(investor="maker", issuer="parent", underlying=SHARE, end=dt.date(2027, 3, 31), tranches=(trigger,))
    parties = {**base.parties, "parent": Party(credit=PARENT, equity=SHARE), "broker": Party()}
    stones = {"sites": Milestone(unit="GW", plan={dt.date(2026, 10, 31): 1.0})}
    return base.evolve(parties=parties, contracts={**base.contracts, "margin": margin_loan(), "stake": stake}, milestones=stones)


def _target() -> PriceTarget:
    return price_leg(110.0, of=SHARE)


@lru_cache(maxsize=4)
def worlds(seed: int = 1) -> tuple[Any, ...]:
    deal, market = mixed(), on()
    plan = resolve_margin_loan(deal, margin_loan(), market, "margin")
    setup = set_up(deal, "loan", market)
    return plan, simulate_in_deal(plan.drivers, plan.days, seed, 0), setup, shocks_of(setup.model, seed, 0)


def test_a_credit_of_both_kinds_fails_in_the_same_month_on_every_path() -> None:
    plan, world, setup, shocks = worlds()
    day = world.defaulted[PARENT]
    months = shocks.months[setup.model.credits.index(PARENT)]
    ends = [date.toordinal() for date in month_ends(AS_OF, len(setup.model.years))]
    grid = plan.drivers.grid.ordinals
    compared = 0
    for index, end in enumerate(ends):
        last = int(np.searchsorted(grid, end))
        if last < len(grid) and grid[last] == end:
            assert ((months <= index) == (day <= last)).all()
            compared += 1
        elif last < len(grid):  # the month ends on a weekend: the day after may be the next month's
            assert (day[months <= index] <= last).all()
    assert compared > 5
    assert 0.05 < (months < NEVER).mean() < 0.5


def test_month_ends_are_reached_by_the_same_shocks() -> None:
    """A share over a month has moved by its month's shock; so has what a rent in the same month is correlated with."""
    plan, world, _, _ = worlds()
    days = plan.days
    ends, offsets = days.months(int(plan.drivers.grid.ordinals[-1]))
    shocks = own_normals((SHARE,), Shared(days.keys, days.correlation), len(ends), 1, 0)[0]
    at = plan.drivers.grid.ordinals - AS_OF.toordinal()
    both = [month for month, offset in enumerate(offsets) if offset in at]
    assert len(both) > 5
    for month in both:
        path = np.log(world.closes[SHARE][int(np.searchsorted(at, offsets[month]))] / 100.0)
        drift = (0.04 - 0.5 * 0.6**2) * offsets[month] / 365.0
        lengths = np.diff(offsets[: month + 1], prepend=0) / 365.0
        assert np.abs(path - drift - 0.6 * (np.sqrt(lengths)[:, None] * shocks[: month + 1]).sum(axis=0)).max() < 1e-9


def test_daily_shocks_are_independent_normals_correlated_as_the_market_says() -> None:
    plan, _, _, _ = worlds()
    found = plan.days.normals(plan.drivers.grid, plan.drivers.keys, 1, 0)
    keys = plan.drivers.keys
    days = found.transpose(1, 0, 2)
    assert np.abs(found.mean(axis=2)).max() < 5.0 / np.sqrt(BLOCK)
    assert np.abs(found.std(axis=2) - 1.0).max() < 5.0 / np.sqrt(2 * BLOCK)
    share, credit = keys.index(SHARE), keys.index(PARENT)
    tie = (days[:, share] * days[:, credit]).mean()
    assert tie == pytest.approx(0.5, abs=5.0 / np.sqrt(found[0].size))
    for lag in (1, 2, 20):
        for one in (share, credit):
            assert abs((days[lag:, one] * days[:-lag, one]).mean()) < 5.0 / np.sqrt(found[0].size)


def test_survival_is_the_curve_s_on_every_day_and_month() -> None:
    blocks = range(3)
    plan, _, setup, _ = worlds()
    grid = plan.drivers.grid
    daily = np.concatenate([simulate_in_deal(plan.drivers, plan.days, 1, block).defaulted[PARENT] for block in blocks])
    at = setup.model.credits.index(PARENT)
    monthly = np.concatenate([shocks_of(setup.model, 1, block).months[at] for block in blocks])
    for when, found in ((grid.times, daily), (setup.model.years, monthly)):
        curve = survival_curve(on(), PARENT).survival(when)
        alive = np.array([(found > index).mean() for index in range(len(when))])
        error = np.sqrt(curve * (1.0 - curve) / daily.size)
        assert (np.abs(alive - curve) <= MC_SIGMAS * error + 1e-12).all()


def runs(deal: Deal, market: Market, seed: int) -> dict[str, np.ndarray]:
    """Present values by path of whoever has money in a contract."""
    found: dict[str, np.ndarray] = {}
    for name, party, roll in (("margin", "broker", simulate_margin_loan), ("stake", "maker", simulate_staged)):
        if name in deal.contracts:
            task = Task(
                deal=deal, contract_id=name, contract=deal.contracts[name], market=market, settings=Settings(paths=2 * BLOCK, seed=seed)
            )
            found[name] = roll(task).of(party)
    if "loan" in deal.contracts:
        setup = set_up(deal, "loan", market)
        values = facility_values(setup, Settings(paths=2 * BLOCK, seed=seed))
        found["loan"] = values[setup.facility.postings.parties().index("bank")]
    return found


def test_values_are_those_of_the_contracts_alone() -> None:
    """The world is shared, each contract's law is not touched: values alone lie within their errors."""
    deal, market = mixed(), on()
    together = runs(deal, market, 0)
    for names in (("margin",), ("stake",), ("loan", "offtake", "support")):
        alone = deal.evolve(contracts={name: deal.contracts[name] for name in names})
        assert month_days(alone, market) is None
        one, two = together[names[0]], runs(alone, market, 7)[names[0]]
        error = np.hypot(one.std(ddof=1), two.std(ddof=1)) / np.sqrt(one.size)
        assert abs(one.mean() - two.mean()) < MC_SIGMAS * error


def test_losses_of_both_kinds_come_together() -> None:
    """A lender to the fleet and a lender against the parent's shares, nothing else in common: they lose on the paths on which it fails."""
    stays = {"odds": 0.0, "delay_months": 3, "interim_share": 0.6, "cost_usd_per_unit": 1000.0, "cost_uplift": 0.1}
    deal, market = mixed(offtake={"substitute": stays}), on(correlation={})
    found = party_values(deal, market, Settings(paths=1, seed=3))
    loose = party_values(deal, market, Settings(paths=1, seed=3), apart=True)

    def tie(values: PartyValues) -> float:
        low = values.of("broker") < 0.99 * np.median(values.of("broker"))
        return float(np.corrcoef(low, values.of("bank"))[0, 1])

    assert abs(tie(loose)) < 5.0 / np.sqrt(BLOCK)
    assert tie(found) < -0.1


@settings(max_examples=4)
@given(seed=st.integers(0, 1000), hazard=st.sampled_from([0.0, 0.02, 0.3, 4.0]), daily_stage=st.booleans())
def test_the_same_month_and_bytes_for_any_hazard_and_contract(seed: int, hazard: float, daily_stage: bool) -> None:
    """Whatever the curve: the commitment, the margin loan and the facility agree about the parent; twice is the same."""
    market = on(credit={"PAYER": {"kind": "hazard", "hazard": 0.02}, "PARENT": {"kind": "hazard", "hazard": hazard}})
    deal = mixed(daily_stage=daily_stage)
    setup = set_up(deal, "loan", market)
    months = shocks_of(setup.model, seed, 0).months[setup.model.credits.index(PARENT)]
    task = Task(deal=deal, contract_id="stake", contract=deal.contracts["stake"], market=market, settings=Settings(seed=seed))
    run = prepare(task)
    world = simulate_in_deal(run.drivers, run.days, seed, 0)
    again = simulate_in_deal(run.drivers, run.days, seed, 0)
    assert all((world.closes[key] == again.closes[key]).all() for key in world.closes)
    grid, ends = run.drivers.grid, month_ends(AS_OF, len(setup.model.years))
    for index, end in enumerate(ends):
        if end in grid.dates:
            assert ((months <= index) == (world.defaulted[PARENT] <= grid.dates.index(end))).all()
    if hazard == 0.0:
        assert (months == NEVER).all()


def test_one_kind_alone_draws_what_it_drew() -> None:
    deal, market = facilities.deal(), on()
    assert month_days(deal, market) is None
    model = set_up(deal, "loan", market).model
    normals, _ = random_numbers(model, 1, 0)
    assert model.days is None
    assert (random_numbers(set_up(mixed(), "loan", market).model, 1, 0)[0] == normals).all(), "months lead: days never move them"
    belief = {"intensity": 0.5, "jump_volatility": 0.1, "jumps": {SHARE: -0.2}}
    assert month_days(mixed(), on(belief=belief)) is None


def test_any_number_of_workers_gives_the_same_bytes() -> None:
    deal, market = mixed(), on()
    task = Task(deal=deal, contract_id="margin", contract=deal.contracts["margin"], market=market, settings=Settings(paths=2 * BLOCK))
    one, two = (simulated(task_with(task, threads))[1].present for threads in (1, 2))
    assert (one == two).all()


def task_with(task: Task, threads: int) -> Task:
    return replace(task, settings=replace(task.settings, threads=threads))
