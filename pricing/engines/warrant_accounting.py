"""What a warrant costs its issuer in the books, beside what it is worth.

**Model** payments to a customer in shares are measured at their grant-date fair value and taken off revenue as the customer buys. Market
conditions (price targets) count in that fair value; purchase conditions do not: they decide whether, and when, the cost is recognised.
So a tranche's accounting value takes every milestone as reached on its planned date for certain, and recognition takes the tranches
whose purchases are probable. Grant-date fair value is frozen: price the deal on the market of the grant. **Not modelled** the cumulative
catch-up when a judgement changes; modifications; the holder's own books.

**Source** ASC 606-10-32-25 to 32-27 with ASC 718 on market and performance conditions, as described in the Cerebras S-1 of 2026 on its
warrant for OpenAI (contra-revenue fixed at the grant date; tranches judged probable or not).
"""

from __future__ import annotations

from dataclasses import replace

from instruments.conditions import (
    AllOf,
    AnyOf,
    DateReached,
    Group,
    Leg,
    MarketCap,
    MilestoneReached,
    PriceTarget,
    RelativePerformance,
    Sequence,
)
from instruments.contracts.warrant import Warrant
from instruments.deal import Deal
from pricing.engines.contract_rows import ContractRows
from pricing.engines.warrant_rows import hardware_of, part_names, whole_hardware
from pricing.engines.warrant_setup import prepare
from pricing.registry import Engine, Outcome, Task
from pricing.results import Row

MEASURES = ("accounting_fair_value", "accounting_share_of_hardware", "accounting_probable_cost")
PROBABLE = 0.7
"""Odds from which purchases count as probable: the usual reading of 'likely to occur' in US accounting, which names no number."""
ODDS_PATHS = 8192
"""Paths of the odds of purchase: they decide a yes or no."""


def accounting_rows(task: Task, engine: Engine, method: str) -> tuple[Row, ...]:
    """The asked accounting measures of a warrant that has purchase conditions; none for one without.

    Args:
        task: the warrant in its deal and market; the market is that of the grant where the numbers are to be the books'.
        engine: prices a warrant; called twice, with purchases certain and with price legs met.
        method: its name.
    """
    warrant = task.contract
    if not isinstance(warrant, Warrant) or not any(task.settings.wants(measure) for measure in MEASURES):
        return ()
    if not any(_holds(tranche.condition, MilestoneReached) for tranche in warrant.tranches):
        return ()
    run = prepare(task)
    warrant = run.warrant
    names = part_names(warrant.tranches)
    valued = engine(_with(task, task.deal, warrant, certain=True, measures=("value",), paths=task.settings.paths))
    odds = engine(_with(task, task.deal, warrant, certain=False, measures=("vesting_probability",), paths=ODDS_PATHS))
    maker = ContractRows(task, method, warrant.issuer)
    whole = _row(valued, "value", None)
    maker.add("accounting_fair_value", whole.value, whole.standard_error, note="purchases on plan for certain")
    hardware = whole_hardware(run)
    if hardware is not None and hardware.usd and whole.value is not None:
        error = None if whole.standard_error is None else whole.standard_error / hardware.usd
        maker.add("accounting_share_of_hardware", whole.value / hardware.usd, error)
    probable, counted = 0.0, 0
    for name, behind in zip(names, hardware_of(run), strict=True):
        one = _row(valued, "value", name)
        maker.add("accounting_fair_value", one.value, one.standard_error, part=name, note="purchases on plan for certain")
        if behind is not None and behind.usd and one.value is not None:
            error = None if one.standard_error is None else one.standard_error / behind.usd
            maker.add("accounting_share_of_hardware", one.value / behind.usd, error, part=name)
        if (_row(odds, "vesting_probability", name).value or 0.0) >= PROBABLE:
            probable, counted = probable + (one.value or 0.0), counted + 1
    note = f"{counted} of {len(names)} tranches have purchases with odds of {PROBABLE:.0%} and more, pricing measure"
    maker.add("accounting_probable_cost", probable, note=note)
    return maker.rows


def _row(outcome: Outcome, measure: str, part: str | None) -> Row:
    fits = (row for row in outcome.rows if row.measure == measure and row.part == part)
    return next(row for row in fits if row.probability == "pricing")


def _with(task: Task, deal: Deal, warrant: Warrant, *, certain: bool, measures: tuple[str, ...], paths: int) -> Task:
    """The task with purchases certain and on plan, or else with every price leg met and only purchases in doubt."""
    changed = warrant.evolve(
        tranches=tuple(tranche.evolve(condition=_without(tranche.condition, deal, certain)) for tranche in warrant.tranches),
        forfeiture=None,
        floor=None,
    )
    settings = replace(task.settings, measures=frozenset(measures), paths=min(paths, task.settings.paths), keep_sample=False)
    return replace(task, contract=changed, deal=deal.evolve(contracts={**deal.contracts, task.contract_id: changed}), settings=settings)


def _without(condition: Leg | Group, deal: Deal, certain: bool) -> Leg | Group:
    """The condition with its purchase legs put on their planned dates, or its price legs met from the start."""
    if isinstance(condition, AllOf | AnyOf | Sequence):
        return condition.evolve(legs=tuple(_without(leg, deal, certain) for leg in condition.legs))
    meet = condition.meet
    if certain and isinstance(condition, MilestoneReached):
        return DateReached(on=deal.milestones[condition.milestone].planned_date(condition.at_least), meet=meet)
    if not certain and isinstance(condition, PriceTarget | MarketCap | RelativePerformance):
        return DateReached(on=deal.as_of, meet=meet)
    return condition


def _holds(condition: Leg | Group, kind: type[Leg]) -> bool:
    if isinstance(condition, AllOf | AnyOf | Sequence):
        return any(_holds(leg, kind) for leg in condition.legs)
    return isinstance(condition, kind)
