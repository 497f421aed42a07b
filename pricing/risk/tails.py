"""Rows of the distribution of losses: odds, severity, quantiles with intervals, tails with errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pricing.engines.facility_run import FacilityRun
from pricing.ledger import facility as k
from pricing.risk.names import CASH_ALONE
from pricing.risk.quantiles import quantiles, tail_mean
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    from pricing.engines.facility_rows import Rows
    from pricing.risk.walks import Walk

LEVELS = (0.95, 0.99, 0.999)
LOST_REL = 1e-6
"""Write-offs below this share of the commitment are rounding."""


def default_rows(rows: Rows, run: FacilityRun) -> None:
    """PD by year and at maturity, LGD, EAD, and the odds that something is lost: an event of default is not yet a loss."""
    facility, month = run.facility, run.outcomes[k.DEFAULT_MONTH]
    for t in sorted({*range(11, facility.plan.maturity, 12), facility.plan.maturity - 1}):
        rows.add("pd", *_odds(month <= t), date=facility.dates[t])
    called = month < facility.plan.months
    exposure = run.outcomes[k.EXPOSURE_AT_DEFAULT][called]
    if exposure.size > 1:
        recovered = run.outcomes[k.RECOVERED][called] / facility.plan.discount[month[called].astype(np.int64)]
        rate = float(recovered.sum() / exposure.sum())
        error = float((recovered - rate * exposure).std(ddof=1) * np.sqrt(exposure.size) / exposure.sum())
        rows.add("lgd", 1.0 - rate, error, note="receipts after the event discounted to it at the loan's index, without a premium")
        rows.add("ead", exposure.mean(), float(exposure.std(ddof=1) / np.sqrt(exposure.size)))
    rows.add("shortfall_probability", *_odds(run.outcomes[k.SHORTFALL] > LOST_REL * facility.loan.commitment_usd))


def _odds(happened: Floats) -> tuple[float, float]:
    odds = float(happened.mean())
    return odds, float(np.sqrt(odds * (1.0 - odds) / happened.size))


def shortfall_rows(rows: Rows, run: FacilityRun) -> None:
    """Quantiles and tails of what the lender writes off, discounted."""
    _tail(rows, "shortfall", run.outcomes[k.SHORTFALL_DISCOUNTED], None, "")


def party_rows(rows: Rows, run: FacilityRun, found: Walk) -> None:
    """Quantiles and tails of every party's loss over the whole facility, all discounted alike.

    The lender's counts what it had lent before the market's date as paid in on it. Those of customer and vendor are cash alone: capacity
    and hardware, which they receive and give in kind, have no postings in dollars.
    """
    facility = run.facility
    lender, lent = facility.loan.lender, float(facility.plan.opening[0] + facility.plan.opening[1])
    for name, present in zip(found.parties, found.present, strict=True):
        if np.abs(present).max() <= LOST_REL * facility.loan.commitment_usd:
            continue  # a vehicle passes everything on
        said = "; what was lent before counts as paid in" if name == lender and lent > 0 else ""
        if name in (facility.offtake.customer, facility.fleet.vendor):
            said = f"; {CASH_ALONE}"
        _tail(rows, "loss", (lent if name == lender else 0.0) - present, name, said)


def _tail(rows: Rows, kind: str, losses: Floats, party: str | None, said: str) -> None:
    for each in quantiles(losses, LEVELS):
        note = f"order statistic of {losses.size:,} paths with its 95 % interval, the error a quarter of its width{said}"
        rows.add(f"{kind}_quantile", each.value, each.standard_error, party=party, quantile=each, note=note)
        mean, error = tail_mean(losses, each.level)
        note = f"mean of the worst {100 * (1 - each.level):.3g} % of {losses.size:,} paths{said}"
        rows.add(f"{kind}_tail_mean", mean, error, party=party, level=each.level, note=note)
