"""The borrower of a facility prepays by choice: what it saves on every path, the rule that it follows, and the bounds around it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from instruments.contracts.offtake_parts import Exercise
from pricing.engines.facility_run import Setup
from pricing.kernels.facility import roll_lender
from pricing.mechanics.offtake_leaving import Choice, Fitted, decided, fit, foresight, notice_of
from pricing.paths.credit import default_clock
from pricing.paths.facility import drivers_of, mixing, random_numbers
from pricing.paths.streams import BLOCK, blocks_for, run_blocks
from pricing.schedules.call import open_dates
from pricing.schedules.plan import Events, path_discount
from pricing.schedules.types import Floats, Ints

FIT_BLOCKS = 2
"""Blocks on which exercise is fitted."""
FIRST_FIT_BLOCK = 1 << 24
"""They lie far behind the blocks that are valued: fresh paths."""
RULES: dict[str, Exercise] = {"optimal": "optimal", "spread": "economic", "first_date": "first_date", "never": "never"}
"""Rules of the right in the words of a right to leave, whose machinery decides."""
LEAST_SURVIVAL = 1e-12
"""A credit that is sure to default has a spread that is large, not infinite."""


def credit_levels(numbers: tuple[Floats, Floats], correlation: Floats, clock: Floats, factor: int) -> Floats:
    """The driver of one credit on the dates [time, path]: distance to default, 1 today, at or below 0 in default.

    Args:
        numbers: of the block, as the facility's drivers take them.
        correlation: of rent and credits.
        clock: of this credit [time].
        factor: its number, 0 is the rent.
    """
    mix = mixing(correlation)[factor]
    moves = np.einsum("f,ftp->tp", mix, numbers[0])
    steps = np.sqrt(np.diff(np.concatenate([[0.0], clock])))
    return 1.0 + np.cumsum(steps[:, None] * moves, axis=0)


def spread_move(level: Floats, clock: Floats, survival: Floats, years: Floats, t: int, last: int, recovery: float) -> Floats:
    """How far a credit's spread for the months from date t to date `last` stands above its forward: a year, [path].

    **Model**: the spread is (1 - R) x mean hazard; given the driver, survival is 2 Phi(level / sqrt(A(last) - A(t))) - 1, and on the
    forward S(last) / S(t). A credit that never defaults has none.
    """
    left = float(np.sqrt(clock[last] - clock[t]))
    if left <= 0.0:
        return np.zeros_like(level)
    odds = np.maximum(2.0 * ndtr(np.maximum(level, 0.0) / left) - 1.0, LEAST_SURVIVAL)
    forward = max(survival[last] / max(survival[t], LEAST_SURVIVAL), LEAST_SURVIVAL)
    return (1.0 - recovery) * (np.log(forward) - np.log(odds)) / (years[last] - years[t])


@dataclass(frozen=True)
class Option:
    """What the right to prepay is worth to the borrower on every path, discounted, cost taken off: [path], USD."""

    ruled: Floats
    """By the stated rule."""
    fitted: Floats
    """By least squares on fresh paths: a lower bound of the best rule's mean."""
    known: Floats
    """By perfect foresight: at or above any rule on every path."""


@dataclass(frozen=True)
class Refinancing:
    """The right to prepay of one facility."""

    setup: Setup
    """The facility without the right used."""
    recovery: float
    """Of the credit that the new loan's spread follows."""

    @property
    def follows(self) -> str | None:
        """Market key of that credit: the customer's, else the operator's; None where neither can default."""
        return self.setup.model.customer or self.setup.model.operator

    @cached_property
    def margin(self) -> float:
        """Margin of a new loan on today's forwards."""
        right, facility = self.setup.facility.loan.prepayment, self.setup.facility
        if right is not None and right.market_margin is not None:
            return right.market_margin
        return facility.unit.own_margin()

    def margins(self, seed: int, block: int) -> Floats:
        """Margin of a new loan on each date of the option, never below nought: [choice, path]."""
        facility, model = self.setup.facility, self.setup.model
        rows, out = self.rows, np.full((len(self.rows), BLOCK), self.margin)
        if self.follows is None or not len(rows):
            return out
        number = model.credits.index(self.follows)
        diffusion, widening = model.diffusion
        survival, wide = diffusion[number], widening[number]
        clock = default_clock(survival)
        levels = credit_levels(random_numbers(model, seed, block), model.correlation, clock, number + 1)
        count = model.belief.broken(model.years, seed, block).count() if model.belief is not None and wide is not None else None
        last = facility.plan.maturity - 1
        for index, t in enumerate(rows):
            move = spread_move(levels[t], clock, survival, model.years, int(t), last, self.recovery)
            if wide is not None and count is not None:
                move = move + (1.0 - self.recovery) * wide.hazard_move(count[t], int(t), last, np.asarray(model.years, dtype=np.float64))
            out[index] = np.maximum(out[index] + move, 0.0)
        return out

    @cached_property
    def rows(self) -> Ints:
        """Dates on which the borrower may prepay."""
        facility = self.setup.facility
        right = facility.loan.prepayment
        none: Ints = np.zeros(0, dtype=np.int64)
        return none if right is None else np.flatnonzero(open_dates(right, facility.dates, facility.plan.maturity)).astype(np.int64)

    def choice(self, seed: int, block: int) -> Choice:
        """Savings and payoffs of one block.

        `saving` is what the old payments are worth at the margin of the day less price and cost, on the balance of the path; `payoff` what
        prepaying then turns out to save, defaults included, discounted. The window is shut once anybody has defaulted or something is late,
        and for a while after a break of the market's belief.
        """
        setup, rows = self.setup, self.rows
        facility, plan = setup.facility, setup.facility.plan
        drivers = drivers_of(setup.model, seed, block)
        cash, balance, performing = roll_lender(plan, drivers, setup.events(seed, block, drivers))
        factor = path_discount(plan, drivers)
        later = np.cumsum((factor * cash)[::-1], axis=0)[::-1] - factor * cash
        margins = self.margins(seed, block)
        saving, payoff = np.empty((len(rows), BLOCK)), np.empty((len(rows), BLOCK))
        for index, t in enumerate(rows):
            price = plan.call_price[t] + plan.call_cost
            saving[index] = plan.call_share * balance[t] * (facility.unit.worth(int(t), margins[index]) - price)
            payoff[index] = plan.call_share * (later[t] - factor[t] * price * balance[t])
        alive = (drivers.customer > rows[:, None]) & (drivers.operator > rows[:, None])
        allowed = alive & (performing[rows] > 0.0)
        window = setup.model.belief.broken(setup.model.years, seed, block).open() if setup.model.belief is not None else None
        return Choice(rows, saving, payoff, allowed if window is None else allowed & window[rows])

    def fitted(self, seed: int, threads: int | None) -> Fitted:
        """Exercise by least squares, fitted on paths of its own."""
        return fit(list(run_blocks(lambda block: self.choice(seed, FIRST_FIT_BLOCK + block), FIT_BLOCKS, threads)))

    def months(self, seed: int, block: int, fitted: Fitted | None) -> Ints:
        """Month in which the borrower prepays by its rule: [path]."""
        choice = self.choice(seed, block)
        return notice_of(choice, decided(choice, self._rule, fitted), BLOCK)[0]

    def option(self, seed: int, paths: int, fitted: Fitted, threads: int | None) -> Option:
        """The right's worth by its rule, by fitted exercise and by foresight, on the paths that are valued."""

        def work(block: int) -> tuple[Floats, Floats, Floats]:
            choice = self.choice(seed, block)
            ruled = notice_of(choice, decided(choice, self._rule, fitted), BLOCK)[1]
            return ruled, notice_of(choice, decided(choice, "optimal", fitted), BLOCK)[1], foresight(choice, BLOCK)

        found = list(run_blocks(work, blocks_for(paths), threads))
        return Option(*(np.concatenate([each[i] for each in found]) for i in range(3)))

    @property
    def _rule(self) -> Exercise:
        right = self.setup.facility.loan.prepayment
        return RULES[right.exercise if right is not None else "never"]


@dataclass(frozen=True)
class Prepaying:
    """A rule fitted and ready: the events of any block."""

    refinancing: Refinancing
    rule: Fitted | None

    def events(self, seed: int, block: int, events: Events) -> Events:
        """The block's events with the months in which the borrower prepays."""
        return events._replace(prepay=self.refinancing.months(seed, block, self.rule))
