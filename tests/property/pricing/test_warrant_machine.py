"""A warrant lived day by day: closes, deliveries, cancellation, default, exercise, in any order; a plain account is kept beside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from instruments.conditions import AllOf, AnyOf, EventHappened
from instruments.contracts.warrant import Forfeiture, WarrantPosition
from instruments.deal import Position
from pricing import conditions
from pricing.conditions import Watch, vesting_day
from pricing.engines.warrant_walk import Walked, walk
from pricing.paths.world import World
from tests.warrants import PLAN, SHARE, both, coupled_market, deal, milestone_leg, price_leg, run_of

GRANTED = 10.0
"""Shares of each tranche."""
NAME = "milestone:deliveries"
TRANCHES: tuple[Any, ...] = (
    both(110.0, 1.0),
    both(105.0, 2.0, days=3, price_meet="simultaneous"),
    AnyOf(legs=(milestone_leg(3.0), price_leg(130.0, days=2))),
)
LEGS = (
    (("stone", 1, 1, True), ("price", 110.0, 1, True)),
    (("stone", 2, 1, True), ("price", 105.0, 3, False)),
    (("stone", 3, 1, True), ("price", 130.0, 2, True)),
)
"""The same legs as plain data: kind, target, days of the mean, latched."""
JOINED = (all, all, any)
ENDS = Forfeiture(
    when=AnyOf(legs=(EventHappened(event="default", party="buyer"), EventHappened(event="cancellation", party="buyer"))), takes="unvested"
)
MARKET = coupled_market()


class Lived(RuleBasedStateMachine):
    """What has happened is fixed; rules decide the next days."""

    def walk(self, run: Any, watch: Watch) -> Walked:
        """The engine under test."""
        return walk(run, watch)

    @initialize(forfeits=st.booleans(), strike=st.sampled_from([0.0, 100.0]))
    def sign(self, forfeits: bool, strike: float) -> None:
        terms = {"forfeiture": ENDS} if forfeits else {}
        self.deal = deal(TRANCHES, shares=GRANTED, strike_usd=strike, buyer=True, terms=terms)
        self.run = run_of(self.deal, MARKET)
        self.never = self.run.drivers.grid.size
        self.closes: list[float] = []
        self.stones = [self.never] * len(PLAN)
        self.cancelled = self.defaulted = self.never
        self.latched: set[tuple[int, int]] = set()
        self.vested: list[int | None] = [None] * len(TRANCHES)
        self.exercised = np.zeros(len(TRANCHES))
        self.forfeits, self.ended = forfeits, self.never
        self.lived: Walked | None = None
        self.past = 0

    @property
    def now(self) -> int:
        return len(self.closes)

    @rule(moves=st.lists(st.sampled_from([1.0, 0.9, 0.8, 1.08, 1.2]), min_size=1, max_size=6))
    def days_pass(self, moves: list[float]) -> None:
        """A few closes."""
        for move in moves:
            if self.now >= self.never:
                return
            self.closes.append((self.closes[-1] if self.closes else 100.0) * move)
            self.look()

    @rule()
    def deliver(self) -> None:
        """The next level, on the next day, unless somebody has left or failed."""
        ahead = [level for level, day in enumerate(self.stones) if day == self.never]
        if ahead and self.now < self.never and self.cancelled == self.defaulted == self.never:
            self.stones[ahead[0]] = self.now

    @precondition(lambda self: self.cancelled == self.never and self.now < self.never)
    @rule()
    def cancel(self) -> None:
        """From the next day on."""
        self.cancelled = self.now

    @precondition(lambda self: self.defaulted == self.never and self.now < self.never)
    @rule()
    def default(self) -> None:
        self.defaulted = self.now

    @rule(tranche=st.integers(0, len(TRANCHES) - 1), share=st.sampled_from([0.5, 1.0]))
    def exercise(self, tranche: int, share: float) -> None:
        """Some of what has vested and is left."""
        if self.vested[tranche] is not None:
            self.exercised[tranche] += share * (GRANTED - self.exercised[tranche])

    def look(self) -> None:
        """The account at the end of a day: legs, then vesting, then what ends the warrant."""
        day = self.now - 1
        for index, legs in enumerate(LEGS):
            truths = [self.truth(index, place, *leg, day) for place, leg in enumerate(legs)]
            if self.vested[index] is None and JOINED[index](truths) and day <= self.ended:
                self.vested[index] = day
        if self.forfeits and self.ended == self.never and min(self.cancelled, self.defaulted) <= day:
            self.ended = day

    def truth(self, index: int, place: int, kind: str, target: float, days: int, latched: bool, day: int) -> bool:
        if kind == "stone":
            now = self.stones[int(target) - 1] <= day
        else:
            window = self.closes[day + 1 - days : day + 1] if day + 1 >= days else []
            now = bool(window) and float(np.mean(window)) >= target
        if latched and now:
            self.latched.add((index, place))
        return now or (index, place) in self.latched

    def world(self) -> World:
        """The days lived, then nothing more happens and the price falls to next to nothing."""
        closes = np.full((self.never, 1), 1e-3)
        closes[: self.now, 0] = self.closes
        stones = np.array(self.stones, dtype=np.int64)[:, None]
        levels = tuple(PLAN[date] for date in sorted(PLAN))
        own = {SHARE: closes}
        return World(
            self.run.drivers.grid, own, own, own, {NAME: stones}, {NAME: levels},
            {"credit:BUY": np.array([self.defaulted], dtype=np.int64)},
        )  # fmt: skip

    def watch(self, latched: frozenset[str] = frozenset()) -> Watch:
        events = {("cancellation", "buyer"): np.array([self.cancelled], dtype=np.int64)}
        return Watch(self.world(), self.run.credit_of, latched, frozenset(), self.run.counts, self.run.spots, events)

    @invariant()
    def the_engine_agrees_with_the_account(self) -> None:
        if not hasattr(self, "run") or not self.now:
            return
        walked = self.walk(self.run, self.watch())
        days = [int(day) for day in walked.vest[:, 0]]
        assert [day if day < self.now else None for day in days] == self.vested, "vesting days"
        if self.forfeits:
            assert (int(walked.forfeited[0]) if walked.forfeited[0] < self.now else self.never) == self.ended, "forfeiture"
        if self.lived is not None:
            was = self.lived.vest[:, 0]
            assert all(before >= self.past or before == after for before, after in zip(was, days, strict=True)), "the past has changed"
        self.lived, self.past = walked, self.now

    @invariant()
    def units_are_conserved(self) -> None:
        if not hasattr(self, "run") or not self.now:
            return
        days = self.walk(self.run, self.watch()).vest[:, 0]
        vested = np.where(days < self.now, GRANTED, 0.0)
        over = self.ended < self.now
        lost = np.where((days >= self.now) & over, GRANTED, 0.0)
        waiting = GRANTED - vested - lost
        left = vested - self.exercised
        assert (left >= 0.0).all(), "more exercised than vested"
        assert (vested <= GRANTED).all()
        assert (waiting >= 0.0).all()
        assert np.array_equal(self.exercised + left + lost + waiting, np.full(len(TRANCHES), GRANTED))
        seasoned = Position(contracts={"warrant": WarrantPosition(exercised_shares=list(self.exercised))})
        assert np.array_equal(run_of(self.deal.evolve(position=seasoned), MARKET).open_shares, GRANTED - self.exercised)

    @invariant()
    def what_has_latched_stays(self) -> None:
        """Told what has latched, an engine that sees none of the past vests the same tranches at once."""
        if not hasattr(self, "run") or not self.now:
            return
        paths = frozenset(f"{index}.legs.{place}" for index, place in self.latched)
        blank = self.watch(paths)
        nothing = {NAME: np.full((len(PLAN), 1), self.never, dtype=np.int64)}
        low = {SHARE: np.full((self.never, 1), 1e-3)}
        world = World(self.run.drivers.grid, low, low, low, nothing, blank.world.levels, {"credit:BUY": np.array([self.never])})
        after = Watch(
            world, blank.credit_of, paths, frozenset(), blank.counts, blank.spots, {("cancellation", "buyer"): np.array([self.never])}
        )
        vest = self.walk(self.run, after).vest[:, 0]
        for index, legs in enumerate(LEGS):
            held = [(index, place) in self.latched for place in range(len(legs))]
            assert (vest[index] == 0) == JOINED[index](held), f"tranche {index}"


TestLived = Lived.TestCase
TestLived.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)

FAILS = settings(max_examples=200, stateful_step_count=20, deadline=None, database=None, derandomize=True, phases=[Phase.generate])


class Longer(Lived):
    """Planted: vesting without looking at what ended the warrant."""

    def walk(self, run: Any, watch: Watch) -> Walked:
        found = super().walk(run, watch)
        vest = np.stack([vesting_day(tranche.condition, watch, str(index)) for index, tranche in enumerate(run.warrant.tranches)])
        return Walked(vest, found.payoff, found.top_up, found.forfeited, found.seen)


def test_a_warrant_that_vests_after_its_end_is_found() -> None:
    with pytest.raises(AssertionError, match="vesting days"):
        run_state_machine_as_test(Longer, settings=FAILS)


def test_a_leg_that_does_not_stay_latched_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditions, "_latched_day", lambda *_: None)
    monkeypatch.setattr(conditions, "_counts", lambda leg, watch, path: _forgetful(leg, watch, path))
    with pytest.raises(AssertionError, match=r"vesting days|tranche"):
        run_state_machine_as_test(Lived, settings=FAILS)


def _forgetful(condition: Any, watch: Watch, path: str) -> Any:
    """Planted: a latched leg counts on the days on which it is true only."""
    if isinstance(condition, AllOf | AnyOf):
        return conditions._group(condition, watch, path)
    return conditions.leg_truth(condition, watch, path)
