"""Designs on paths: operations once, fair margins on the same paths, then each design on its ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from instruments.financing import Design
from instruments.ground.errors import CalibrationError
from instruments.ground.messages import problem
from pricing.ledger.outcomes import Kept
from pricing.ledger.runs import ContractRun, run_contract
from pricing.paths.streams import run_blocks
from pricing.risk.transfer.book import Book, PresentBook
from pricing.risk.transfer.operations import Operations, simulate_operations
from pricing.risk.transfer.setup import Setup
from pricing.risk.transfer.vehicle import DesignPlan, Rolled, plan_design, roll_design, roll_shares, roll_vehicle
from pricing.schedules.types import Floats

HIGHEST_MARGIN = 1.0
"""A margin of 100 % a year: a claim that is not worth par there has no fair margin."""
FAIR_REL = 1e-6
"""A fair claim is worth what was paid for it to within this share of it, on the paths at hand."""
ACCEPTED_REL = 2e-3
"""Where a seizure moves with the margin the value jumps: the nearest side of the jump is taken if it is this near."""
MOST_ROUNDS = 25
Roller = Callable[[Setup, DesignPlan, Mapping[str, float], Operations, Book], object]
"""Rolls a part of a design."""


@dataclass(frozen=True)
class Paths:
    """The operations of all blocks."""

    setup: Setup
    seed: int
    blocks: tuple[Operations, ...]

    @property
    def odds(self) -> tuple[Floats, Floats]:
        """By month of the project's life: odds that the contract is alive, and that the hardware can be let again [month]."""
        life = self.setup.months
        month = np.arange(life)[:, None]
        alive, free = np.zeros(life), np.zeros(life)
        for block in self.blocks:
            alive = alive + block.contract[:life].mean(axis=1)
            free = free + ((month >= block.let_from) & ~block.contract[:life]).mean(axis=1)
        return alive / len(self.blocks), free / len(self.blocks)

    @property
    def tenant_default(self) -> Floats:
        """1 where the customer failed during the contract [path]."""
        return np.concatenate([block.tenant_default for block in self.blocks]).astype(np.float64)


def simulate_paths_of(setup: Setup, *, seed: int, blocks: int, threads: int | None) -> Paths:
    """Operations of whole blocks; memory: blocks x 4,096 paths x months x about 12 numbers x 8 bytes."""
    return Paths(setup, seed, tuple(run_blocks(lambda block: simulate_operations(setup, seed, block), blocks, threads)))


@dataclass(frozen=True)
class DesignRun:
    """One design simulated."""

    name: str
    design: Design
    planned: DesignPlan
    margins: Mapping[str, float]
    """Margin of each part."""
    run: ContractRun
    rolled: tuple[Rolled, ...]

    def loss(self, holder: str) -> Floats:
        """Discounted amounts paid less received of a holder [path], USD."""
        return -self.run.of(holder)


def run_design(paths: Paths, name: str, design: Design, margins: Mapping[str, float], threads: int | None) -> DesignRun:
    """A design on its ledger, its margins known."""
    setup, planned = paths.setup, plan_design(paths.setup, design)

    def roll(block: int) -> tuple[Floats, Rolled]:
        operations = paths.blocks[block]
        book = Book(len(planned.plan), setup.total + 1, operations.paths)
        rolled = roll_design(setup, planned, margins, operations, book)
        return book.ledger, rolled

    kept = Kept(roll)
    count = len(paths.blocks) * paths.blocks[0].paths
    run = run_contract(name, planned.plan, setup.dates, setup.discount, kept, paths=count, threads=threads)
    return DesignRun(name, design, planned, dict(margins), run, tuple(kept.found()))


def stated_margins(design: Design) -> dict[str, float]:
    """Margins that are numbers, by part."""
    parts = {f"tranches.{name}": tranche.margin for name, tranche in design.tranches.items()}
    for part in ("lease", "prepayment", "margin_loan"):
        found = getattr(design, part)
        if found is not None:
            parts[part] = found.margin
    return {part: margin for part, margin in parts.items() if not isinstance(margin, str)}


def fair_margins(
    paths: Paths,
    name: str,
    design: Design,
    threads: int | None,
    start: Mapping[str, float] | None = None,
    tolerance: float = FAIR_REL,
) -> dict[str, float]:
    """Margins of all parts: stated ones, and those at which fair parts are worth what was paid for them on these paths.

    **Model** secants, all fair parts of the vehicle at once (a tranche's value depends little on another's margin), the margin loan by
    itself. A seizure that moves by a month makes the value jump; the nearest margin found is then taken, if the claim is within a fifth of
    a percent of par there.

    Args:
        paths, name, design: what is solved for. threads: as elsewhere.
        start: margins from which to start, of the fair parts; None starts at 2 %.
        tolerance: a value this near to par, as a share of it, will do.

    Raises:
        CalibrationError: no margin up to 100 % a year brings a part to par.
    """
    planned, margins = plan_design(paths.setup, design), stated_margins(design)
    fair = design.fair_parts()
    for parts, roll in (
        (tuple(part for part in fair if part == "margin_loan"), roll_shares),
        (tuple(part for part in fair if part != "margin_loan"), roll_vehicle),
    ):
        if parts:
            margins |= _solve(paths, name, planned, margins, parts, roll, threads, start or {}, tolerance)
    return margins


def _solve(
    paths: Paths,
    name: str,
    planned: DesignPlan,
    margins: Mapping[str, float],
    parts: tuple[str, ...],
    roll: Roller,
    threads: int | None,
    start: Mapping[str, float],
    tolerance: float,
) -> dict[str, float]:
    setup, design = paths.setup, planned.design
    sizes = np.array([_amount(setup, design, part) for part in parts])
    x = np.array([start.get(part, 0.02) for part in parts])
    steepness = sizes * 0.4 * _years(design, parts)
    slope = steepness.copy()
    value = _values(paths, planned, margins, parts, x, roll, threads)
    best_x, best = x.copy(), np.abs(value) / sizes
    for _ in range(MOST_ROUNDS):
        if (best <= tolerance).all():
            break
        # a few percent a year at most: far from par the value is no straight line
        step = np.where(np.abs(value) <= tolerance * sizes, 0.0, np.clip(-value / slope, -0.02, 0.04))
        after = np.clip(x + step, -0.04, HIGHEST_MARGIN)
        moved = _values(paths, planned, margins, parts, after, roll, threads)
        change = after - x
        with np.errstate(divide="ignore", invalid="ignore"):
            found = (moved - value) / change
        slope = np.where(np.abs(change) > 1e-9, np.clip(found, 0.2 * steepness, 5.0 * steepness), slope)
        x, value = after, moved
        # of all parts together: one part's best margin belongs to the others' of the same round
        if (np.abs(value) / sizes).max() < best.max():
            best_x, best = x.copy(), np.abs(value) / sizes
    if best.max() > ACCEPTED_REL:
        part = parts[int(best.argmax())]
        why = f"no margin up to {HIGHEST_MARGIN:.0%} a year makes it worth what is paid for it; off by {float(best.max()):.2%} at best"
        raise CalibrationError(
            problem("no_solution", subject=f"designs.{name}", field=part, why=why, remedy="lend less, amortise sooner, or state a margin")
        )
    return {part: float(margin) for part, margin in zip(parts, best_x, strict=True)}


def _values(
    paths: Paths,
    planned: DesignPlan,
    margins: Mapping[str, float],
    parts: tuple[str, ...],
    x: Floats,
    roll: Roller,
    threads: int | None,
) -> Floats:
    """Mean value of each fair part to its holder, less what it paid [part]."""
    # parts that are not rolled here, and not found yet, count as nought
    asked = {**dict.fromkeys(planned.design.fair_parts(), 0.0), **margins, **dict(zip(parts, x.tolist(), strict=True))}
    signs = np.stack([part_signs(planned, part) for part in parts])

    def work(block: int) -> Floats:
        operations = paths.blocks[block]
        book = PresentBook(signs, paths.setup.discount, operations.paths)
        roll(paths.setup, planned, asked, operations, book)
        return book.present.mean(axis=1)

    total = np.zeros(len(parts))
    for found in run_blocks(work, len(paths.blocks), threads):
        total = total + found
    return total / len(paths.blocks)


def part_signs(planned: DesignPlan, part: str) -> Floats:
    """+1 where the holder of a part receives money under it, -1 where it pays [posting]."""
    design = planned.design
    kind, _, name = part.partition(".")
    if kind == "tranches":
        holder, contract = design.tranches[name].holder, name
    elif kind == "lease" and design.lease is not None:
        holder, contract = design.lease.lessor, "lease"
    elif kind == "margin_loan" and design.margin_loan is not None:
        holder, contract = design.margin_loan.lender, kind
    else:
        holder, contract = planned.plan.postings[planned.prepayment.paid].payer if planned.prepayment else "", kind
    signs = np.zeros(len(planned.plan))
    for column, posting in enumerate(planned.plan.postings):
        own = posting.contract == contract or (contract == "lease" and posting.contract == "hardware")
        if own and posting.unit == "USD" and posting.claim in ("cash", "terminal"):
            signs[column] = float(posting.payee == holder) - float(posting.payer == holder)
    return signs


def _amount(setup: Setup, design: Design, part: str) -> float:
    kind, _, name = part.partition(".")
    if kind == "tranches":
        return design.tranches[name].share_of_cost * setup.cost
    if kind == "lease" and design.lease is not None:
        return (1.0 - design.lease.deposit_share) * setup.cost
    return float(getattr(design, kind).share_of_cost) * setup.cost


def _years(design: Design, parts: tuple[str, ...]) -> Floats:
    """Life of each part in years [part]."""
    found: list[float] = []
    for part in parts:
        kind, _, name = part.partition(".")
        terms: Any = design.tranches[name] if name else getattr(design, kind)
        found.append((terms.rent_months if kind == "lease" else terms.months) / 12.0)
    return np.array(found)
