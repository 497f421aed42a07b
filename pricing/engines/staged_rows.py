"""Rows of staged equity: headline, expected, firm and drawn kept apart, the options to stop, and what they buy of the hardware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pricing.engines.contract_rows import ContractRows
from pricing.engines.staged_setup import StagedRun
from pricing.engines.warrant_rows import unique_names
from pricing.measures import Probability
from pricing.results import Row

Array = NDArray[np.float64]
PER_TRANCHE = ("draw_probability", "release_probability", "stop_probability_investor", "stop_probability_issuer", "draw_time")
MEASURES = (
    "value",
    "headline",
    "expected",
    "firm",
    "drawn",
    "investor_stop_option",
    "issuer_stop_option",
    *PER_TRANCHE,
    "financed_per_unit",
    "financed_share",
    "share_of_hardware",
    "dilution_full",
    "dilution_expected",
)
ANNOUNCED = "as announced, whatever its standing"
"""Said of a headline."""


@dataclass(frozen=True)
class Figure:
    """A number for each tranche and one for all of them, with errors where it was simulated."""

    each: Array
    whole: float
    error: Array | None = None
    whole_error: float | None = None


@dataclass(frozen=True)
class StagedNumbers:
    """What an engine knows; amounts in USD, to the side that has it."""

    value: Figure
    investor_option: Figure
    issuer_option: Figure
    paid: Mapping[Probability, Figure]
    """Odds of a draw; `whole` is the expected amount of all future draws, USD."""
    odds: Mapping[str, Figure] = field(default_factory=dict)
    """Other measures by tranche (`whole` is not shown): odds of release and of each stop."""
    drawn_after: Array | None = None
    """Mean years to the draw, given one [tranche]; NaN where there was none."""
    shares: float | None = None
    """Expected shares still to be issued."""
    note: str | None = None
    """What the method leaves out."""


def staged_rows(run: StagedRun, numbers: StagedNumbers, method: str) -> tuple[Row, ...]:
    """Every asked measure, the whole first, then by tranche."""
    rows = ContractRows(run.task, method, run.contract.investor, numbers.note)
    names = unique_names([terms.stage.label for terms in run.tranches])
    amounts = np.array([terms.stage.amount_usd for terms in run.tranches])
    open_usd = np.array([terms.open_usd for terms in run.tranches])
    drawn = np.array([terms.drawn_usd for terms in run.tranches])
    firm = np.array([terms.stage.amount_usd if terms.stage.standing == "firm" else 0.0 for terms in run.tranches])
    issuer = run.contract.issuer
    for index, part in enumerate((None, *names)):
        at = index - 1
        value, error = _pick(numbers.value, at)
        rows.add_sides("value", value, error, other=issuer, part=part)
        rows.add("headline", _sum(amounts, at), part=part, probability=None, note=ANNOUNCED)
        for probability, figure in numbers.paid.items():
            odds, odds_error = _pick(figure, at)
            scale = 1.0 if part is None else open_usd[at]
            rows.add(
                "expected",
                _sum(drawn, at) + odds * scale,
                None if odds_error is None else odds_error * scale,
                part=part,
                probability=probability,
            )
        rows.add("firm", _sum(firm, at), part=part, probability=None, note="owed whatever happens")
        rows.add("drawn", _sum(drawn, at), part=part, probability=None, note="paid by the deal's date")
        for measure, figure, party in (
            ("investor_stop_option", numbers.investor_option, run.contract.investor),
            ("issuer_stop_option", numbers.issuer_option, issuer),
        ):
            option, option_error = _pick(figure, at)
            rows.add(measure, option, option_error, part=part, party=party)
        if part is not None:
            _add_odds(rows, numbers, at, part)
        _add_hardware(rows, run, at, part, -value, error)
    _add_dilution(rows, run, numbers)
    return rows.rows


def _sum(amounts: Array, at: int) -> float:
    return float(amounts.sum() if at < 0 else amounts[at])


def _pick(figure: Figure, at: int) -> tuple[float, float | None]:
    if at < 0:
        return figure.whole, figure.whole_error
    return float(figure.each[at]), None if figure.error is None else float(figure.error[at])


def _add_odds(rows: ContractRows, numbers: StagedNumbers, at: int, part: str) -> None:
    for probability, figure in numbers.paid.items():
        odds, error = _pick(figure, at)
        rows.add("draw_probability", odds, error, part=part, probability=probability, note=_unseen(odds, error))
    for measure, figure in numbers.odds.items():
        odds, error = _pick(figure, at)
        rows.add(measure, odds, error, part=part, note=_unseen(odds, error))
    if numbers.drawn_after is not None and np.isfinite(numbers.drawn_after[at]):
        rows.add("draw_time", float(numbers.drawn_after[at]), part=part, note="mean over the paths with a draw, no error given")


def _unseen(odds: float, error: float | None) -> str | None:
    return "on all or on no paths: the error is not seen" if error is not None and odds in (0.0, 1.0) else None


def _add_hardware(rows: ContractRows, run: StagedRun, at: int, part: str | None, given: float, error: float | None) -> None:
    """Money per unit, its share of the unit's price, and the value given to the issuer as a discount on the hardware."""
    chosen = [terms.stage for terms in (run.tranches if at < 0 else run.tranches[at : at + 1])]
    stones = {stage.milestone for stage in chosen}
    if len(stones) != 1 or None in stones:
        return
    milestone = run.task.deal.milestones[next(iter(stones)) or ""]
    units, amount = sum(stage.units for stage in chosen), sum(stage.amount_usd for stage in chosen)
    rows.add("financed_per_unit", amount / units, part=part, probability=None, note=f"per {milestone.unit}")
    if milestone.price_per_unit_usd is None:
        return
    hardware = units * milestone.price_per_unit_usd
    rows.add("financed_share", amount / hardware, part=part, probability=None, note="amount per unit / price per unit")
    if part is None:
        rows.add("share_of_hardware", given / hardware, None if error is None else error / hardware, party=run.contract.issuer)


def _add_dilution(rows: ContractRows, run: StagedRun, numbers: StagedNumbers) -> None:
    outstanding, issuer = run.shares_outstanding, run.contract.issuer
    if outstanding is None:
        return
    priced = [terms for terms in run.tranches if terms.capped and terms.floor == 0.0]
    if len(priced) == len(run.tranches):
        issued = sum(terms.drawn_shares + terms.open_usd / terms.price for terms in priced)
        rows.add("dilution_full", issued / outstanding, party=issuer, note="every tranche drawn at its agreed price")
    if numbers.shares is not None:
        drawn = sum(terms.drawn_shares for terms in run.tranches)
        rows.add("dilution_expected", (drawn + numbers.shares) / outstanding, party=issuer, note="the paths of the draws, no error given")
