"""A facility in a market whose belief can break: limits to the bit, marginals, and what demand, the window and spreads do."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from curves import Market
from instruments import Deal
from instruments.ground.errors import CalibrationError
from instruments.ground.tolerances import MC_SIGMAS
from pricing import simulate
from pricing.engines.facility_priced import priced
from pricing.engines.facility_run import Setup
from pricing.engines.refinancing import Refinancing
from pricing.ledger import facility as k
from pricing.mechanics.offtake_world import offtake_model, offtake_world
from pricing.paths.facility import drivers_of, shocks_of
from pricing.paths.lease import lease_paths
from pricing.paths.monthly_belief import MonthlyBelief
from pricing.schedules.offtake import resolve_offtake
from pricing.schedules.plan import NEVER
from tests.facilities import deal, market, plain_deal, setup

RENT, PAYER, PARENT = "rent:GPU", "credit:PAYER", "credit:PARENT"
HAZARDS = {"PAYER": {"kind": "hazard", "hazard": 0.12}, "PARENT": {"kind": "hazard", "hazard": 0.2}}


def breaking(**changes: Any) -> Market:
    """The small market with a belief that breaks every other year."""
    belief: dict[str, Any] = {
        "intensity": 0.5, "jumps": {RENT: -0.3}, "jump_volatility": 0.1, "defaults": {PARENT: 0.15}, "hazard_multiples": {PAYER: 3.0},
        "demand_kept": 0.7, "refinancing_shut_years": 1.0,
    }  # fmt: skip
    return market(credit=HAZARDS, belief=belief | changes)


def odds_error(odds: float, size: int) -> float:
    return MC_SIGMAS * float(np.sqrt(odds * (1 - odds) / size))


def test_a_belief_that_moves_nothing_gives_the_same_bits() -> None:
    still = breaking(jumps={"equity:AMD": -0.5}, defaults={}, hazard_multiples={PAYER: 1.0}, demand_kept=1.0, refinancing_shut_years=0.0)
    one, two = setup(on=market(credit=HAZARDS)), setup(on=still)
    assert two.model.belief is None
    assert one.run(paths=4096).outcomes.tobytes() == two.run(paths=4096).outcomes.tobytes()
    assert setup(on=breaking(intensity=0.0)).model.belief is None


def test_marginals_stay() -> None:
    model = setup(on=breaking()).model
    found = [shocks_of(model, 3, block) for block in range(4)]
    for t in (5, 17, 35):
        ratio = np.concatenate([one.ratio[t] for one in found])
        assert abs(float(ratio.mean()) - 1.0) <= MC_SIGMAS * float(ratio.std(ddof=1)) / np.sqrt(ratio.size)
        for index, key in enumerate(model.credits):
            dead = np.concatenate([one.months[index] <= t for one in found])
            odds = 1.0 - float(model.survival[index, t])
            assert abs(float(dead.mean()) - odds) <= odds_error(odds, dead.size), key
    # the spread of the rent is the quoted one: 0.4, of which jumps are a part
    log = np.log(np.concatenate([one.ratio[35] for one in found]))
    assert float(log.std()) == pytest.approx(0.4 * float(np.sqrt(model.years[35])), rel=0.02)


def test_breaks_tie_defaults_to_rents_and_to_each_other() -> None:
    def defaults(**tables: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Payer and parent by the last payment date, and ln of the rent then; no correlations."""
        model = setup(on=market(credit=HAZARDS, correlation={}, **tables)).model
        found = [shocks_of(model, 3, block) for block in range(4)]
        dead = [np.concatenate([one.months[model.credits.index(key)] <= 35 for one in found]) for key in (PAYER, PARENT)]
        return dead[0], dead[1], np.log(np.concatenate([one.ratio[35] for one in found]))

    def gap(one: np.ndarray, two: np.ndarray) -> float:
        return float((one & two).mean() - one.mean() * two.mean())

    payer, parent, rent = defaults(belief=breaking().belief)
    error = float(payer.std() * parent.std()) / np.sqrt(payer.size)
    assert gap(payer, parent) > MC_SIGMAS * error
    assert float(rent[payer].mean()) < float(rent[~payer].mean()) - 0.02
    assert abs(gap(*defaults()[:2])) <= MC_SIGMAS * error


def test_a_credit_that_is_cut_never_defaults() -> None:
    model = setup(on=breaking()).model.without(PAYER, PARENT)
    assert bool((shocks_of(model, 3, 0).months == NEVER).all())


def test_too_many_defaults_at_breaks_are_refused() -> None:
    with pytest.raises(CalibrationError, match="credit:PARENT"):
        setup(on=breaking(defaults={PARENT: 0.9})).run(paths=4096)
    with pytest.raises(CalibrationError, match="rent:GPU"):
        setup(on=breaking(jumps={RENT: -1.5}))


def test_every_contract_of_a_deal_sees_the_same_breaks() -> None:
    of, on = deal(), breaking()
    facility = setup(of, on).model
    default = lease_paths(facility, 5, 0).default
    drivers = drivers_of(facility, 5, 0)
    assert np.array_equal(default[PAYER], np.where(drivers.customer < NEVER, drivers.customer + 1, NEVER))
    alone = Deal.model_validate(of.model_dump(mode="python", by_alias=True) | {"contracts": {"offtake": of.contracts["offtake"]}})
    world = offtake_world(offtake_model(alone, resolve_offtake(alone, "offtake", on), on), 5, 0)
    both = 24
    one, two = np.minimum(world.operator - 1, both), np.minimum(drivers.operator, both)
    assert np.array_equal(one, two)
    forward = world.rent.forward[1:25, None]
    np.testing.assert_allclose(world.spot[1:25] / forward, shocks_of(facility, 5, 0).ratio[:24], rtol=1e-9)


def test_demand_is_what_let_capacity_earns() -> None:
    """No power cost: what is let again is paid in proportion to demand, path by path, whenever the lender's choice stays."""
    on, kept = breaking(demand_kept=1.0), breaking()
    whole, less = drivers_of(setup(on=on).model, 3, 0), drivers_of(setup(on=kept).model, 3, 0)
    demand = less.ratio / whole.ratio
    assert np.array_equal(less.linked, whole.linked)
    assert float(demand.min()) < 0.5
    assert float(demand.max()) == 1.0
    steps = np.unique(np.round(np.log(demand) / np.log(0.7), 9))
    np.testing.assert_allclose(steps, np.arange(steps.size), atol=1e-6)


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.9])
def test_less_demand_is_never_good_for_the_lender(kept: float) -> None:
    """On the mean: what defaults leave is let for less; the choice between letting and selling sees it."""
    full, less = (setup(on=breaking(demand_kept=part)).run(paths=8192) for part in (1.0, kept))
    step = less.net - full.net
    assert float(step.mean()) <= MC_SIGMAS * float(step.std(ddof=1)) / np.sqrt(step.size)
    assert float(less.mean_ledger[:, k.RELET].sum()) < float(full.mean_ledger[:, k.RELET].sum())


def balloon(**right: Any) -> Deal:
    """24 m USD due at once at maturity, with the right to refinance from three months before on."""
    first = {"first": dt.date(2027, 12, 31), "exercise": "first_date"} | right
    return plain_deal(
        amortisation={"kind": "bullet", "start": dt.date(2028, 3, 31)}, prepayment=first,
        offtake={"price_usd_per_hour": 800.0 / 730.5, "substitute": {"odds": 1.0, "delay_months": 3, "interim_share": 0.5,
                 "cost_usd_per_unit": 0.0}, "availability": 1.0, "delay_odds_per_month": 0.0},
    )  # fmt: skip


def safe(**changes: Any) -> Market:
    never = {"PAYER": {"kind": "hazard", "hazard": 0.0}, "PARENT": {"kind": "hazard", "hazard": 0.0}}
    belief = {"intensity": 0.5, "jumps": {"equity:AMD": -0.3}, "refinancing_shut_years": 1.0} | changes
    return market(credit=never, belief=belief)


def test_a_balloon_that_cannot_be_refinanced_defaults() -> None:
    """Nobody else fails: an event of default at maturity is a window that has been shut from the first date to the last."""
    found = priced(balloon(), "loan", safe(), 16_384, 0, 1)
    called = found.run.outcomes[k.DEFAULT_MONTH] == found.run.facility.plan.maturity - 1
    years = found.run.facility.times
    last = float(years[found.run.facility.plan.maturity - 2])
    # shut on every date: a break in the year before the last one, at most, that still holds on the first
    first = float(years[found.run.facility.plan.maturity - 4])
    share = 1.0 - np.exp(-0.5 * (1.0 - (last - first)))
    month = 0.5 / 12  # a break counts at the end of its month
    assert abs(float(called.mean()) - share) <= odds_error(share, called.size) + month
    refinanced = found.run.outcomes[k.PREPAID_MONTH] < found.run.facility.plan.months
    assert bool((refinanced ^ called).all())
    assert float(found.held.outcomes[k.DEFAULT_MONTH].max()) == found.run.facility.plan.maturity - 1


def test_an_open_window_refinances_every_balloon_and_a_shut_one_none() -> None:
    opened = priced(balloon(), "loan", safe(refinancing_shut_years=0.0), 4096, 0, 1)
    assert opened.setup.model.belief is None
    assert bool((opened.run.outcomes[k.DEFAULT_MONTH] == opened.run.facility.plan.months).all())
    shut = priced(balloon(), "loan", safe(intensity=40.0, refinancing_shut_years=9.0), 4096, 0, 1)
    assert bool((shut.run.outcomes[k.PREPAID_MONTH] == shut.run.facility.plan.months).all())
    assert shut.run.outcomes.tobytes() == shut.held.outcomes.tobytes()


def test_longer_shut_is_more_defaults() -> None:
    odds = [
        float((priced(balloon(), "loan", safe(refinancing_shut_years=years), 4096, 0, 1).run.outcomes[k.DEFAULT_MONTH] < 24).mean())
        for years in (0.3, 0.6, 1.0, 2.0)
    ]
    assert odds == sorted(odds)
    assert odds[0] < odds[-1]


def test_a_break_raises_the_margin_of_a_new_loan() -> None:
    right = {"first": dt.date(2026, 10, 31), "exercise": "spread"}
    on = breaking(jumps={"equity:AMD": -0.3}, defaults={}, demand_kept=1.0, refinancing_shut_years=0.0)
    setting: Setup = setup(deal(prepayment=right), on)
    assert isinstance(setting.model.belief, MonthlyBelief)
    refinancing = Refinancing(setting, 0.4)
    margins, rows = refinancing.margins(0, 0), refinancing.rows
    count = setting.model.belief.broken(setting.model.years, 0, 0).count()[rows]
    alive = drivers_of(setting.model, 0, 0).customer > rows[:, None]
    late = 6
    means = [float(margins[late][(count[late] == n) & alive[late]].mean()) for n in range(3)]
    assert means[0] < means[1] < means[2]


def test_the_verb_reads_it() -> None:
    calm, broken = (simulate(deal(), on, paths=4096, measures=("value",)) for on in (market(credit=HAZARDS), breaking()))
    value = [next(row.value for row in found.rows if row.measure == "value" and row.party == "bank") for found in (calm, broken)]
    assert value[0] != value[1]
    assert abs(float(broken.by_party["net_present_value"].sum())) < 1.0
