"""What a facility carries from one month to the next, path by path, and the row of postings of the month."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pricing.ledger import facility as k
from pricing.schedules.plan import CONSEQUENCE, NEVER, Drivers, FacilityPlan
from pricing.schedules.types import Bools, Floats, Ints

DEBT_TOL = 1e-9
"""Debt below this share of the commitment counts as repaid."""
UNDECIDED, RUN, RELET, SELL = range(4)
"""What the lender does with the fleet in enforcement."""


@dataclass
class State:
    """Arrays [path], or [cohort, path]. Stepped month by month; never read back from postings."""

    plan: FacilityPlan
    floating: Floats
    fixed: Floats
    liquidity: Floats
    power: Floats
    trapped: Floats
    drawn: Floats
    window: Ints
    """Last month in which draws are allowed: until the lender's default at most."""
    advanced: Floats
    """Of what is drawn, at funding."""
    funded: Bools
    cohort_drawn: Floats
    accepted_at: Ints
    dead_from: Ints
    """First month in which the contract pays nothing."""
    ends_early: Bools
    """Whether that is before its agreed end."""
    past_cfads: Floats
    """[month of the window, path], oldest first."""
    past_service: Floats
    past_received: Floats
    status: Ints
    mode: Ints
    sale_first: Ints
    guarantee_at: Ints
    late: Ints
    trap_on: Bools
    cured: Floats
    """[covenant, path] counted cures used."""
    waived: Floats
    """[covenant, path] waivers used."""
    failed: Bools
    """[covenant, path] whether the last test failed and stands."""
    in_row: Ints
    """[covenant, path] failed tests in a row."""
    verdicts: Floats
    """[covenant, item, path] of the month: `TEST_ITEMS` of `pricing.ledger.facility`."""
    coverage: Floats
    """Trailing coverage of the last payment date; infinite where nothing was due."""
    prepay: Floats
    """Principal that a failed test makes due on the next payment date."""
    fee: Floats
    """Fees to the lender due on the next payment date."""
    step: Floats
    """Added to both coupons by waivers."""
    due_later: Floats
    """[time, path] scheduled principal by draw, where draws have a tenor."""
    swap_ended: Bools
    opex_arrears: Floats
    fee_arrears: Floats
    floating_arrears: Floats
    fixed_arrears: Floats
    swap_arrears: Floats
    principal_arrears: Floats
    management_arrears: Floats
    unearned: Floats
    """Of the customer's prepayment, paid in and not yet burned off or claimed."""
    advance: Floats
    """Of it, on the account for cohorts to be bought."""
    prepaid_claim: Floats
    """Claim of the customer that falls due this month."""
    prepaid_arrears: Floats
    junior_arrears: Floats
    """Close-out of the swap that ranks behind principal, put off."""
    swap_left: Floats
    """Share of the planned swap that still runs: less than one after a prepayment by choice."""
    tranches: Floats
    """[tranche, path] balances."""
    row: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    """[posting, path] of the month."""

    @property
    def balance(self) -> Floats:
        """Principal outstanding."""
        return self.floating + self.fixed

    @property
    def interest_arrears(self) -> Floats:
        """Interest put off."""
        return self.floating_arrears + self.fixed_arrears

    @property
    def debt(self) -> Floats:
        """Principal and interest put off."""
        return self.balance + self.interest_arrears

    def stands(self, consequence: int) -> Bools:
        """Whether a failed test with this consequence stands, [path]."""
        rows = self.plan.tests.codes[:, CONSEQUENCE] == consequence
        return self.failed[rows].any(axis=0)

    @property
    def repaid(self) -> Bools:
        """Whether nothing is owed to the lender."""
        return self.debt <= DEBT_TOL * self.plan.commitment


def opening_state(plan: FacilityPlan, drivers: Drivers) -> State:
    """The state at the start of the grid, from the plan's opening position and the path's defaults."""
    n = drivers.ratio.shape[1]

    def whole(value: float) -> Floats:
        return np.full(n, float(value))

    def zeros() -> Floats:
        return np.zeros(n)

    def count(value: int) -> Ints:
        return np.full(n, value, dtype=np.int64)

    floating, fixed, liquidity, power, trapped, drawn, advanced, step, unearned, advance = plan.opening
    tests = len(plan.tests.codes)
    tenor = plan.months if len(plan.tenor) else 0
    ended = np.where(drivers.substituted == 1, NEVER, np.minimum(drivers.operator, NEVER - 64) + 1 + plan.substitute_delay)
    dead = np.minimum(np.minimum(drivers.customer + 1, ended), plan.contract_end)
    return State(
        plan=plan,
        floating=whole(floating),
        fixed=whole(fixed),
        liquidity=whole(liquidity),
        power=whole(power),
        trapped=whole(trapped),
        drawn=whole(drawn),
        window=np.minimum(plan.window, drivers.lender - 1) if len(drivers.lender) else count(plan.window),
        advanced=whole(advanced),
        funded=np.repeat(plan.fund[:, None] < 0, n, axis=1),
        cohort_drawn=np.repeat(plan.cohort_drawn[:, None], n, axis=1),
        accepted_at=np.where(plan.accept[:, None] < 0, -1, plan.accept[:, None] + drivers.delay),
        dead_from=dead,
        ends_early=dead < plan.contract_end,
        past_cfads=np.repeat(plan.past_cfads[:, None], n, axis=1),
        past_service=np.repeat(plan.past_service[:, None], n, axis=1),
        past_received=np.repeat(plan.past_received[:, None], n, axis=1),
        status=count(k.PERFORMING),
        mode=count(UNDECIDED),
        sale_first=count(NEVER),
        guarantee_at=count(NEVER),
        late=count(0),
        trap_on=np.zeros(n, dtype=np.bool_) | (trapped > 0),
        cured=np.repeat(plan.tests.used[0][:, None], n, axis=1),
        waived=np.repeat(plan.tests.used[1][:, None], n, axis=1),
        failed=np.zeros((tests, n), dtype=np.bool_),
        in_row=np.zeros((tests, n), dtype=np.int64),
        verdicts=np.zeros((tests, k.TEST_ITEMS, n)),
        coverage=whole(np.inf),
        prepay=zeros(),
        fee=zeros(),
        step=whole(step),
        due_later=np.repeat(plan.prior_due[:tenor, None], n, axis=1),
        swap_ended=np.zeros(n, dtype=np.bool_),
        opex_arrears=zeros(),
        fee_arrears=zeros(),
        floating_arrears=zeros(),
        fixed_arrears=zeros(),
        swap_arrears=zeros(),
        principal_arrears=zeros(),
        management_arrears=zeros(),
        unearned=whole(unearned),
        advance=whole(advance),
        prepaid_claim=zeros(),
        prepaid_arrears=zeros(),
        junior_arrears=zeros(),
        swap_left=whole(1.0),
        tranches=np.repeat(plan.tranche_share[:, None] * (floating + fixed), n, axis=1),
    )
