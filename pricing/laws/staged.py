"""Laws of staged equity: headline, expected, firm and drawn in order, options to stop, sums, the ledger's claims."""

from __future__ import annotations

from dataclasses import replace

from curves import Market
from instruments.contracts.staged import StagedEquity, stages_of
from instruments.contracts.staged_parts import FixedAmount, FixedPrice, FixedValuation, NextRoundPrice
from instruments.deal import Deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, MC_SIGMAS
from pricing.laws.law import SUM_REL, Law, outcome_of, remembered, value_row
from pricing.ledger.runs import claim_gaps
from pricing.registry import Outcome, Settings, Task, simulator_for
from pricing.results import Row


def staged(deal: Deal) -> dict[str, StagedEquity]:
    """The staged commitments of a deal by contract id."""
    return {name: contract for name, contract in deal.contracts.items() if isinstance(contract, StagedEquity)}


def _all_rows(deal: Deal, market: Market, settings: Settings, name: str) -> Outcome:
    return remembered(deal, market, replace(settings, measures=None), name)


def _whole(outcome: Outcome, measure: str) -> Row:
    return next(row for row in outcome.rows if row.measure == measure and row.part is None and row.probability in (None, "pricing"))


def _slack(*rows: Row) -> float:
    return MC_SIGMAS * sum(row.standard_error or 0.0 for row in rows)


def _in_order(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name in staged(deal):
        found = _all_rows(deal, market, settings, name)
        headline, expected, drawn = (_whole(found, measure) for measure in ("headline", "expected", "drawn"))
        top, middle, low = (row.value or 0.0 for row in (headline, expected, drawn))
        room = SUM_REL * top
        if not low - room <= middle <= top + room:
            return f"{name}: drawn {low:,.0f}, expected {middle:,.0f}, headline {top:,.0f} USD"
    return None


def _options(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name in staged(deal):
        found = _all_rows(deal, market, settings, name)
        for measure in ("investor_stop_option", "issuer_stop_option"):
            row = _whole(found, measure)
            if (row.value or 0.0) < -_slack(row) - SUM_REL * (_whole(found, "headline").value or 0.0):
                return f"{name}: {measure} is worth {row.value:,.2f} USD"
    return None


def _own_right(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, contract in staged(deal).items():
        amount = sum(stage.amount_usd for stage in stages_of(contract, deal.milestones))
        with_right = value_row(remembered(deal, market, settings, name))
        for side, sign in (("investor_stop", 1.0), ("issuer_stop", -1.0)):
            if getattr(contract, side) is None:
                continue
            bound = deal.evolve(contracts={**deal.contracts, name: contract.evolve(**{side: None})})
            without = value_row(outcome_of(bound, market, settings, name))
            gained = sign * ((with_right.value or 0.0) - (without.value or 0.0))
            if gained < -_slack(with_right, without) - SUM_REL * amount:
                return f"{name}: {side} costs the side that has it {-gained:,.2f} USD"
    return None


def _sums(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, contract in staged(deal).items():
        rows = [row for row in remembered(deal, market, settings, name).rows if row.measure == "value"]
        amount = sum(stage.amount_usd for stage in stages_of(contract, deal.milestones))
        both = sum(row.value or 0.0 for row in rows if row.part is None)
        mine = [row for row in rows if row.party == contract.investor]
        parts = sum(row.value or 0.0 for row in mine if row.part is not None)
        whole = next(row.value or 0.0 for row in mine if row.part is None)
        if abs(both) > SUM_REL * amount or abs(parts - whole) > SUM_REL * amount:
            return f"{name}: sides add up to {both:,.2f}, tranches to {parts:,.2f}, the whole is {whole:,.2f} USD"
    return None


def _scales(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, contract in staged(deal).items():
        doubled = tuple(tranche.evolve(amount=_twice(tranche.amount)) for tranche in contract.tranches)
        bigger = deal.evolve(contracts={**deal.contracts, name: contract.evolve(tranches=doubled)})
        once = value_row(remembered(deal, market, settings, name)).value or 0.0
        twice = value_row(outcome_of(bigger, market, settings, name)).value or 0.0
        amount = sum(stage.amount_usd for stage in stages_of(contract, deal.milestones))
        if abs(twice - 2.0 * once) > SUM_REL * amount:
            return f"{name}: twice the money is worth {twice:,.2f}, twice the value is {2 * once:,.2f} USD"
    return None


def _twice(amount: object) -> object:
    return FixedAmount(usd=2.0 * amount.usd) if isinstance(amount, FixedAmount) else amount


def _claims(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, contract in staged(deal).items():
        simulator = simulator_for(StagedEquity)
        if simulator is None:
            return f"{name}: no ledger"
        run = simulator(Task(deal=deal, contract_id=name, contract=contract, market=market, settings=replace(settings, measures=None)))
        amount = sum(stage.amount_usd for stage in stages_of(contract, deal.milestones))
        for gap in claim_gaps(run.plan, run.roll(0)):
            if gap.difference > CASH_CONSERVATION_ABS * amount:
                return f"{name}: {gap.claim}: due is {gap.difference:,.4f} USD away from paid + deferred + written off"
    return None


def _has_staged(deal: Deal) -> bool:
    return bool(staged(deal))


def _decided_at_issue(deal: Deal) -> bool:
    """Sides decide on the day on which money and shares change hands: the worth is then seen, not expected."""
    found = staged(deal).values()
    rights = [right for contract in found for right in (contract.investor_stop, contract.issuer_stop) if right is not None]
    rules = [stage.price for contract in found for stage in stages_of(contract, deal.milestones)]
    return bool(found) and all(right.notice_months == 0 for right in rights) and not any(isinstance(r, NextRoundPrice) for r in rules)


def _has_rights(deal: Deal) -> bool:
    """Some side may stop, and no tranche needs the right to be there."""
    if not _decided_at_issue(deal):
        return False
    found = staged(deal).values()
    bound = all(stage.standing != "non_binding" for contract in found for stage in stages_of(contract, deal.milestones))
    return bound and any(contract.investor_stop is not None or contract.issuer_stop is not None for contract in found)


def _plain_amounts(deal: Deal) -> bool:
    """New, written out, fixed amounts, and no round that the money changes."""
    found = list(staged(deal).values())
    tranches = [tranche for contract in found for tranche in contract.tranches]
    rules = [tranche.price for tranche in tranches]
    return (
        bool(found)
        and deal.position.is_empty
        and all(contract.ladder is None for contract in found)
        and all(isinstance(tranche.amount, FixedAmount) for tranche in tranches)
        and all(not isinstance(rule, FixedPrice | FixedValuation) or rule.round_usd is None for rule in rules)
    )


LAWS: tuple[Law, ...] = (
    Law(
        "staged_order",
        "drawn <= expected <= headline, none discounted",
        "staged equity, expectations under any probability",
        _has_staged,
        _in_order,
    ),
    Law(
        "stop_options",
        "an option to stop is never worth less than nothing to the side that has it",
        "staged equity decided on the day of issue (no notice, no note), each tranche by itself; noise of four standard errors",
        _decided_at_issue,
        _options,
    ),
    Law(
        "own_right",
        "a right to stop never lowers the value to the side that has it, the other side's rights unchanged",
        "the same, without non-binding tranches, which cannot lose the right",
        _has_rights,
        _own_right,
    ),
    Law(
        "staged_sums",
        "the tranches add up to the whole, and the two sides to nothing",
        "staged equity; no dead weight is modelled",
        _has_staged,
        _sums,
    ),
    Law(
        "staged_scales",
        "twice the money is worth twice as much",
        "new staged equity, fixed amounts, the share of a round's own money not counted",
        _plain_amounts,
        _scales,
    ),
    Law(
        "staged_claims",
        "due = paid + deferred + written off for every tranche on every path and date",
        "staged equity",
        _has_staged,
        _claims,
    ),
)
"""Laws of staged equity."""
