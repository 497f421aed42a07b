"""Statements from a ledger: cash by party, claims, tests, as polars frames."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from pricing.ledger import facility as k
from pricing.ledger.plan import LedgerPlan
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    import polars as pl

    from pricing.schedules.facility import Facility

STATUSES = ("performing", "enforcement", "closed", "awaiting guarantee")
"""Names of a facility's status, by code."""


def statement(plan: LedgerPlan, dates: tuple[dt.date, ...], amounts: Floats, *, party: str | None = None) -> pl.DataFrame:
    """Every posting that is not nought: date, party, other, contract, reason, unit, claim, amount.

    Args:
        plan: the columns.
        dates: of the rows.
        amounts: [time, posting], of one path or a mean over paths.
        party: whose statement, amounts positive where it receives; None lists each posting once, from its payee's side.

    Returns:
        Rows in order of date, then of the plan.
    """
    import polars as pl  # a second of import time that a price does not need

    columns = range(len(plan)) if party is None else plan.columns(party=party)
    rows = []
    for t, date in enumerate(dates):
        for column in columns:
            amount, posting = float(amounts[t, column]), plan.postings[column]
            if amount == 0.0:
                continue
            mine = party is None or posting.payee == party
            name, other = (posting.payee, posting.payer) if mine else (posting.payer, posting.payee)
            signed = amount if mine else -amount
            rows.append((date, name, other, posting.contract, posting.reason, posting.unit, posting.claim, signed))
    text, number = pl.String(), pl.Float64()
    schema = {
        "date": pl.Date(),
        "party": text,
        "other": text,
        "contract": text,
        "reason": text,
        "unit": text,
        "claim": text,
        "amount": number,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def by_party(plan: LedgerPlan, amounts: Floats, present: Floats) -> pl.DataFrame:
    """What each party receives and gives, in cash and terminal value, USD: party, received, paid, net, net_present_value.

    Args:
        plan: the columns.
        amounts: [time, posting].
        present: the same amounts, discounted.

    Returns:
        One row per party; accounts `vehicle/...` count to themselves. Nets sum to nought.
    """
    import polars as pl

    rows = []
    for party in plan.parties():
        received = paid = net = worth = 0.0
        for column in plan.columns(party=party, unit="USD"):
            posting = plan.postings[column]
            if posting.claim not in ("cash", "terminal"):
                continue
            sign = 1.0 if posting.payee == party else -1.0
            total = float(np.sum(amounts[:, column]))
            received, paid = (received + total, paid) if sign > 0 else (received, paid + total)
            net += sign * total
            worth += sign * float(np.sum(present[:, column]))
        if received or paid or worth:
            rows.append((party, received, paid, net, worth))
    text, number = pl.String(), pl.Float64()
    schema = {"party": text, "received": number, "paid": number, "net": number, "net_present_value": number}
    return pl.DataFrame(rows, schema=schema, orient="row")


def coverage_statement(dates: tuple[dt.date, ...], states: Floats, threshold: float) -> pl.DataFrame:
    """The maintenance test by date on one path: value tested, threshold, verdict; and DSCR and LTV beside it.

    Args:
        dates: of the rows.
        states: [time, state item] of one path.
        threshold: of the test.

    Returns:
        date, status, balance_usd, trapped_usd, dscr, ltv, value_tested, threshold, verdict ('passed', 'breached', 'not tested').
        DSCR is of the month, null without service; LTV is balance over market value of what is bought and unsold, null without any.
    """
    import polars as pl

    rows = []
    for t, date in enumerate(dates):
        s = states[t]
        balance = float(s[k.FLOATING] + s[k.FIXED])
        dscr = float(s[k.CFADS] / s[k.SERVICE]) if s[k.SERVICE] > 0 else None
        ltv = balance / float(s[k.MARKET_VALUE]) if s[k.MARKET_VALUE] > 0 else None
        tested = s[k.TESTED] > 0
        verdict = "not tested" if not tested else "breached" if s[k.BREACHED] > 0 else "passed"
        tests = (float(s[k.TRAILING]), threshold) if tested else (None, None)
        rows.append((date, STATUSES[int(s[k.STATUS])], balance, float(s[k.TRAP]), dscr, ltv, *tests, verdict))
    number = pl.Float64()
    names = ("balance_usd", "trapped_usd", "dscr", "ltv", "value_tested", "threshold")
    schema = {"date": pl.Date(), "status": pl.String(), **dict.fromkeys(names, number), "verdict": pl.String()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def covenant_statement(facility: Facility, tests: Floats, ledger: Floats) -> pl.DataFrame:
    """Every covenant test of one path, with what it found, and the cross-default that accelerates the loan, if one does.

    Args:
        facility: its covenants and dates.
        tests: [covenant, time, item] of one path.
        ledger: [time, posting] of the path.

    Returns:
        date, covenant, value_tested, threshold, verdict ('passed', 'cured', 'waived', 'failed', 'called' by a cross-default), in order of
        date. A cross-default has seen one default of the loans that it names, where none is allowed.
    """
    import polars as pl

    from pricing.schedules.covenants import covenants_of

    labels = list(covenants_of(facility.loan))
    rows: list[tuple[dt.date, str, float, float, str]] = []
    for t, date in enumerate(facility.dates):
        for i, label in enumerate(labels):
            made, failed, value, cured, waived = tests[i, t]
            if made:
                verdict = "passed" if not failed else "cured" if cured else "waived" if waived else "failed"
                rows.append((date, label, float(value), float(facility.plan.tests.level[i, t]), verdict))
        if ledger[t, k.CROSS_NOTICE] > 0:
            named = ", ".join(cross.contract for cross in facility.loan.cross_defaults)
            rows.append((date, f"cross-default: {named}", 1.0, 0.0, "called"))
    text, number = pl.String(), pl.Float64()
    schema = {"date": pl.Date(), "covenant": text, "value_tested": number, "threshold": number, "verdict": text}
    return pl.DataFrame(rows, schema=schema, orient="row")


def draw_statement(facility: Facility) -> pl.DataFrame:
    """The sizing test of each cohort's draw after acceptance, on the plan: value tested, threshold, verdict.

    Returns:
        cohort, funded, accepted, cost_usd, at_funding_usd, after_acceptance_usd, value_tested, threshold, verdict. The value tested is
        the least projected coverage over all payment dates to maturity if the cohort were drawn to its full share of cost; where it is
        below the threshold the draw is 'cut' to what passes. Cohorts in service at the grid's start are not drawn again: 'past'.
    """
    import polars as pl

    plan, draws = facility.plan, facility.loan.draws
    rows = []
    for c, cohort in enumerate(facility.fleet.cohorts):
        past = bool(plan.accept[c] < 0)
        ratio = threshold = None
        verdict, top = "past", float(plan.cohort_drawn[c])
        if draws is not None and not past:
            full = plan.after_acceptance * plan.cost[c]
            threshold = draws.sizing_dscr
            ratio = float(threshold * plan.top_up_capacity[c] / full)
            verdict = "passed" if ratio >= threshold else "cut"
            top = float(max(min(full, plan.top_up_capacity[c]), plan.at_funding * plan.cost[c]))
        at_funding = float(plan.at_funding * plan.cost[c]) if not past else float(plan.cohort_drawn[c])
        rows.append((cohort.label, cohort.funding, cohort.acceptance, cohort.cost_usd, at_funding, top, ratio, threshold, verdict))
    number, text, date = pl.Float64(), pl.String(), pl.Date()
    schema = {
        "cohort": text, "funded": date, "accepted": date, "cost_usd": number, "at_funding_usd": number, "after_acceptance_usd": number,
        "value_tested": number, "threshold": number, "verdict": text,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")
