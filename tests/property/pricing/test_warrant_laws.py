"""Laws of warrants with their domains. Monotonicity is checked path by path, on vesting days, where it is a theorem."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from instruments.conditions import AllOf, AnyOf, DateReached, PriceTarget
from instruments.deal import Deal
from instruments.files import dumps_json, model_from_text
from instruments.ground.tolerances import MC_SIGMAS, PV_REL
from instruments.observations import DaysOut, Mean, Touch
from pricing import Valuation, price
from pricing.conditions import Watch, vesting_day
from pricing.engines.warrant_paths import simulate_vesting
from pricing.engines.warrant_setup import prepare
from pricing.formulas import share_or_nothing_touch, touch_call_value
from pricing.laws import warrants
from pricing.laws.catalogue import LAWS
from pricing.paths.world import World, simulate_world
from pricing.registry import Settings
from tests.warrants import SHARE, coupled_market, deal, ladder_of, market, milestone_leg, run_of, task

EXPIRY = dt.date(2025, 11, 21)
PLAN = {dt.date(2025, 10, 20): 1.0, dt.date(2025, 11, 3): 2.0}
targets = st.floats(60.0, 160.0)
meets = st.sampled_from(["latched", "simultaneous"])
observations = st.one_of(
    st.just(Touch()),
    st.integers(2, 12).map(lambda days: Mean(days=days)),
    st.tuples(st.integers(1, 6), st.integers(0, 6)).map(lambda pair: DaysOut(hits=pair[0], days=pair[0] + pair[1])),
)
uppers = st.builds(
    lambda target, seen, meet: PriceTarget(of=SHARE, at_least=target, observation=seen, meet=meet), targets, observations, meets
)
lowers = st.builds(
    lambda target, seen, meet: PriceTarget(of=SHARE, at_most=target, observation=seen, meet=meet), targets, observations, meets
)
leaves = st.one_of(
    uppers,
    lowers,
    st.builds(milestone_leg, st.sampled_from([1.0, 2.0]), meet=meets),
    st.dates(dt.date(2025, 10, 1), dt.date(2025, 12, 1)).map(lambda on: DateReached(on=on)),
)
groups = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda legs, meet: AllOf(legs=tuple(legs), meet=meet), st.lists(inner, min_size=1, max_size=3), meets),
        st.builds(lambda legs, meet: AnyOf(legs=tuple(legs), meet=meet), st.lists(inner, min_size=1, max_size=3), meets),
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def watch() -> Watch:
    """A few hundred joint paths."""
    world = simulate_world(run_of(deal([*ladder_of()[:2]], plan=PLAN, expiry=EXPIRY), market()).drivers, "share", SHARE, 0, 0)
    few = 256

    def cut(table: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {key: value[:, :few] for key, value in table.items()}

    return Watch(World(world.grid, cut(world.closes), cut(world.highs), cut(world.lows), cut(world.reached), world.levels, {}))


@given(condition=groups, extra=groups)
def test_an_added_all_leg_never_hastens(watch: Watch, condition: AllOf, extra: AllOf) -> None:
    assert (vesting_day(AllOf(legs=(condition, extra)), watch) >= vesting_day(condition, watch)).all()


@given(condition=groups, extra=groups)
def test_an_added_any_leg_never_delays(watch: Watch, condition: AllOf, extra: AllOf) -> None:
    assert (vesting_day(AnyOf(legs=(condition, extra)), watch) <= vesting_day(condition, watch)).all()


@given(leg=uppers, lower=st.floats(0.0, 30.0), rest=groups)
def test_a_lower_target_never_delays(watch: Watch, leg: PriceTarget, lower: float, rest: AllOf) -> None:
    easier = leg.evolve(at_least=(leg.at_least or 0.0) - lower)
    for group in (AllOf, AnyOf):
        assert (vesting_day(group(legs=(easier, rest)), watch) <= vesting_day(group(legs=(leg, rest)), watch)).all()


@given(condition=groups)
def test_latched_is_never_later_than_simultaneous(watch: Watch, condition: AllOf) -> None:
    partner = DateReached(on=dt.date(2025, 10, 30))
    latched, now = (AllOf(legs=(condition.evolve(meet=meet), partner)) for meet in ("latched", "simultaneous"))
    assert (vesting_day(latched, watch) <= vesting_day(now, watch)).all()


@given(condition=groups)
def test_the_order_of_legs_never_matters(watch: Watch, condition: AllOf) -> None:
    if isinstance(condition, AllOf | AnyOf):
        turned = condition.evolve(legs=condition.legs[::-1])
        np.testing.assert_array_equal(vesting_day(turned, watch), vesting_day(condition, watch))


@settings(max_examples=10)
@given(
    conditions=st.lists(groups, min_size=1, max_size=3),
    strike=st.sampled_from([0.0, 1.0, 80.0]),
    exercise=st.sampled_from(["at_expiry", "at_vesting"]),
    volatility=st.sampled_from([0.01, 0.5, 1.5]),
    dividend=st.sampled_from([0.0, 0.1]),
)
def test_bounds_and_sums(conditions: list[AllOf], strike: float, exercise: str, volatility: float, dividend: float) -> None:
    of = deal(conditions, strike_usd=strike, exercise=exercise, plan=PLAN, expiry=EXPIRY)
    found = price(
        of, market(share={"volatility": volatility, "dividend_yield": dividend}), method="monte_carlo", paths=1, measures=["value"]
    )
    most = of.contracts["warrant"].shares * 100.0
    slack = MC_SIGMAS * (found.standard_error or 0.0) + PV_REL * most
    assert -slack <= found.value <= most + slack
    parts = [row.value or 0.0 for row in found.rows if row.part is not None and row.party == "buyer"]
    assert sum(parts) == pytest.approx(found.value, rel=1e-9, abs=1e-9)  # two ways of adding
    issuer = found.row("value", party="vendor")
    assert issuer.value == -found.value


@settings(max_examples=6)
@given(conditions=st.lists(groups, min_size=1, max_size=2))
def test_twice_the_shares_and_json_out_and_in(conditions: list[AllOf]) -> None:
    def value(of: Deal) -> float:
        return price(of, market(), method="monte_carlo", measures=["value"], paths=1).value

    once = deal(conditions, plan=PLAN, expiry=EXPIRY)
    assert value(deal(conditions, shares=20.0, plan=PLAN, expiry=EXPIRY)) == pytest.approx(2 * value(once), rel=1e-9, abs=1e-9)
    assert value(model_from_text(dumps_json(once), Deal, kind="deal", language="json")) == value(once)


@given(
    spot=st.floats(1.0, 500.0),
    ratio=st.floats(0.5, 3.0),
    volatility=st.floats(0.05, 2.0),
    rate=st.floats(0.0, 0.15),
    early=st.floats(0.05, 10.0),
    longer=st.floats(0.0, 10.0),
    strike=st.floats(0.0, 1.0),
)
def test_later_never_lowers_a_touch_claim_without_dividends(
    spot: float, ratio: float, volatility: float, rate: float, early: float, longer: float, strike: float
) -> None:
    # q = 0, r >= 0, strike at most the target: with dividends it is false (90.5 at 5 years, 81.9 at 10)
    claim = {"spot": spot, "target": spot * ratio, "volatility": volatility, "rate": rate}
    penny = share_or_nothing_touch(years=[early, early + longer], **claim)
    call = touch_call_value(strike=strike * spot * ratio, years=[early, early + longer], **claim)
    for found in (penny, call):
        assert found[1] >= found[0] * (1 - 1e-10) - 1e-12 * spot  # rounding of Phi


@pytest.mark.parametrize("days", [1, 30, "touch"])
def test_the_same_bytes_for_any_number_of_threads_and_twice(days: int | str) -> None:
    of = deal(ladder_of(days), buyer=True, plan={**PLAN, dt.date(2025, 11, 10): 3.0}, expiry=EXPIRY)
    on = coupled_market()

    def run(**options: int) -> Valuation:
        return price(of, on, paths=3 * 4096, **options)

    first = run(threads=1).to_json()
    assert run(threads=2).to_json() == first
    assert run(threads=1).to_json() == first
    assert run(threads=1, seed=1).to_json() != first


@pytest.mark.parametrize("days", [30, "touch"])
def test_more_paths_keep_the_first_ones(days: int | str) -> None:
    of = deal(ladder_of(days), buyer=True, plan={**PLAN, dt.date(2025, 11, 10): 3.0}, expiry=EXPIRY)
    samples = {}
    for blocks in (2, 3):
        run = prepare(task(of, coupled_market(), paths=blocks * 4096))
        samples[blocks] = [simulate_vesting(run, None, ("share",), 0, block)["share"].payoff for block in range(blocks)]
    for k in range(2):
        np.testing.assert_array_equal(samples[2][k], samples[3][k])


@pytest.mark.parametrize("law", [*warrants.LAWS, next(law for law in LAWS if law.name == "json_round_trip")], ids=lambda law: law.name)
@pytest.mark.parametrize("shock", [{}, {"spot_usd": 10.0}, {"volatility": 0.01}, {"volatility": 2.0, "dividend_yield": 0.1}])
def test_shipped_laws_hold(law: object, shock: dict[str, float]) -> None:
    of = deal(ladder_of(5), plan={**PLAN, dt.date(2025, 11, 10): 3.0}, expiry=EXPIRY)
    assert law.applies(of)  # type: ignore[attr-defined]
    assert law.check(of, market(share=shock), Settings(paths=1, measures=frozenset({"value"}))) is None  # type: ignore[attr-defined]
