"""Rows of a comparison of financings: losses by holder, transfers, dead weight, ultimate holders, benefits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from instruments.project import Project
from pricing.measures import Probability
from pricing.results import Row
from pricing.risk.transfer.benefits import Benefit, benefit_of
from pricing.risk.transfer.dead_weight import COMPONENTS
from pricing.risk.transfer.debt import plan_tranche
from pricing.risk.transfer.design_run import DesignRun
from pricing.risk.transfer.setup import Setup
from pricing.risk.transfer.statistics import Estimate, Views, correlation, expected_shortfall
from pricing.schedules.types import Floats

METHOD = "simulation"
SUFFIX = {"mean": "", "on_default": "_on_default", "in_tail": "_in_tail"}
"""View to the ending of a measure's name."""
UNIT = 100.0
"""Losses are per this many dollars of hardware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRow(Row):
    """A row of a comparison: with the design it is about."""

    design: str | None = None


@dataclass(frozen=True)
class Compared:
    """All designs of a comparison on the same paths."""

    setup: Setup
    views: Views
    runs: Mapping[str, DesignRun]
    baseline: str
    weights: Mapping[str, Floats]
    """Design to components of its dead weight [component, path], discounted USD."""
    holders: tuple[str, ...]
    ultimate: tuple[str, ...]
    odds: tuple[Floats, Floats]
    """Of the contract, and of letting again, by month of the project's life."""

    @property
    def project(self) -> Project:
        """The project."""
        return self.setup.project

    def per_hundred(self, amount: Floats) -> Floats:
        """Per 100 USD of hardware."""
        return UNIT * amount / self.setup.cost

    def loss(self, design: str, holder: str) -> Floats:
        """Loss of a holder per 100 USD of hardware [path]."""
        return self.per_hundred(self.runs[design].loss(holder))

    def transfer(self, design: str, holder: str) -> Floats:
        """Loss less that under the baseline [path]."""
        return self.loss(design, holder) - self.loss(self.baseline, holder)

    def gap(self, design: str) -> float:
        """What the ledger and the operations disagree on: the largest difference over paths, per 100 USD of hardware, between what all
        holders lose more by a design and its dead weight. It is rounding where both are right.
        """
        moved = sum((self.transfer(design, holder) for holder in self.holders), np.zeros(self.views.tail.size))
        weights = self.weights[design] - self.weights[self.baseline]
        return float(np.abs(moved - self.per_hundred(weights.sum(axis=0))).max())

    def ultimate_transfer(self, design: str, name: str) -> Floats:
        """Transfer to an ultimate holder: U' Delta [path]."""
        return passed_on(self.project, self.holders, lambda holder: self.transfer(design, holder), name)


def ultimate_holders(project: Project, holders: Sequence[str]) -> tuple[str, ...]:
    """Every ultimate holder, in the order of the map."""
    return tuple(dict.fromkeys(name for holder in holders for name in project.ownership.get(holder, {holder: 1.0})))


def passed_on(project: Project, holders: Sequence[str], amount: Callable[[str], Floats], name: str) -> Floats:
    """What an ultimate holder has of the amounts of all holders, by the ownership map [path]."""
    total = np.zeros_like(amount(holders[0]))
    for holder in holders:
        share = project.ownership.get(holder, {holder: 1.0}).get(name, 0.0)
        if share:
            total = total + share * amount(holder)
    return total


def rows_of(compared: Compared) -> Iterator[TransferRow]:
    """Every row, design by design."""
    for name in compared.runs:
        yield from _loss_rows(compared, name)
        yield from _weight_rows(compared, name)
        yield from _ultimate_rows(compared, name)
        yield from _correlation_rows(compared, name)
        yield from _debt_rows(compared, name)
    yield from _benefit_rows(compared)


def _row(
    compared: Compared, design: str, measure: str, found: Estimate, *, party: str | None = None, part: str | None = None
) -> TransferRow:
    probability: Probability = "pricing"
    return TransferRow(
        deal=compared.project.id,
        kind="project",
        date=compared.setup.market.as_of,
        measure=measure,
        probability=probability,
        value=found[0],
        standard_error=found[1],
        method=METHOD,
        design=design,
        party=party,
        part=part,
    )


def _loss_rows(compared: Compared, name: str) -> Iterator[TransferRow]:
    for holder in compared.holders:
        loss, moved = compared.loss(name, holder), compared.transfer(name, holder)
        for view, found in compared.views.all(loss).items():
            yield _row(compared, name, f"holder_loss{SUFFIX[view]}", found, party=holder)
        yield _row(compared, name, "holder_shortfall", expected_shortfall(loss), party=holder)
        odds = (loss > 1e-9).astype(np.float64)  # a loss of rounding is none
        yield _row(compared, name, "holder_loss_probability", compared.views.mean(odds), party=holder)
        for view, found in compared.views.all(moved).items():
            yield _row(compared, name, f"transfer{SUFFIX[view]}", found, party=holder)


def _weight_rows(compared: Compared, name: str) -> Iterator[TransferRow]:
    weights = compared.weights[name] - compared.weights[compared.baseline]
    for part, amount in ((None, weights.sum(axis=0)), *zip(COMPONENTS, weights, strict=True)):
        for view, found in compared.views.all(compared.per_hundred(amount)).items():
            yield _row(compared, name, f"dead_weight{SUFFIX[view]}", found, part=part)
    seized = np.concatenate([rolled.seized for rolled in compared.runs[name].rolled]) < compared.setup.months
    yield _row(compared, name, "seizure_probability", compared.views.mean(seized.astype(np.float64)))


def _ultimate_rows(compared: Compared, name: str) -> Iterator[TransferRow]:
    for holder in compared.ultimate:
        moved = compared.ultimate_transfer(name, holder)
        for view, found in compared.views.all(moved).items():
            yield _row(compared, name, f"ultimate_transfer{SUFFIX[view]}", found, party=holder)
        if holder in compared.project.cohorts:
            yield from _cohort_rows(compared, name, holder, moved)


def _cohort_rows(compared: Compared, name: str, holder: str, moved: Floats) -> Iterator[TransferRow]:
    """What a cohort loses over what it paid: the later the entry, the dearer the share, the smaller the part of its money."""
    cohort = compared.project.cohorts[holder]
    key = compared.project.parties[cohort.company].equity
    quotes = compared.setup.market.equity.get((key or "").removeprefix("equity:"))
    if quotes is None or quotes.shares_outstanding is None:
        return
    held = sum(row.get(holder, 0.0) for class_, row in compared.project.ownership.items() if class_ in compared.holders)
    paid = held * quotes.shares_outstanding.value * cohort.entry_usd
    usd = moved * compared.setup.cost / UNIT
    for view, found in compared.views.all(usd / paid).items():
        yield _row(compared, name, f"cohort_loss{SUFFIX[view]}", found, party=holder)


def _correlation_rows(compared: Compared, name: str) -> Iterator[TransferRow]:
    tail = compared.views.tail.astype(np.float64)
    losses = {holder: compared.loss(name, holder) for holder in compared.holders}
    for at, holder in enumerate(compared.holders):
        with_tail = correlation(losses[holder], tail)
        if with_tail is not None:
            yield _row(compared, name, "tail_correlation", (with_tail, None), party=holder)
        for other in compared.holders[at + 1 :]:
            found = correlation(losses[holder], losses[other])
            if found is not None:
                yield _row(compared, name, "loss_correlation", (found, None), party=holder, part=other)


def _debt_rows(compared: Compared, name: str) -> Iterator[TransferRow]:
    """Margins of every part; of each tranche the three expected losses, kept apart."""
    run, setup = compared.runs[name], compared.setup
    for part, margin in run.margins.items():
        yield _row(compared, name, "design_margin", (margin, None), part=part)
    ledger, postings = run.run.mean_ledger, run.planned.plan.postings
    for tranche, terms in run.design.tranches.items():
        planned = plan_tranche(setup, tranche, terms, run.margins[f"tranches.{tranche}"])
        lost, got = np.zeros(len(setup.discount)), np.zeros(len(setup.discount))
        for column, posting in enumerate(postings):
            if posting.contract != tranche or posting.unit != "USD":
                continue
            if posting.claim == "written_off" and posting.reason != "guarantee":
                lost = lost + ledger[:, column]
            if posting.claim == "cash" and posting.reason != "draw":
                got = got + ledger[:, column] * (1.0 if posting.payee == terms.holder else -1.0)
            if posting.claim == "cash" and posting.reason == "guarantee":
                lost = lost - ledger[:, column]
        free = float((planned.payments * setup.discount[1:]).sum())
        for measure, value in (
            ("loss_against_default_free", free - float((got * setup.discount).sum())),
            ("expected_shortfall_discounted", float((lost * setup.discount).sum())),
            ("expected_shortfall", float(lost.sum())),
        ):
            yield _row(compared, name, measure, (value, None), part=tranche, party=terms.holder)


def benefits_of(compared: Compared) -> dict[str, Benefit]:
    """The benefit side by design; empty where the project says nothing of its funding."""
    funding = compared.project.funding
    if funding is None:
        return {}
    return {name: benefit_of(compared.setup, compared.odds, run.design, dict(run.margins), funding) for name, run in compared.runs.items()}


def _benefit_rows(compared: Compared) -> Iterator[TransferRow]:
    found = benefits_of(compared)
    for name, benefit in found.items():
        base = found[compared.baseline]
        early = UNIT * (benefit.start_value - base.start_value) / compared.setup.cost
        for measure, value in (
            ("funding_cost", benefit.funding_cost),
            ("funding_cost_saved", base.funding_cost - benefit.funding_cost),
            ("own_share", benefit.own_share),
            ("months_to_build", benefit.months_to_build),
            ("months_earlier", base.months_to_build - benefit.months_to_build),
            ("early_value", early),
        ):
            yield _row(compared, name, measure, (value, None))
