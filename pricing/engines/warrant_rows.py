"""Rows of a warrant: the same measures, parties and parts from every method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from instruments.conditions import MilestoneReached, legs_of
from instruments.contracts.warrant import Tranche
from instruments.ground.keys import name_of
from pricing.engines.warrant_setup import WarrantRun
from pricing.measures import Probability
from pricing.results import Row

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TrancheNumbers:
    """What an engine knows of each tranche; errors are None where the method is exact."""

    value: Array
    """USD to the holder [tranche]."""
    error: Array | None
    whole: float
    """USD, all tranches."""
    whole_error: float | None
    odds: Mapping[Probability, tuple[Array, Array | None]] = field(default_factory=dict)
    """Vesting odds and their standard errors."""
    waited: Array | None = None
    """Mean vesting time in years given vesting [tranche]; NaN where none vested."""
    note: str | None = None
    """Said on every value row: what the method leaves out."""


def part_names(tranches: tuple[Tranche, ...]) -> tuple[str, ...]:
    """Label of each tranche, or its number; made unique."""
    return unique_names([tranche.label or f"tranche {index + 1}" for index, tranche in enumerate(tranches)])


def unique_names(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels in which one that was used before brings its number."""
    names: list[str] = []
    for index, label in enumerate(labels):
        names.append(label if label not in names else f"{label} ({index + 1})")
    return tuple(names)


@dataclass
class RowMaker:
    """Makes rows that share deal, contract, date and method, and keeps the asked ones."""

    run: WarrantRun
    method: str
    note: str | None = None
    rows: list[Row] = field(default_factory=list)

    def add(
        self,
        measure: str,
        value: float | None,
        error: float | None = None,
        *,
        part: str | None = None,
        party: str | None = None,
        probability: Probability = "pricing",
        note: str | None = None,
    ) -> None:
        """One row; without an error and a note it is said to be exact for its model."""
        task = self.run.task
        if not task.settings.wants(measure):
            return
        self.rows.append(
            Row(
                deal=task.deal.id,
                contract=task.contract_id,
                kind=self.run.warrant.kind,
                date=task.market.as_of,
                method=self.method,
                measure=measure,
                value=None if value is None else float(value),
                standard_error=None if error is None else float(error),
                part=part,
                party=party or self.run.warrant.holder,
                probability=probability,
                error_note=note or self.note or ("exact for its model" if error is None else None),
            )
        )


def warrant_rows(run: WarrantRun, numbers: TrancheNumbers, method: str) -> tuple[Row, ...]:
    """Every asked measure of a warrant, the whole first, then by tranche."""
    warrant = run.warrant
    spot = run.drivers.share(warrant.underlying).spot
    names = part_names(warrant.tranches)
    maker = RowMaker(run, method, numbers.note)
    parts: list[tuple[str | None, float, float | None, float, float | None]] = [
        (None, numbers.whole, numbers.whole_error, float(run.open_shares.sum()), _hardware_usd(run, None))
    ]
    for index, name in enumerate(names):
        error = None if numbers.error is None else float(numbers.error[index])
        parts.append((name, float(numbers.value[index]), error, float(run.open_shares[index]), _hardware_usd(run, index)))
    for part, value, error, shares, hardware in parts:
        maker.add("value", value, error, part=part)
        maker.add("value", -value, error, part=part, party=warrant.issuer)
        if shares > 0.0:
            maker.add("value_per_share", value / shares, _scaled(error, shares), part=part)
            maker.add("share_of_spot", value / (shares * spot), _scaled(error, shares * spot), part=part)
        if hardware:
            maker.add("share_of_hardware", value / hardware, _scaled(error, hardware), part=part)
    for probability, (odds, errors) in numbers.odds.items():
        for index, name in enumerate(names):
            error = None if errors is None else float(errors[index])
            note = "all or no paths vested: the error is not seen" if error is not None and odds[index] in (0.0, 1.0) else None
            maker.add("vesting_probability", float(odds[index]), error, part=name, probability=probability, note=note)
    if numbers.waited is not None:
        for index, name in enumerate(names):
            if np.isfinite(numbers.waited[index]):
                maker.add("vesting_time", float(numbers.waited[index]), part=name, note="mean over the vested paths, no error given")
    _add_dilution(run, numbers, maker)
    return tuple(maker.rows)


def _add_dilution(run: WarrantRun, numbers: TrancheNumbers, maker: RowMaker) -> None:
    quotes = run.task.market.equity[name_of(run.warrant.underlying)]
    if quotes.shares_outstanding is None:
        return
    outstanding, issuer = quotes.shares_outstanding.value, run.warrant.issuer
    maker.add("dilution_full", float(run.open_shares.sum()) / outstanding, party=issuer)
    if "pricing" in numbers.odds:
        odds, _ = numbers.odds["pricing"]
        expected = float((odds * run.open_shares).sum()) / outstanding
        maker.add("dilution_expected", expected, party=issuer, note="gross settlement, the paths of the vesting odds")


def _scaled(error: float | None, by: float) -> float | None:
    return None if error is None else error / by


def _hardware_usd(run: WarrantRun, index: int | None) -> float | None:
    """Price of the hardware behind a tranche: the milestone units between the tranche before it and itself; of all tranches for None."""
    levels = [_milestone(tranche) for tranche in run.warrant.tranches]
    known = [level for level in levels if level is not None]
    if not known or len({name for name, _ in known}) > 1:
        return None
    price = run.deal.milestones[known[0][0]].price_per_unit_usd
    if price is None:
        return None
    if index is None:
        return price * max(level for _, level in known)
    here = levels[index]
    if here is None:
        return None
    below = max((level for _, level in known if level < here[1]), default=0.0)
    alike = sum(1 for other in known if other[1] == here[1])
    return price * (here[1] - below) / alike


def _milestone(tranche: Tranche) -> tuple[str, float] | None:
    stones = [leg for _, leg in legs_of(tranche.condition) if isinstance(leg, MilestoneReached)]
    return (stones[0].milestone, stones[0].at_least) if len(stones) == 1 else None
