"""A facility lived month by month: draws, falling rents, breach, cure, defaults, recovery, in any order."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from instruments.ground.tolerances import CASH_CONSERVATION_ABS
from pricing.kernels.facility import roll_kept
from pricing.ledger import facility as k
from pricing.ledger.checks import check_ledger
from pricing.mechanics import rollforward
from pricing.mechanics.rollforward import Rolled, roll_forward
from pricing.schedules.plan import NEVER, Drivers
from tests.facilities import deal, drivers, setup

LEGAL = {
    k.PERFORMING: {k.PERFORMING, k.ENFORCEMENT, k.CLOSED},
    k.ENFORCEMENT: {k.ENFORCEMENT, k.PERFORMING, k.CLOSED, k.AWAITING},
    k.AWAITING: {k.AWAITING, k.CLOSED},
    k.CLOSED: {k.CLOSED},
}


COVENANTS = {
    "realised": {
        "kind": "realisation", "threshold": 0.85, "first_test": dt.date(2026, 8, 31), "cures": 1, "grace_months": 1,
        "waivers": {"count": 1, "fee": 0.005, "margin_step": 0.01},
    },
    "covered": {"kind": "dscr", "threshold": 1.3, "first_test": dt.date(2026, 12, 31), "consequence": "lock_up"},
    "to_cost": {"kind": "loan_to_cost", "cap": 0.9, "first_test": dt.date(2026, 12, 31), "every_months": 3},
}  # fmt: skip


class Facility(RuleBasedStateMachine):
    """The months lived so far are fixed; rules decide what happens in the next ones."""

    @initialize(
        price=st.sampled_from([2.0, 2.9, 3.6, 5.0]), cures=st.integers(0, 2), delays=st.lists(st.integers(0, 4), min_size=2, max_size=2)
    )
    def sign(self, price: float, cures: int, delays: list[int]) -> None:
        terms = deal().contracts["loan"].maintenance.model_dump() | {"cures": cures}
        self.facility = setup(deal(offtake={"price_usd_per_hour": price}, maintenance=terms, covenants=COVENANTS)).facility
        self.delays = delays
        self.rents: list[float] = []
        self.customer = self.operator = NEVER
        self.substituted = self.bad_act = False
        self.lived: Rolled | None = None

    @property
    def now(self) -> int:
        return len(self.rents)

    def over(self) -> bool:
        return self.now >= self.facility.plan.months

    @rule(months=st.integers(1, 6), factor=st.sampled_from([0.7, 0.95, 1.0, 1.05, 1.3]))
    def live(self, months: int, factor: float) -> None:
        """Months pass, rents move by the same factor in each."""
        for _ in range(min(months, self.facility.plan.months - self.now)):
            self.rents.append((self.rents[-1] if self.rents else 1.0) * factor)

    @rule()
    def rents_collapse(self) -> None:
        if not self.over():
            self.rents.append((self.rents[-1] if self.rents else 1.0) * 0.2)

    @precondition(lambda self: self.operator == NEVER)
    @rule(found=st.booleans(), bad=st.booleans())
    def operator_defaults(self, found: bool, bad: bool) -> None:
        """In the next month, with or without a replacement."""
        self.operator, self.substituted, self.bad_act = self.now, found, bad

    @precondition(lambda self: self.customer == NEVER)
    @rule()
    def customer_defaults(self) -> None:
        self.customer = self.now

    def path(self) -> Drivers:
        rest = self.facility.plan.months - self.now
        last = self.rents[-1] if self.rents else 1.0
        ratio = np.array(self.rents + [last] * rest)
        return drivers(
            self.facility, ratio=ratio, customer=self.customer, operator=self.operator, substituted=self.substituted, bad_act=self.bad_act,
            delay=self.delays,
        )  # fmt: skip

    @invariant()
    def the_ledger_holds(self) -> None:
        if not hasattr(self, "facility"):
            return
        path = self.path()
        rolled = roll_forward(self.facility.plan, path)
        for check in check_ledger(self.facility.plan, path, rolled):
            assert check.relative <= CASH_CONSERVATION_ABS, check
        status = rolled.states[:, k.STATUS, 0].astype(int)
        assert all(after in LEGAL[before] for before, after in pairwise(status))
        assert status[-1] == k.CLOSED
        ledger, *_ = roll_kept(self.facility.plan, path)
        assert np.abs(ledger - rolled.ledger).max() <= CASH_CONSERVATION_ABS * self.facility.plan.commitment
        if self.lived is not None:
            past = min(self.past, self.now)
            assert np.array_equal(self.lived.ledger[:past], rolled.ledger[:past]), "the past has changed"
        self.lived, self.past = rolled, self.now


TestFacility = Facility.TestCase
TestFacility.settings = settings(max_examples=8, stateful_step_count=12, deadline=None)


def test_a_planted_wrong_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: what is sold after an event of default is paid to nobody."""
    monkeypatch.setattr(rollforward, "settle", lambda *_: None)
    quick = settings(max_examples=15, stateful_step_count=12, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Facility, settings=quick)
