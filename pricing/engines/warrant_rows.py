"""Rows of a warrant: the same measures, parties and parts from every method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from instruments.conditions import MilestoneReached, legs_of
from instruments.contracts.warrant import Tranche
from instruments.ground.keys import name_of
from pricing.engines.contract_rows import ContractRows
from pricing.engines.warrant_setup import WarrantRun
from pricing.measures import Probability
from pricing.results import Row

Array = NDArray[np.float64]
FLOOR_PART = "value floor"
"""The part of a warrant's value that its floor adds."""


@dataclass(frozen=True)
class TrancheNumbers:
    """What an engine knows of each tranche; errors are None where the method is exact."""

    value: Array
    """USD to the holder [tranche]."""
    error: Array | None
    whole: float
    """USD, all tranches."""
    whole_error: float | None
    floor: tuple[float, float | None] | None = None
    """USD that the value floor adds, with its standard error; None without a floor."""
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


def warrant_rows(run: WarrantRun, numbers: TrancheNumbers, method: str) -> tuple[Row, ...]:
    """Every asked measure of a warrant, the whole first, then by tranche."""
    warrant = run.warrant
    spot = run.drivers.share(warrant.underlying).spot
    names = part_names(warrant.tranches)
    maker = ContractRows(run.task, method, warrant.holder, numbers.note)
    behind = hardware_of(run)
    parts: list[tuple[str | None, float, float | None, float, Hardware | None]] = [
        (None, numbers.whole, numbers.whole_error, float(run.open_shares.sum()), whole_hardware(run))
    ]
    for index, name in enumerate(names):
        error = None if numbers.error is None else float(numbers.error[index])
        parts.append((name, float(numbers.value[index]), error, float(run.open_shares[index]), behind[index]))
    if numbers.floor is not None:
        parts.append((FLOOR_PART, *numbers.floor, 0.0, None))
    for part, value, error, shares, hardware in parts:
        maker.add_sides("value", value, error, part=part, other=warrant.issuer)
        if shares > 0.0:
            maker.add("value_per_share", value / shares, _scaled(error, shares), part=part)
            maker.add("share_of_spot", value / (shares * spot), _scaled(error, shares * spot), part=part)
        if hardware is not None:
            maker.add("value_per_milestone_unit", value / hardware.units, _scaled(error, hardware.units), part=part)
            if hardware.usd:
                maker.add("share_of_hardware", value / hardware.usd, _scaled(error, hardware.usd), part=part)
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
    _add_reaction(run, numbers, maker)
    if warrant.price_paid_usd > 0.0:
        gained = numbers.whole - warrant.price_paid_usd
        maker.add("value_less_price", gained, numbers.whole_error)
        maker.add("value_less_price", -gained, numbers.whole_error, party=warrant.issuer)
    return maker.rows


def _add_dilution(run: WarrantRun, numbers: TrancheNumbers, maker: ContractRows) -> None:
    outstanding, issuer = run.counts.get(run.warrant.underlying), run.warrant.issuer
    if outstanding is None:
        return
    maker.add("dilution_full", float(run.open_shares.sum()) / outstanding, party=issuer)
    if "pricing" in numbers.odds:
        odds, _ = numbers.odds["pricing"]
        expected = float((odds * run.open_shares).sum()) / outstanding
        maker.add("dilution_expected", expected, party=issuer, note="gross settlement, the paths of the vesting odds")


def _add_reaction(run: WarrantRun, numbers: TrancheNumbers, maker: ContractRows) -> None:
    """The rise of the issuer's share that pays for what it gives, beside the one that was seen."""
    outstanding, issuer = run.counts.get(run.warrant.underlying), run.warrant.issuer
    if outstanding is None:
        return
    error = _scaled(numbers.whole_error, outstanding)
    maker.add("break_even_reaction", numbers.whole / outstanding, error, party=issuer)
    seen = run.task.market.equity[name_of(run.warrant.underlying)].reaction_usd
    if seen is not None:
        maker.add("observed_reaction", seen.value, party=issuer, probability=None, note="change of the close, as quoted")
        maker.add("observed_reaction_value", seen.value * outstanding, party=issuer, probability=None, note="over all shares outstanding")


def _scaled(error: float | None, by: float) -> float | None:
    return None if error is None else error / by


@dataclass(frozen=True, slots=True)
class Hardware:
    """What is bought for a tranche."""

    units: float
    """Of the milestone: gigawatts, dollars."""
    usd: float | None
    """Price; None where the milestone has none."""


def hardware_of(run: WarrantRun) -> tuple[Hardware | None, ...]:
    """The milestone units between each tranche's level and the level before it, shared by tranches of one level [tranche]."""
    stones = [milestone_of(tranche) for tranche in run.warrant.tranches]
    known = {name for name, _ in (stone for stone in stones if stone is not None)}
    if len(known) != 1:
        return (None,) * len(stones)
    price = run.deal.milestones[known.pop()].price_per_unit_usd
    levels = Counter(stone[1] for stone in stones if stone is not None)
    steps = dict(zip(sorted(levels), np.diff(sorted(levels), prepend=0.0), strict=True))
    found: list[Hardware | None] = []
    for stone in stones:
        units = None if stone is None else float(steps[stone[1]]) / levels[stone[1]]
        found.append(None if units is None else Hardware(units, None if price is None else units * price))
    return tuple(found)


def whole_hardware(run: WarrantRun) -> Hardware | None:
    """Everything bought for the warrant."""
    known = [one for one in hardware_of(run) if one is not None]
    if not known:
        return None
    return Hardware(sum(one.units for one in known), None if known[0].usd is None else sum(one.usd or 0.0 for one in known))


def milestone_of(tranche: Tranche) -> tuple[str, float] | None:
    """The one milestone of a tranche and its level; None without one, or with several."""
    stones = [leg for _, leg in legs_of(tranche.condition) if isinstance(leg, MilestoneReached)]
    return (stones[0].milestone, stones[0].at_least) if len(stones) == 1 else None
