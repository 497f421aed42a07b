"""A web lived step by step: money lent and paid, firms that lose all they have, guarantees called, edges cut, in any order.

A plain account of cash and of every edge is kept beside the arrays; what clears is held against its certificate, a plain iteration and
what each step may do to the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from instruments.ground.tolerances import FIXED_POINT_RESIDUAL
from pricing import clearing

FIRMS = 4
TINY = 1e-9
"""On amounts up to a few hundred; residuals are held to 1e-12 of all debt."""
firms = st.integers(0, FIRMS - 1)
amounts = st.integers(1, 40).map(lambda quarter: quarter / 4)


class Web(RuleBasedStateMachine):
    """Cash by firm, what each owes each, and promises by one for the debt of another."""

    clear = staticmethod(clearing.clear_debts)
    guaranteed = staticmethod(clearing.clear_guarantees)

    @initialize(
        cash=st.lists(amounts, min_size=FIRMS, max_size=FIRMS),
        outside=st.lists(st.integers(0, 20), min_size=FIRMS, max_size=FIRMS),
        debts=st.lists(st.integers(0, 40), min_size=FIRMS**2, max_size=FIRMS**2),
    )
    def found(self, cash: list[float], outside: list[int], debts: list[int]) -> None:
        """Debts of the past, whose money is spent."""
        self.cash = np.array(cash)
        self.outside = np.array(outside) / 4.0
        self.debts = np.array(debts).reshape(FIRMS, FIRMS) / 4.0
        np.fill_diagonal(self.debts, 0.0)
        self.put_in = float(self.cash.sum())
        self.taken_out = 0.0
        self.lent = self.debts.copy()
        self.paid, self.written_off = np.zeros((FIRMS, FIRMS)), np.zeros((FIRMS, FIRMS))
        self.promises: list[tuple[int, int, int, float]] = []
        self.called = 0.0

    @rule(lender=firms, borrower=firms, usd=amounts)
    def lend(self, lender: int, borrower: int, usd: float) -> None:
        """The borrower owes what it gets; the lender lends what it has."""
        usd = min(usd, float(self.cash[lender]))
        if lender != borrower and usd > 0.0:
            self.move(lender, borrower, usd)
            self.debts[borrower, lender] += usd
            self.lent[borrower, lender] += usd

    @rule(payer=firms, payee=firms, share=st.sampled_from([0.25, 0.5, 1.0]))
    def pay(self, payer: int, payee: int, share: float) -> None:
        """A payment out of cash; by a firm that clears in full it leaves the wealth of everybody as it was."""
        before = self.cleared()
        usd = min(share * float(self.debts[payer, payee]), float(self.cash[payer]))
        if usd <= 0.0:
            return
        self.move(payer, payee, usd)
        self.debts[payer, payee] -= usd
        self.paid[payer, payee] += usd
        if not before.default[payer]:
            assert np.maximum(self.cleared().equity, 0.0) == pytest.approx(np.maximum(before.equity, 0.0), abs=TINY), "a payment in full"

    @rule(firm=firms, usd=amounts)
    def earn(self, firm: int, usd: float) -> None:
        """Money from outside: nobody is worse off."""
        before = self.cleared()
        self.cash[firm] += usd
        self.put_in += usd
        self.nobody_below(before, self.cleared(), "money came in")

    @precondition(lambda self: self.cash.sum() > 0)
    @rule(firm=firms)
    def lose_all(self, firm: int) -> None:
        """Whatever cash it has is gone: nobody is better off."""
        before = self.cleared()
        self.taken_out += float(self.cash[firm])
        self.cash[firm] = 0.0
        self.nobody_below(self.cleared(), before, "money was lost")

    @rule(debtor=firms, creditor=firms)
    def cut(self, debtor: int, creditor: int) -> None:
        """The claim is waived: its debtor is not worse off, its creditor not better; an edge without a claim changes nothing."""
        before, waived = self.cleared(), float(self.debts[debtor, creditor])
        self.debts[debtor, creditor] = 0.0
        self.written_off[debtor, creditor] += waived
        after = self.cleared()
        assert after.equity[debtor] >= before.equity[debtor] - TINY, "the debtor of a claim that is waived"
        assert max(after.equity[creditor], 0.0) <= max(before.equity[creditor], 0.0) + TINY, "the creditor of a claim that is waived"
        if waived == 0.0:
            assert np.array_equal(after.paid, before.paid), "nothing was cut"

    @rule(who=st.permutations(range(FIRMS)), cap=amounts)
    def promise(self, who: list[int], cap: float) -> None:
        """A guarantor, whose debt, to whom."""
        if len(self.promises) < 4:
            self.promises.append((who[0], who[1], who[2], cap))

    @precondition(lambda self: bool(self.promises))
    @rule(which=st.integers(0, 3))
    def call(self, which: int) -> None:
        """A promise is used: the guarantor pays what the debtor falls short, at most cap and cash, and the claim is paid by as much."""
        guarantor, debtor, creditor, cap = self.promises.pop(which % len(self.promises))
        result = self.cleared()
        owed = float(self.debts[debtor, creditor])
        share = result.paid[debtor] / result.owed[debtor] if result.owed[debtor] > 0 else 1.0
        usd = min(cap, owed * (1.0 - float(share)), float(self.cash[guarantor]))
        if usd <= 0.0:
            return
        total = self.debts.sum()
        self.move(guarantor, creditor, usd)
        self.debts[debtor, creditor] -= usd
        self.paid[debtor, creditor] += usd
        self.called += usd
        assert self.debts.sum() == pytest.approx(total - usd, abs=TINY)

    def move(self, payer: int, payee: int, usd: float) -> None:
        self.cash[payer] -= usd
        self.cash[payee] += usd

    def cleared(self) -> Any:
        return self.clear(assets=self.cash, debts=self.debts, external=self.outside, rank="first")

    @staticmethod
    def nobody_below(low: Any, high: Any, why: str) -> None:
        """Payments and wealth of `high` are at or above those of `low`."""
        assert (high.paid >= low.paid - TINY).all(), why
        assert (high.equity >= low.equity - TINY).all(), why

    @invariant()
    def balances(self) -> None:
        """Cash is what came in less what went out; every edge is what was lent less what was paid or waived."""
        if hasattr(self, "cash"):
            assert (self.cash >= -TINY).all()
            assert self.cash.sum() == pytest.approx(self.put_in - self.taken_out, abs=TINY), "cash in less cash out"
            assert self.debts == pytest.approx(self.lent - self.paid - self.written_off, abs=TINY)

    @invariant()
    def what_clears_is_certified(self) -> None:
        if not hasattr(self, "cash"):
            return
        found = self.cleared()
        assert found.certificate.residual[0] <= FIXED_POINT_RESIDUAL
        assert (found.paid >= 0.0).all()
        assert (found.paid <= found.owed + TINY).all()
        # conservation: what firms and outsiders end up with is the cash there was
        assert np.maximum(found.equity, 0.0).sum() + found.outside_paid.sum() == pytest.approx(self.cash.sum(), abs=TINY), "conservation"
        assert found.paid == pytest.approx(plain_clearing(self.cash, self.debts, self.outside), abs=1e-6), "a plain iteration"

    @invariant()
    def guarantees_help_creditors_within_their_caps(self) -> None:
        if not getattr(self, "promises", None):
            return
        who = {
            "guarantor": [p[0] for p in self.promises],
            "debtor": [p[1] for p in self.promises],
            "creditor": [p[2] for p in self.promises],
        }
        terms: dict[str, Any] = {"assets": self.cash, "debts": self.debts, "external": self.outside, "rank": "first"}
        bare = self.cleared()
        caps = np.array([p[3] for p in self.promises])
        found = self.guaranteed(**terms, **who, cap=caps)
        assert (found.called >= 0.0).all()
        assert (found.called <= caps + TINY).all(), "a call above its cap"
        assert (found.paid_under <= found.called + TINY).all()
        none = self.guaranteed(**terms, **who, cap=np.zeros(len(caps)))
        assert none.share_paid * bare.owed == pytest.approx(bare.paid, abs=1e-8), "guarantees of nothing"
        wealth = np.maximum(found.equity, 0.0).sum() + found.outside_paid.sum()
        assert wealth == pytest.approx(self.cash.sum(), abs=1e-8), "conservation with guarantees"


def plain_clearing(cash: Any, debts: Any, outside: Any) -> Any:
    """Payments by the definition: from full payment on, pay what there is after outsiders, in proportion; until nothing moves."""
    owed = debts.sum(axis=1)
    share = debts / np.where(owed > 0, owed, 1.0)[:, None]
    paid = owed.copy()
    for _ in range(20_000):
        new = np.minimum(owed, np.maximum(cash + paid @ share - outside, 0.0))
        if np.abs(new - paid).max() < 1e-12:
            break
        paid = new
    return paid


TestWeb = Web.TestCase
TestWeb.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)

FAILS = settings(max_examples=200, stateful_step_count=25, deadline=None, database=None, derandomize=True, phases=[Phase.generate])


def first_in_line(**terms: Any) -> Any:
    """Planted: outsiders are paid after the network, though the rank says before."""
    return clearing.clear_debts(**terms | {"rank": "pro_rata"})


def half_lost(**terms: Any) -> Any:
    """Planted: a default destroys half of what there is."""
    return clearing.clear_debts(**terms, alpha=0.5, beta=0.5)


def without_caps(**terms: Any) -> Any:
    """Planted: a guarantee without its cap."""
    return clearing.clear_guarantees(**terms | {"cap": np.asarray(terms["cap"]) * 4.0})


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"clear": staticmethod(first_in_line)}, r"plain iteration|payment in full|waived|guarantees of nothing"),
        ({"clear": staticmethod(half_lost)}, "conservation"),
        ({"guaranteed": staticmethod(without_caps)}, r"above its cap|conservation"),
        ({"move": lambda self, payer, payee, usd: self.cash.__setitem__(payee, self.cash[payee] + usd)}, "cash in less cash out"),
    ],
    ids=["the wrong rank", "hidden default costs", "no cap", "money from nowhere"],
)
def test_a_planted_wrong_rule_is_found(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        run_state_machine_as_test(type("Wrong", (Web,), wrong), settings=FAILS)
