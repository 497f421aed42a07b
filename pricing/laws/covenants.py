"""Laws of covenants: a verdict is the comparison it says, cures and waivers are counted, and what follows a breach follows it."""

from __future__ import annotations

import numpy as np

from curves import Market
from instruments.contracts.loan import Loan
from instruments.deal import Deal
from pricing.engines.facility_run import Setup
from pricing.laws.facility import DUST, PATHS, events_of, facilities, kept
from pricing.laws.law import Law
from pricing.laws.retests import CAPS, retests
from pricing.ledger import facility as k
from pricing.ledger.checks import before
from pricing.mechanics.rollforward import Rolled
from pricing.mechanics.state import DEBT_TOL
from pricing.registry import Settings
from pricing.schedules.covenants import covenants_of
from pricing.schedules.plan import NEVER, Drivers, Events, no_events
from pricing.schedules.types import Bools, Floats

VALUE_REL = 1e-9
"""A ratio rebuilt from sums of many months, relative."""


def _loan(deal: Deal, name: str) -> Loan:
    loan = deal.contracts[name]
    assert isinstance(loan, Loan)
    return loan


def has_covenants(deal: Deal) -> bool:
    """Whether a facility has any."""
    return any(covenants_of(_loan(deal, name)) for name in facilities(deal))


def verdicts_are_comparisons(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where each covenant is tested on its dates alone, on the ratio of its window, and breached beyond its level and nowhere else."""
    for name in facilities(deal):
        setup, _, rolled = kept(deal, market, settings, name)
        for test in retests(_loan(deal, name), setup, rolled):
            found = rolled.tests[test.number, test.month]
            made, failed, value = found[k.TEST_MADE] > 0, found[k.TEST_FAILED] > 0, found[k.TEST_VALUE]
            where = f"{name}: {test.label} on {setup.facility.dates[test.month]}"
            if (test.sure & (made != test.made)).any():
                return f"{where} is tested on some path where its terms say otherwise"
            scale = VALUE_REL * np.maximum(np.maximum(np.abs(value), np.abs(test.value)), test.level)
            if (test.sure & made & (np.abs(value - test.value) > scale)).any():
                return f"{where} compares another figure than the path's own on some path"
            beyond = value > test.level if test.terms.kind in CAPS else value < test.level
            if (failed != (made & beyond)).any():
                return (
                    f"{where} is found {'sound' if (made & beyond & ~failed).any() else 'breached'} on some path against its own comparison"
                )
    return None


def cures_within_terms(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where cures and waivers meet breaches alone, as often as terms say and whenever they may, and a cure pays what was missing."""
    for name in facilities(deal):
        setup, drivers, rolled = kept(deal, market, settings, name)
        plan = setup.facility.plan
        used = {label: [plan.tests.used[0, i], plan.tests.used[1, i]] for i, label in enumerate(covenants_of(_loan(deal, name)))}
        paid = np.zeros(rolled.ledger.shape[::2])
        for test in retests(_loan(deal, name), setup, rolled):
            found, terms, count = rolled.tests[test.number, test.month], test.terms, used[test.label]
            breached, cured, waived = (found[item] > 0 for item in (k.TEST_FAILED, k.TEST_CURED, k.TEST_WAIVED))
            free = terms.free_cures_until is not None and setup.facility.dates[test.month] < terms.free_cures_until
            may = breached & (drivers.operator > test.month) & (free | (count[0] < terms.cures))
            let = breached & ~may & (count[1] < (terms.waivers.count if terms.waivers else 0))
            where = f"{name}: {test.label} on {setup.facility.dates[test.month]}"
            if (cured != may).any():
                return f"{where}: a breach is {'cured that may not be' if (cured & ~may).any() else 'not cured that may be'} on some path"
            if (waived != let).any():
                return (
                    f"{where}: a breach is {'waived that may not be' if (waived & ~let).any() else 'not waived that may be'} on some path"
                )
            count[0] = count[0] + (0.0 if free else 1.0) * cured
            count[1] = count[1] + waived
            paid[test.month] += np.where(cured, test.posted, 0.0)
            if (test.sure & cured & (np.abs(rolled.ledger[test.month, k.CURE] - test.posted) > DUST * plan.commitment)).any():
                return f"{where}: a cure does not pay what the test lacked on some path"
        if (rolled.ledger[:, k.CURE] > DUST * plan.commitment)[paid == 0.0].any():
            return f"{name}: a cure is paid on some path where nothing is cured"
    return None


def _standing(loan: Loan, rolled: Rolled) -> dict[str, tuple[Bools, Floats]]:
    """By covenant: whether its last test failed and stands at the month's end, and how many have failed in a row, [time, path].

    A loan that performs again after enforcement starts afresh.
    """
    status, tests = rolled.states[:, k.STATUS], rolled.tests
    back = (before(rolled.states, k.STATUS, float(k.PERFORMING)) == k.ENFORCEMENT) & (status == k.PERFORMING)
    found: dict[str, tuple[Bools, Floats]] = {}
    for i, label in enumerate(covenants_of(loan)):
        made = tests[i, :, k.TEST_MADE] > 0
        failed = (tests[i, :, k.TEST_FAILED] > 0) & (tests[i, :, k.TEST_CURED] == 0) & (tests[i, :, k.TEST_WAIVED] == 0)
        stands, row = np.zeros_like(made), np.zeros(made.shape)
        last, count = np.zeros(made.shape[1], dtype=np.bool_), np.zeros(made.shape[1])
        for t in range(len(made)):
            last = np.where(made[t], failed[t], last)
            count = np.where(made[t], np.where(failed[t], count + 1.0, 0.0), count)
            # counted before the loan is set right again at the month's end
            row[t] = count
            last, count = last & ~back[t], np.where(back[t], 0.0, count)
            stands[t] = last
        found[label] = stands, row
    return found


def breaches_have_consequences(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where a breach that stands stops draws, keeps cash from the owners where its terms say so, or makes what it lacks fall due."""
    for name in facilities(deal):
        setup, _, rolled = kept(deal, market, settings, name)
        loan, ledger, states = _loan(deal, name), rolled.ledger, rolled.states
        dust = DUST * setup.facility.plan.commitment
        standing = _standing(loan, rolled)
        terms = covenants_of(loan)
        shape = states[:, k.STATUS].shape
        performs = (before(states, k.STATUS, float(k.PERFORMING)) == k.PERFORMING) & (states[:, k.STATUS] < k.CLOSED)
        owing = performs & (states[:, k.FLOATING] + states[:, k.FIXED] > dust)
        drawn = ledger[:, k.DRAW_FLOATING] + ledger[:, k.DRAW_FIXED]
        for label, (stands, _) in standing.items():
            then = np.concatenate([np.zeros((1, shape[1]), dtype=np.bool_), stands[:-1]])
            if (then & (drawn > dust)).any():
                return f"{name}: a draw is made on some path while a breach of {label} stands"
            if terms[label].consequence in ("cash_trap", "lock_up") and (then & owing & (ledger[:, k.DISTRIBUTION] > dust)).any():
                return f"{name}: the owners are paid on some path while a breach of {label} stands, whose consequence keeps cash from them"
        why = _prepaid(name, loan, setup, rolled, performs)
        if why is not None:
            return why
    return None


def _prepaid(name: str, loan: Loan, setup: Setup, rolled: Rolled, performs: Bools) -> str | None:
    """What a failed test lacks is part of the principal that falls due on the next date."""
    states, due = rolled.states, rolled.ledger[:, k.PRINCIPAL_DUE]
    for test in retests(loan, setup, rolled):
        t, found = test.month, rolled.tests[test.number, test.month]
        if test.terms.consequence != "prepayment" or t + 1 >= setup.facility.plan.maturity:
            continue
        stands = (found[k.TEST_FAILED] > 0) & (found[k.TEST_CURED] == 0) & (found[k.TEST_WAIVED] == 0)
        room = states[t, k.FLOATING] + states[t, k.FIXED] - states[t, k.PRINCIPAL_ARREARS]
        least = np.minimum(test.need, room)
        if (stands & test.sure & performs[t + 1] & (due[t + 1] < least - DUST * setup.facility.plan.commitment)).any():
            return f"{name}: {test.label} fails on {setup.facility.dates[t]} on some path, and what it lacks does not fall due"
    return None


def default_has_its_cause(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where an event of default is called in exactly the months in which one of its causes is there."""
    for name in facilities(deal):
        setup, drivers, rolled = kept(deal, market, settings, name)
        performing = before(rolled.states, k.STATUS, float(k.PERFORMING)) == k.PERFORMING
        debt = rolled.states[:, [k.FLOATING, k.FIXED, k.INTEREST_ARREARS]].sum(axis=1)
        owing = performing & (debt > DEBT_TOL * setup.facility.plan.commitment)
        events = events_of(setup, settings) or no_events(debt.shape[1])
        expected = owing & _causes(_loan(deal, name), setup, drivers, rolled, owing, events)
        called = performing & (rolled.states[:, k.STATUS] == k.ENFORCEMENT)
        if (called != expected).any():
            t = int(np.argwhere((called != expected).any(axis=1))[0, 0])
            wrong = "without a cause" if (called & ~expected)[t].any() else "in spite of its cause not"
            return f"{name}: an event of default is {wrong} called on {setup.facility.dates[t]} on some path"
    return None


def _causes(loan: Loan, setup: Setup, drivers: Drivers, rolled: Rolled, owing: Bools, events: Events) -> Bools:
    """Payment late beyond grace, a covenant failed beyond its own, the contract's early end, maturity, another loan's default."""
    plan, states = setup.facility.plan, rolled.states
    months = np.arange(plan.months)[:, None]
    put_off = states[:, [k.OPEX_ARREARS, k.FEE_ARREARS, k.INTEREST_ARREARS, k.SWAP_ARREARS, k.PRINCIPAL_ARREARS]].sum(axis=1)
    late, row = np.zeros(owing.shape), np.zeros(owing.shape[1])
    back = (before(states, k.STATUS, float(k.PERFORMING)) == k.ENFORCEMENT) & (states[:, k.STATUS] == k.PERFORMING)
    for t in range(len(owing)):
        row = np.where(owing[t] & (put_off[t] > DEBT_TOL * plan.commitment), row + 1.0, 0.0)
        late[t] = row
        row = np.where(back[t], 0.0, row)
    cause = late > loan.enforcement.grace_months
    for label, (_, failed) in _standing(loan, rolled).items():
        terms = covenants_of(loan)[label]
        if terms.consequence == "event_of_default":
            cause |= failed > terms.grace_months
    quits = np.where(drivers.substituted == 1, NEVER, np.minimum(drivers.operator, NEVER - 64) + 1 + plan.substitute_delay)
    dead = np.minimum(np.minimum(drivers.customer + 1, quits), plan.contract_end)
    if loan.customer_default_is_event_of_default:
        cause |= (dead < plan.contract_end) & (months + 1 >= dead)
    return cause | (months == plan.maturity - 1) | (events.crossed[None, :] <= months)


LAWS: tuple[Law, ...] = (
    Law(
        "verdicts_are_comparisons",
        "a covenant is tested on its dates alone, on the figures of its window, and is breached beyond its level and nowhere else",
        f"covenants of facilities, rebuilt from the path's own ledger; on {PATHS} paths of every market tried",
        has_covenants,
        verdicts_are_comparisons,
    ),
    Law(
        "cures_within_terms",
        "a breach is cured while the operator is solvent and a cure is left, else waived if a waiver is left; a cure pays what lacked",
        "covenants of facilities; amounts where one covenant is cured on a date; on the same paths",
        has_covenants,
        cures_within_terms,
    ),
    Law(
        "breaches_have_consequences",
        "while a breach stands nothing is drawn; a trap or lock-up keeps cash from the owners, a prepayment falls due on the next date",
        "covenants of facilities, while the loan performs; on the same paths",
        has_covenants,
        breaches_have_consequences,
    ),
    Law(
        "default_has_its_cause",
        "an event of default is called in the months in which one of its causes is there, and in no other",
        "facilities: payments late beyond grace, tests failed beyond theirs, the contract's early end, maturity, another loan's default",
        lambda deal: bool(facilities(deal)),
        default_has_its_cause,
    ),
)
"""Laws of covenants."""
