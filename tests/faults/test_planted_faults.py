"""Faults of one line, planted in the running code: every one is caught by a law of the shipped catalogue, run through `stress` or
`stress_web`, and the code without it passes the same law on the same draws.

Compiled loops cannot be changed while they run. Where a fault concerns them the law looks at the readable numpy statement of the same
model instead (`roll_forward`, plain iteration, the plain run of dates), with the fault and without it; other tests hold each loop equal
to its statement, over random terms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from instruments import Project, Web
from pricing import stress, stress_web
from pricing.clearing import debts, sales
from pricing.laws import facility, law, project_runs, warrants as warrant_laws, webs
from pricing.laws.search import LawResult
from pricing.mechanics.rollforward import roll_forward
from pricing.web.dates import run_dates
from tests.faults.planting import plant
from tests.faults.subjects import SUBJECTS
from tests.house import ROOT


@dataclass(frozen=True)
class Fault:
    """One line of wrong code, and the law that finds it."""

    room: str
    words: str
    where: str
    """Module and function, `module:function` below `pricing`."""
    old: str
    new: str
    subject: str
    law: str

    def __str__(self) -> str:
        return f"{self.room}: {self.words}"


PAY, TESTS, STEPS = "mechanics.waterfall", "mechanics.covenants", "conditions"
FAULTS = (
    Fault(
        "waterfall", "the management fee is paid before everything", f"{PAY}:pay", "for rank in plan.waterfall:",
        "for rank in sorted(plan.waterfall, key=lambda rank: rank != p.RANK_SUBORDINATED):", "swept", "payments_in_order",
    ),
    Fault(
        "waterfall", "cash is swept before interest is paid", f"{PAY}:pay", "for rank in plan.waterfall:",
        "for rank in sorted(plan.waterfall, key=lambda rank: rank != p.RANK_SWEEP):", "swept", "payments_in_order",
    ),
    Fault(
        "waterfall", "owners are paid before principal", f"{PAY}:pay", "for rank in plan.waterfall:",
        "for rank in sorted(plan.waterfall, key=lambda rank: rank == p.RANK_PRINCIPAL):", "facility", "payments_in_order",
    ),
    Fault(
        "waterfall", "interest is split by balance, not by what fell due", f"{PAY}:_pay_interest",
        "row[k.INTEREST_FLOATING] = owed_floating * share + due.pik_floating",
        "row[k.INTEREST_FLOATING] = (owed_floating + owed_fixed) * share * state.floating / np.maximum(state.balance, 1.0)",
        "facility", "claims_of_one_rank_alike",
    ),
    Fault(
        "waterfall", "principal repays the floating part first", f"{PAY}:reduce_principal",
        "floating, fixed = state.floating * share, state.fixed * share",
        "floating = np.minimum(paid, state.floating); fixed = paid - floating", "facility", "claims_of_one_rank_alike",
    ),
    Fault(
        "waterfall", "the reserve that pays interest is not drawn down", f"{PAY}:_pay_interest",
        "state.liquidity = state.liquidity - reserve", "state.liquidity = state.liquidity - 0.0 * reserve", "facility", "ledger_adds_up",
    ),
    Fault(
        "waterfall", "what is put off is forgotten", f"{PAY}:_pay_principal", "owed = new + state.principal_arrears", "owed = new + 0.0",
        "facility", "ledger_adds_up",
    ),
    Fault(
        "waterfall", "a junior class of notes is repaid first", "priority.interpreter:_repay",
        "paid = _shares([pot.balance[name] for name in names] if owed is None else owed, how, cash)",
        "paid = _shares(([pot.balance[name] for name in names] if owed is None else owed)[::-1], how, cash)[::-1]",
        "notes", "senior_recovers_more",
    ),
    Fault(
        "waterfall", "principal of notes is paid and stays in the pot", "priority.interpreter:_repay", "pot.cash = pot.cash - spent",
        "pot.cash = pot.cash - 0.0 * spent", "notes", "notes_add_up",
    ),
    Fault(
        "covenants", "a test fails at its level", f"{TESTS}:_run_test", "(value < level)", "(value <= level)", "liquid",
        "verdicts_are_comparisons",
    ),
    Fault(
        "covenants", "service is summed over the longest window of all tests", f"{TESTS}:trailing", "state.past_service[-months:].sum",
        "state.past_service.sum", "two windows", "verdicts_are_comparisons",
    ),
    Fault(
        "covenants", "a quarterly test is made every month", "schedules.covenants:level_by_date", "% covenant.every_months", "% 1",
        "quarterly", "verdicts_are_comparisons",
    ),
    Fault(
        "covenants", "a holiday is overlooked", "schedules.covenants:level_by_date",
        "next((h for h in covenant.holidays if h.first <= dates[t] <= h.last), None)", "None", "holiday", "verdicts_are_comparisons",
    ),
    Fault(
        "covenants", "cures are never counted", f"{TESTS}:_run_test", "state.cured[i] += cured & (not free)",
        "state.cured[i] += cured & False", "curable", "cures_within_terms",
    ),
    Fault(
        "covenants", "one cure more than allowed", f"{TESTS}:_run_test", "state.cured[i] < tests.codes[i, p.CURES]",
        "state.cured[i] <= tests.codes[i, p.CURES]", "curable", "cures_within_terms",
    ),
    Fault(
        "covenants", "an operator in default cures", f"{TESTS}:_run_test", "(drivers.operator > t)", "(drivers.operator > -1)", "curable",
        "cures_within_terms",
    ),
    Fault(
        "covenants", "waivers never end", f"{TESTS}:_run_test", "state.waived[i] += waived", "state.waived[i] += 0.0 * waived", "waived",
        "cures_within_terms",
    ),
    Fault(
        "covenants", "a breach inside its grace is called", f"{TESTS}:call_defaults",
        "state.in_row[i] > plan.tests.codes[i, p.GRACE]", "state.in_row[i] >= plan.tests.codes[i, p.GRACE]", "graced",
        "default_has_its_cause",
    ),
    Fault(
        "covenants", "late payments are borne a month too long", f"{TESTS}:call_defaults", "state.late > plan.grace",
        "state.late > plan.grace + 1", "facility", "default_has_its_cause",
    ),
    Fault(
        "covenants", "a lock-up holds nothing back", f"{PAY}:pay", "_hold(state, cash, state.stands(p.LOCK_UP))",
        "_hold(state, cash, state.stands(p.TRAP))", "locked", "breaches_have_consequences",
    ),
    Fault(
        "covenants", "what a failed test lacks does not fall due", f"{TESTS}:_run_test", "state.prepay + np.where(failed, need, 0.0)",
        "state.prepay", "capped", "breaches_have_consequences",
    ),
    Fault(
        "covenants", "draws are made while a test fails", "mechanics.draws:draws", "allowed &= ~state.failed.any(axis=0)",
        "allowed &= True", "early cap", "breaches_have_consequences",
    ),
    Fault(
        "conditions", "a latched leg has to be true on the day", f"{STEPS}:_counts",
        'np.logical_or.accumulate(truth, axis=0) if condition.meet == "latched" else truth', "truth", "up and now down", "vests_day_by_day",
    ),
    Fault(
        "conditions", "a leg that has to be true on the day is latched", f"{STEPS}:_counts", 'if condition.meet == "latched" else truth',
        'if condition.meet != "at_date" else truth', "up and now down", "vests_day_by_day",
    ),
    Fault(
        "conditions", "the order of a sequence does not matter", f"{STEPS}:_in_order", "since = _first(truth & (days >= since))",
        "since = np.maximum(since, _first(truth))", "up then down", "vests_day_by_day",
    ),
    Fault(
        "conditions", "a sequence is done with its first leg", f"{STEPS}:_in_order", "for truth in truths:", "for truth in truths[:1]:",
        "up then down", "any_order_is_never_later",
    ),
    Fault(
        "conditions", "an averaging window is a day short", f"{STEPS}:_window_sums", "run[np.maximum(ends - days, 0)]",
        "run[np.maximum(ends - days + 1, 0)]", "averaged", "vests_day_by_day",
    ),
    Fault(
        "conditions", "an at-date leg is tested again every day", f"{STEPS}:_group", "together = together & passed",
        "together = together & truth", "at a date", "vests_day_by_day",
    ),
    Fault(
        "conditions", "a date comes true the day after", f"{STEPS}:leg_truth", "world.grid.ordinals >= leg.on.toordinal()",
        "world.grid.ordinals > leg.on.toordinal()", "a date", "vests_day_by_day",
    ),
    Fault(
        "conditions", "any of latched legs waits for the last of them", f"{STEPS}:_latched_day",
        "np.maximum if isinstance(condition, AllOf) else np.minimum", "np.maximum", "any of two now", "latched_is_never_later",
    ),
    Fault(
        "conditions", "the table of verdicts forgets what has latched", "verdict_table:verdicts",
        'np.logical_or.accumulate(raw) if leg.meet == "latched" else raw', "raw", "up and now down", "latched_stays_true",
    ),
    Fault(
        "clearing", "outside creditors are ranked the other way round", "clearing.debts:clear_debts",
        'np.zeros_like(outside)) if rank == "first" else', 'np.zeros_like(outside)) if rank != "first" else', "chain",
        "one_class_shares_alike",
    ),
    Fault(
        "clearing", "pro rata by claims inside the web alone", "clearing.debts:clear_debts",
        "shares = links / np.where(owed > 0, owed, 1.0)[..., None]",
        "shares = links / np.where(links.sum(axis=-1) > 0, links.sum(axis=-1), 1.0)[..., None]", "chain", "one_class_shares_alike",
    ),
    Fault(
        "clearing", "limited liability is forgotten", "clearing.solvers:DebtMap.pays", "np.clip(left, 0.0, self.owed)",
        "np.minimum(left, self.owed)", "chain", "debts_come_before_owners",
    ),
    Fault(
        "clearing", "a defaulter leaves a tenth to its owners", "clearing.solvers:DebtMap.pays", "np.clip(left, 0.0, self.owed)",
        "np.clip(0.9 * left, 0.0, self.owed)", "chain", "debts_come_before_owners",
    ),
    Fault(
        "clearing", "the least solution is sought from the top", "clearing.solvers:iterate", 'owed.copy() if which == "greatest" else',
        'owed.copy() if which == "least" else', "ring", "least_below_greatest",
    ),
    Fault(
        "clearing", "a firm with cash for half of its debts pays half", "clearing.solvers:DebtMap.pays",
        "np.clip(left, 0.0, self.owed), self.owed)",
        "np.clip(left, 0.0, self.owed), np.where(self.assets > 0.5 * self.owed, 0.5, 1.0) * self.owed)", "pair", "more_cash_never_hurts",
    ),
    Fault(
        "clearing", "the cap of a guarantee is ignored", "clearing.guarantees:clear_guarantees",
        "called = np.minimum(limit, promised * (1.0 - share[:, k]))", "called = promised * (1.0 - share[:, k])", "promise",
        "guarantees_within_promise",
    ),
    Fault(
        "clearing", "a guarantee is paid twice", "clearing.guarantees:clear_guarantees", "(called * share[:, g]) @ takes",
        "(2.0 * called * share[:, g]) @ takes", "promise", "guarantees_within_promise",
    ),
    Fault(
        "clearing", "a junior layer does not wait for the senior", "clearing.holdings:HoldingsMap.claims",
        "np.cumsum(self.debts, axis=1) - self.debts", "0.0 * self.debts", "holders", "holdings_add_up",
    ),
    Fault(
        "clearing", "forced sales do not press the price", "web.dates_plain:run_plain", "np.exp(-sheets.impact * (units",
        "np.exp(sheets.impact * (units", "sellers", "sales_press_prices",
    ),
    Fault(
        "clearing", "a joint sale lifts the price", "clearing.sales:fire_sale", "new = opening * np.exp(-depth *",
        "new = opening * np.exp(depth *", "sellers", "ratios_are_restored",
    ),
    Fault(
        "clearing", "a firm short of capital sells half of what it must", "clearing.sales:fire_sale", "return held * share[..., None]",
        "return 0.5 * held * share[..., None]", "sellers", "ratios_are_restored",
    ),
    Fault(
        "clearing", "a defaulter keeps its traded assets", "web.dates_plain:run_plain", "np.where(down, 1.0, np.maximum(short, asked))",
        "np.where(down, 0.0, np.maximum(short, asked))", "sellers", "two_ways_of_contagion",
    ),
    Fault(
        "payoffs", "the strike is ignored", "engines.warrant_setup:WarrantRun.diluted_payoff",
        "np.maximum(-np.expm1(np.log(warrant.strike_usd) - seen), 0.0)", "np.ones_like(seen)", "struck", "pays_by_hand",
    ),
    Fault(
        "payoffs", "a higher strike pays more", "engines.warrant_setup:WarrantRun.diluted_payoff",
        "-np.expm1(np.log(warrant.strike_usd) - seen)", "np.log(warrant.strike_usd) / 10.0", "struck", "higher_strike_never_raises",
    ),
    Fault(
        "payoffs", "the floor is ignored", "engines.warrant_walk:_top_up", "np.maximum(floor.amount_usd - package, 0.0)", "0.0 * package",
        "floored", "pays_by_hand",
    ),
    Fault(
        "payoffs", "vesting lifts the price that it dilutes", "engines.warrant_walk:_diluted", "/ (1.0 + weight)", "/ (1.0 - weight)",
        "diluted", "pays_by_hand",
    ),
    Fault(
        "payoffs", "a forfeited warrant still vests", "engines.warrant_walk:_days", "np.where(vest <= forfeited, vest, never), forfeited",
        "vest, forfeited", "forfeited", "vests_day_by_day",
    ),
    Fault(
        "payoffs", "dividends that the holder misses are added", "engines.warrant_setup:WarrantRun.diluted_payoff",
        "np.exp(-share.dividend_yield * grid.times[when])", "np.exp(share.dividend_yield * grid.times[when])", "dividends", "pays_by_hand",
    ),
    Fault(
        "payoffs", "the cap of a guarantee of a loan is ignored", "mechanics.enforcement:settle",
        "np.minimum(plan.guarantee_cap, state.debt)", "state.debt", "guaranteed", "guarantor_within_cap",
    ),
    Fault(
        "payoffs", "a guarantee is paid for interest and again for principal", "mechanics.enforcement:settle",
        "state.row[k.GUARANTEE] = amount", "state.row[k.GUARANTEE] = 2.0 * amount", "guaranteed", "guarantor_within_cap",
    ),
    Fault(
        "payoffs", "a guarantor in default pays in full", "mechanics.enforcement:settle",
        "np.where(drivers.guarantor > t, 1.0, plan.guarantor_recovery)", "np.ones_like(state.debt)", "guaranteed", "guarantor_within_cap",
    ),
    Fault(
        "payoffs", "lots of hardware fetch more the more are sold", "mechanics.deliveries:_sale", "step = plan.impact * owned / plan.lots",
        "step = -plan.impact * owned / plan.lots", "facility", "forced_sale_below_market",
    ),
    Fault(
        "payoffs", "the cap of a guarantee of a lease is ignored", "engines.support_run:SupportSetup.postings",
        "np.inf if terms.cap_usd is None", "np.inf if True", "leased", "guarantor_within_its_promise",
    ),
    Fault(
        "projects", "use lost in a quick sale is forgotten", "risk.transfer.hardware:post_sale",
        "setup.project.enforcement.discount_lost_share * (value - month.price)", "0.0 * value", "project", "losses_add_up",
    ),
    Fault(
        "projects", "a holder whom nobody stands behind is dropped", "risk.transfer.rows:passed_on",
        "project.ownership.get(holder, {holder: 1.0})", "project.ownership.get(holder, {})", "project", "ultimate_losses_add_up",
    ),
    Fault(
        "projects", "rent runs on after the seizure", "risk.transfer.hardware:post_operations",
        "np.where(performing, amounts[t], 0.0)", "amounts[t] * 1.0", "project", "hardware_is_the_same",
    ),
    Fault(
        "projects", "every lot is worth all of the hardware", "risk.transfer.vehicle:_value_sold",
        "operations.value[t] / setup.project.enforcement.lots", "operations.value[t]", "project", "hardware_is_the_same",
    ),
    Fault(
        "projects", "a lot fetches more than the market's price", "risk.transfer.hardware:sale_month",
        "/ rules.lots * setup.lot_prices[lot]", "/ rules.lots / setup.lot_prices[lot]", "project", "lots_below_market",
    ),
    Fault(
        "projects", "what a failed guarantor does not pay is not given up", "risk.transfer.guarantee:Guarantee.step",
        "(1.0 - worth) * amount", "0.0 * amount", "project", "design_claims_add_up",
    ),
    Fault(
        "projects", "principal put off falls due again", "risk.transfer.debt:Debt.pay",
        "left = pot.balance[name] - principal.owed", "left = pot.balance[name]", "project", "recoveries_are_bounded",
    ),
    Fault(
        "projects", "the junior rank of a project is paid first", "risk.transfer.debt:Debt.__init__",
        "for names in ranks:", "for names in ranks[::-1]:", "project", "designs_pay_in_order",
    ),
    Fault(
        "projects", "the cap of a guarantee of a project's debt is ignored", "risk.transfer.guarantee:Guarantee.step",
        "np.minimum(self._cap, self._owed[name])", "self._owed[name]", "project", "guarantees_within_loss",
    ),
    Fault(
        "projects", "a residual guarantee pays without regard to the sale", "risk.transfer.lease:Lease.sold",
        "share * self._setup.cost - self._proceeds", "share * self._setup.cost", "project", "residuals_within_promise",
    ),
    Fault(
        "projects", "nobody pays what the guarantor promised", "risk.transfer.guarantee:guarantee_columns",
        "columns.claim(guarantor, ", 'columns.claim("nobody", ', "project", "guarantees_move_loss",
    ),
    Fault(
        "projects", "a larger cap covers less", "risk.transfer.guarantee:Guarantee.__init__",
        "else cap * covered", "else 0.1 * covered / cap", "project", "larger_caps_never_hurt",
    ),
    Fault(
        "projects", "a promise is worth more once its giver has failed", "risk.transfer.guarantee:worth_of_promise",
        "operations.defaulted[key] > t, 1.0,", "operations.defaulted[key] <= t, 1.0,", "project", "failing_guarantors_never_help",
    ),
    Fault(
        "projects", "warrants are exercised below their strike", "risk.transfer.shares:post_warrants",
        "max(step.hurdle_usd, terms.strike_usd)", "step.hurdle_usd", "project", "warrants_move_loss",
    ),
    Fault(
        "projects", "brokers take half of a share sale", "risk.transfer.shares:post_margin_loan",
        "cost = terms.sale_cost * proceeds", "cost = 0.5 * proceeds", "project", "pledges_move_loss",
    ),
    Fault(
        "projects", "fair margins are found without discounting", "risk.transfer.book:PresentBook.post",
        "(sign * self._discount[row]) * amount", "sign * amount", "project", "fair_claims_are_par",
    ),
)  # fmt: skip
ROOMS = ("waterfall", "covenants", "conditions", "clearing", "payoffs", "projects")
known: dict[tuple[str, str], LawResult] = {}
"""What the code without a fault says: several faults share a subject and a law."""


def rolled(plan: Any, drivers: Any, events: Any = None) -> tuple[Any, ...]:
    found = roll_forward(plan, drivers, events)
    return found.ledger, found.states, found.outcomes, found.tests


@pytest.fixture(autouse=True)
def readable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Laws look at the numpy statements, on fewer paths, and remember nothing from one test to the next."""
    monkeypatch.setattr(facility, "roll_kept", rolled)
    monkeypatch.setattr(facility, "PATHS", 128)
    monkeypatch.setattr(webs, "METHOD", "iteration")
    monkeypatch.setattr(webs, "HOLDINGS_METHOD", "iteration")
    for solver in (debts, sales):  # a fault may never settle
        monkeypatch.setattr(solver, "MOST_ROUNDS", 2000)
    forget()
    yield
    forget()


def forget() -> None:
    law.remembered.cache_clear()
    warrant_laws.world_of.cache_clear()
    project_runs.ran.cache_clear()


def looked_at(name: str, law_name: str) -> LawResult:
    subject = SUBJECTS[name]()
    if isinstance(subject, Web):
        (found,) = stress_web(subject, laws=[law_name]).laws
    elif isinstance(subject[0], Project):
        (found,) = stress(*subject, laws=[law_name]).laws
    else:
        (found,) = stress(*subject, scenarios=[], laws=[law_name], paths=1).laws
    return found


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_planted_fault_is_caught_by_its_law(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    if fault.where.startswith("web.dates_plain") and fault.law != "two_ways_of_contagion":
        monkeypatch.setattr(webs, "run_dates", partial(run_dates, method="plain"))
    key = fault.subject, fault.law
    if key not in known:
        known[key] = looked_at(*key)
    assert known[key].status == "held", known[key].why
    assert known[key].tried > 1
    forget()
    plant(monkeypatch, f"pricing.{fault.where}", fault.old, fault.new)
    found = looked_at(*key)
    assert found.status == "broken"
    assert found.why
    assert "search itself failed" not in found.why


def test_there_are_three_faults_or_more_in_every_room() -> None:
    count = Counter(fault.room for fault in FAULTS)
    assert set(count) == set(ROOMS)
    assert min(count.values()) >= 3
    assert len({(fault.where, fault.old, fault.new) for fault in FAULTS}) == len(FAULTS) >= 20
    assert f"clearing, payoffs and projects, {len(FAULTS)} of them" in " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
