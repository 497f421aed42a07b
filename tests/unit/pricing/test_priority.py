"""The interpreter of priorities, step by step, and the filed monthly order of a loan facility written with the same steps."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from instruments import PricingError
from instruments.conditions import AllOf, DateReached, EventHappened, RatioTest
from instruments.priority import (
    AnyStep,
    CleanUpCall,
    CoverageTest,
    FillReserve,
    PayFees,
    PayInterest,
    PayPrincipal,
    Release,
    TrapCash,
    Turbo,
)
from pricing.priority.interpreter import run_order
from pricing.priority.state import Claim, Pot


def claim(due: float, put_off: float = 0.0) -> Claim:
    found = Claim(np.zeros(1), np.array([put_off]), np.zeros(1))
    found.accrue(np.array([due]))
    return found


def pot(cash: float, **changes: Any) -> Pot:
    base: dict[str, Any] = {
        "date": dt.date(2026, 3, 31),
        "cash": np.array([cash]),
        "fees": {"agent": claim(1.0)},
        "interest": {"A": claim(4.0), "B": claim(2.0)},
        "principal": {"A": claim(0.0), "B": claim(0.0)},
        "balance": {"A": np.array([80.0]), "B": np.array([20.0])},
        "accounts": {"reserve": np.array([3.0])},
        "targets": {"reserve": np.array([5.0])},
        "pool": np.array([110.0]),
        "opening_pool": 220.0,
        "interest_in": np.array([9.0]),
        "principal_in": np.array([0.0]),
        "amounts": {"collected": np.array([0.0]), "pool_decline": np.array([0.0])},
    }
    return Pot(**(base | changes))


def run(of: Pot, *order: AnyStep) -> Pot:
    run_order(order, of)
    return of


def paid(of: Pot) -> dict[str, float]:
    found = {name: float(each.paid[0]) for name, each in of.fees.items()}
    found |= {f"{name} interest": float(each.paid[0]) for name, each in of.interest.items()}
    return found | {f"{name} principal": float(each.paid[0]) for name, each in of.principal.items()}


def test_sequential_and_pro_rata_interest() -> None:
    one = run(pot(5.0), PayInterest(claims=("A", "B")))
    assert (paid(one)["A interest"], paid(one)["B interest"]) == (4.0, 1.0)
    assert one.interest["B"].owed[0] == 1.0
    other = run(pot(3.0), PayInterest(claims=("A", "B"), how="pro_rata"))
    assert (paid(other)["A interest"], paid(other)["B interest"]) == (2.0, 1.0)


def test_a_reserve_makes_up_for_interest_and_is_filled_again() -> None:
    of = run(pot(2.0), PayInterest(claims=("A",), reserves=("reserve",)))
    assert (paid(of)["A interest"], of.accounts["reserve"][0], of.cash[0]) == (4.0, 1.0, 0.0)
    again = run(pot(10.0), FillReserve(account="reserve"))
    assert (again.accounts["reserve"][0], again.cash[0]) == (5.0, 8.0)
    over = run(pot(0.0, targets={"reserve": np.array([1.0])}), FillReserve(account="reserve"))
    assert (over.accounts["reserve"][0], over.cash[0]) == (1.0, 2.0)


def test_two_principal_steps_share_one_amount() -> None:
    of = pot(
        30.0,
        amounts={"collected": np.array([25.0]), "pool_decline": np.array([25.0])},
        balance={"A": np.array([10.0]), "B": np.array([20.0])},
    )
    run(of, PayPrincipal(claims=("A",)), PayPrincipal(claims=("B",)))
    assert (paid(of)["A principal"], paid(of)["B principal"], of.cash[0]) == (10.0, 15.0, 5.0)


def test_pro_rata_principal_goes_by_balance() -> None:
    of = run(pot(10.0, amounts={"pool_decline": np.array([10.0])}), PayPrincipal(claims=("A", "B"), how="pro_rata"))
    assert (paid(of)["A principal"], paid(of)["B principal"]) == (8.0, 2.0)


def test_turbo_takes_all_and_no_more_than_the_balance() -> None:
    of = run(pot(90.0), Turbo(claims=("A",)))
    assert (paid(of)["A principal"], of.cash[0]) == (80.0, 10.0)


@pytest.mark.parametrize(
    ("pool", "principal", "cash", "level", "repaid"),
    [
        (110.0, 0.0, 50.0, 1.1, 0.0),  # 110 / 100 passes
        (99.0, 0.0, 50.0, 1.1, 10.0),  # 99 / 90 = 1.1: spread alone repays
        (99.0, 0.0, 4.0, 1.1, 4.0),  # no more than there is
        (95.0, 10.0, 10.0, 1.1, 10.0),  # (105 - x) / (100 - x) needs 50 of principal, 95 / (100 - x) needs 13.6: all of the 10 goes
        (105.0, 4.0, 50.0, 1.1, 100.0 - 105.0 / 1.1),  # (109 - x) / (100 - x) needs 10 of principal, there are 4: then 105 / (100 - x)
        (107.0, 20.0, 50.0, 1.3, 10.0),  # (127 - x) / (100 - x) = 1.3 at x = 10, all of it principal
    ],
)
def test_an_oc_test_repays_as_far_as_it_needs(pool: float, principal: float, cash: float, level: float, repaid: float) -> None:
    of = pot(cash, pool=np.array([pool]), principal_in=np.array([principal]))
    run(of, CoverageTest(measure="oc", through="B", at_least=level, repay=("A", "B")))
    assert paid(of)["A principal"] + paid(of)["B principal"] == pytest.approx(repaid)
    assert of.failed[0][0] == (repaid > 0.0)
    if 0.0 < repaid < cash:
        assert of.ratio("oc_B")[0] == pytest.approx(level)


def test_an_ic_test_repays_with_all_that_is_left() -> None:
    of = run(pot(3.0), CoverageTest(measure="ic", through="B", at_least=1.6, repay=("A",)))
    assert paid(of)["A principal"] == 3.0  # 9 / 6 = 1.5
    of = run(pot(3.0), CoverageTest(measure="ic", through="A", at_least=2.0, repay=("A",)))
    assert paid(of)["A principal"] == 0.0  # 9 / 4


def test_a_trap_holds_and_lets_go() -> None:
    thin = RatioTest(measure="oc_B", at_most=1.2)
    of = run(pot(7.0), TrapCash(account="reserve", when=thin), Release())
    assert (of.accounts["reserve"][0], of.released[0]) == (10.0, 0.0)  # type: ignore[index]
    of = run(pot(7.0, pool=np.array([150.0])), TrapCash(account="reserve", when=thin), Release())
    assert (of.accounts["reserve"][0], of.released[0]) == (0.0, 10.0)  # type: ignore[index]


def test_a_call_redeems_everything_or_nothing() -> None:
    of = run(pot(5.0), CleanUpCall(at_most=0.5), Release())
    assert of.called is not None
    assert of.called[0]
    assert paid(of) == {"agent": 1.0, "A interest": 4.0, "B interest": 2.0, "A principal": 80.0, "B principal": 20.0}
    assert of.released[0] == 8.0  # type: ignore[index]
    for kept in (pot(5.0, pool=np.array([101.0])), pot(5.0, opening_pool=110.0)):
        run(kept, CleanUpCall(at_most=0.5))
        assert not kept.called[0]  # type: ignore[index]
        assert paid(kept)["A principal"] == 0.0


def test_an_empty_pool_is_not_bought() -> None:
    of = run(pot(200.0, pool=np.array([0.0])), CleanUpCall(at_most=0.5))
    assert of.called is not None
    assert not of.called[0]
    assert (of.cash[0], paid(of)["A principal"]) == (200.0, 0.0)


def test_conditions_join_and_latch() -> None:
    both = AllOf(
        legs=(RatioTest(measure="pool_factor", at_most=0.6, meet="latched"), DateReached(on=dt.date(2026, 4, 30))), meet="simultaneous"
    )
    step = Turbo(claims=("A",), when=both)
    first = run(pot(10.0), step)
    assert paid(first)["A principal"] == 0.0
    later = pot(10.0, date=dt.date(2026, 5, 31), pool=np.array([200.0]), latched=first.latched)
    assert paid(run(later, step))["A principal"] == 10.0  # the factor was small in March: that leg is latched


@pytest.mark.parametrize(
    ("bound", "taken"),
    [({"at_least": 0.5}, 3.0), ({"at_least": 0.51}, 0.0), ({"at_most": 0.5}, 3.0), ({"at_most": 0.49}, 0.0)],
)
def test_a_step_is_taken_where_its_ratio_is_at_or_beyond_its_bound(bound: dict[str, float], taken: float) -> None:
    # a pool of 110 of 220 is half of what it was
    found = run(pot(3.0), PayInterest(claims=("A",), when=RatioTest(measure="pool_factor", **bound)))
    assert float(found.interest["A"].paid[0]) == taken
    assert float(found.cash[0]) == 3.0 - taken


def test_a_class_repaid_owes_nothing() -> None:
    found = run(pot(90.0), Turbo(claims=("A", "B")))
    assert [float(found.balance[name][0]) for name in ("A", "B")] == [0.0, 10.0]
    assert float(found.cash[0]) == 0.0


def test_what_cannot_be_tested_is_refused() -> None:
    with pytest.raises(PricingError, match="oc_CLASS"):
        run(pot(1.0), Turbo(claims=("A",), when=RatioTest(measure="dscr", at_least=1.0)))
    with pytest.raises(PricingError, match="pool_factor"):
        run(pot(1.0), Turbo(claims=("A",), when=EventHappened(event="default", party="x")))


FILED = (
    PayFees(claims=("operating_costs",)),
    PayFees(claims=("agent", "hedge_fees"), how="pro_rata"),
    PayInterest(claims=("floating", "fixed"), how="pro_rata", reserves=("liquidity",)),
    PayPrincipal(claims=("floating", "fixed"), how="pro_rata", amount="due", reserves=("liquidity",)),
    FillReserve(account="liquidity"),
    FillReserve(account="power"),
    TrapCash(account="trap", when=RatioTest(measure="dscr", at_most=1.15)),
    PayFees(claims=("capex",)),
    PayFees(claims=("management",)),
    Release(),
)
"""The monthly order filed for DDTL 4.0: operating costs, fees, interest, principal, reserves, trap (seventh), the rest."""


def month(revenue: float, *, dscr: float = 1.3, liquidity: float = 30.0) -> Pot:
    """A toy month: costs 20, fees 1 and 1, interest 6 and 4, principal due 30 and 20, reserve targets 30 and 5, capex 3, management 2."""
    names = ("operating_costs", "agent", "hedge_fees", "capex", "management")
    return Pot(
        date=dt.date(2027, 7, 31),
        cash=np.array([revenue]),
        fees=dict(zip(names, map(claim, (20.0, 1.0, 1.0, 3.0, 2.0)), strict=True)),
        interest={"floating": claim(6.0), "fixed": claim(4.0)},
        principal={"floating": claim(30.0), "fixed": claim(20.0)},
        balance={"floating": np.array([600.0]), "fixed": np.array([400.0])},
        accounts={"liquidity": np.array([liquidity]), "power": np.array([0.0]), "trap": np.array([0.0])},
        targets={"liquidity": np.array([30.0]), "power": np.array([5.0])},
        pool=np.zeros(1),
        opening_pool=1.0,
        interest_in=np.zeros(1),
        principal_in=np.zeros(1),
        amounts={},
        ratios={"dscr": lambda _: np.array([dscr])},
    )


def test_the_filed_order_in_a_good_month() -> None:
    of = run(month(100.0), *FILED)
    # 100 - 20 - 2 - 10 - 50 = 18, 5 to the power reserve, 3 and 2, 8 released
    assert paid(of) == {
        "operating_costs": 20.0, "agent": 1.0, "hedge_fees": 1.0, "capex": 3.0, "management": 2.0,
        "floating interest": 6.0, "fixed interest": 4.0, "floating principal": 30.0, "fixed principal": 20.0,
    }  # fmt: skip
    assert (of.accounts["power"][0], of.accounts["trap"][0], of.released[0]) == (5.0, 0.0, 8.0)  # type: ignore[index]
    assert of.balance["floating"][0] == 570.0


def test_the_filed_order_in_a_month_of_the_trap() -> None:
    of = run(month(100.0, dscr=1.1), *FILED)
    assert (of.accounts["trap"][0], of.released[0], of.fees["capex"].owed[0]) == (13.0, 0.0, 3.0)  # type: ignore[index]


def test_the_filed_order_in_a_short_month() -> None:
    of = run(month(40.0, liquidity=25.0), *FILED)
    # 40 - 20 - 2 - 10 = 8 and the reserve's 25 pay 33 of 50, three fifths of it to the floating part
    assert paid(of)["floating principal"] == pytest.approx(19.8)
    assert paid(of)["fixed principal"] == pytest.approx(13.2)
    assert of.principal["floating"].owed[0] == pytest.approx(10.2)
    assert (of.accounts["liquidity"][0], of.accounts["power"][0], of.released[0]) == (0.0, 0.0, 0.0)  # type: ignore[index]
