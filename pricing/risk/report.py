"""All risk rows of a simulated facility: those that the run holds already by default, those that need more runs where they are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pricing.engines.facility_run import FacilityRun, Setup
from pricing.measures import GROUPS
from pricing.risk.break_evens import break_even_rows
from pricing.risk.dependence import dependence_rows, support_rows
from pricing.risk.fans import fan_rows, yield_rows
from pricing.risk.names import PARTY_LOSSES
from pricing.risk.sensitivities import sensitivity_rows
from pricing.risk.tails import default_rows, party_rows, shortfall_rows
from pricing.risk.walks import walk

if TYPE_CHECKING:
    from curves import Market
    from pricing.engines.facility_rows import Rows


def risk_rows(rows: Rows, setup: Setup, run: FacilityRun, market: Market, threads: int | None) -> None:
    """Add the risk rows that are asked for."""
    default_rows(rows, run)
    shortfall_rows(rows, run)
    if rows.wanted is None:
        return
    if rows.wants(*PARTY_LOSSES, *GROUPS["fans"], *GROUPS["yields"]):
        found = walk(run, threads=threads)
        party_rows(rows, run, found)
        fan_rows(rows, run, found)
        yield_rows(rows, run, found)
    if rows.wants(*GROUPS["dependence"]):
        dependence_rows(rows, setup, run, threads)
    if rows.wants(*GROUPS["support"]):
        support_rows(rows, setup, run, threads)
    if rows.wants(*GROUPS["break_evens"]):
        break_even_rows(rows, setup, run, market, threads)
    sensitivity_rows(rows, setup, run, market, threads)
