"""Laws of notes: the ledger adds up and the pot is empty each month; doubling doubles; who is protected by what, where it is true."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri

from curves import Market
from instruments.contracts.notes import Notes
from instruments.deal import Deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS
from instruments.priority import AnyStep, CleanUpCall, CoverageTest, PayFees, PayInterest, PayPrincipal, Turbo, accounts_of, classes_of
from pricing.laws.law import SUM_REL, Law
from pricing.ledger.notes import LOST, PAID, NotesColumns, notes_columns
from pricing.ledger.runs import claim_gaps
from pricing.mechanics.notes import NotesRolled, roll_notes
from pricing.mechanics.pool import Collections, large_pool_collections, simulated_collections
from pricing.registry import Settings
from pricing.schedules.notes import NotesPlan, resolve_notes
from pricing.schedules.types import Floats

PATHS = 512
"""Paths of the first block that are looked at one by one."""


def notes_in(deal: Deal) -> dict[str, Notes]:
    """The notes of a deal by contract id."""
    return {name: contract for name, contract in deal.contracts.items() if isinstance(contract, Notes)}


def resolved(notes: Notes, market: Market, settings: Settings, name: str) -> tuple[NotesPlan, Collections]:
    """A plan, and the first paths of its pool."""
    plan = resolve_notes(notes, market, name)
    pool = simulated_collections(plan, name, settings.seed, 0)
    few = {field: getattr(pool, field)[:, :PATHS] for field in Collections.__dataclass_fields__}
    return plan, Collections(**few)


def rolled_with(notes: Notes, market: Market, pool: Collections, name: str) -> tuple[NotesColumns, NotesRolled]:
    """Other classes or another order on the same pool's paths."""
    columns = notes_columns(name, notes)
    return columns, roll_notes(resolve_notes(notes, market, name), columns, pool)


def lost_by(columns: NotesColumns, rolled: NotesRolled, label: str) -> Floats:
    """What is written off of a class [path]."""
    starts = (columns.interest[label], columns.principal[label])
    return np.sum([rolled.ledger[:, start + LOST].sum(axis=0) for start in starts], axis=0)


def _adds_up(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, notes in notes_in(deal).items():
        _, pool = resolved(notes, market, settings, name)
        columns, rolled = rolled_with(notes, market, pool, name)
        scale = CASH_CONSERVATION_ABS * float(sum(asset.balance_usd for asset in notes.pool))
        for gap in claim_gaps(columns.plan, rolled.ledger):
            if not gap.difference <= scale:
                return f"{name}: {gap.claim}: due, paid, deferred and lost differ by {gap.difference:,.2f} USD"
        if not np.abs(pot_of(columns, rolled, notes.issuer)).max() <= scale:
            return f"{name}: cash stays in the vehicle's pot, or is missing from it"
        for each in notes.classes:
            start = columns.principal[each.label]
            back = (rolled.ledger[:, start + PAID] + rolled.ledger[:, start + LOST]).sum(axis=0)
            if not np.abs(back - each.balance_usd).max() <= scale * len(rolled.ledger):
                return f"{name}: principal of class {each.label} paid and lost is not its balance on some path"
    return None


def pot_of(columns: NotesColumns, rolled: NotesRolled, issuer: str) -> Floats:
    """What came into the pot less what went out of it, month by month [time, path]."""
    out = np.zeros(rolled.ledger.shape[::2])
    for column, posting in enumerate(columns.plan.postings):
        if posting.claim == "cash":
            out += rolled.ledger[:, column] * (float(posting.payee == issuer) - float(posting.payer == issuer))
    return out


def has_hardware(notes: Notes) -> bool:
    """Whether something is sold at a default."""
    return any(asset.hardware is not None for asset in notes.pool)


def _scales(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, notes in notes_in(deal).items():
        if has_hardware(notes):
            continue
        twice = doubled(notes)
        _, once_pool = resolved(notes, market, settings, name)
        _, twice_pool = resolved(twice, market, settings, name)
        _, once = rolled_with(notes, market, once_pool, name)
        _, more = rolled_with(twice, market, twice_pool, name)
        if not np.abs(more.ledger - 2.0 * once.ledger).max() <= SUM_REL * notes.balance_usd:
            return f"{name}: twice of everything is not twice the ledger"
    return None


def doubled(notes: Notes) -> Notes:
    """Twice of everything that is counted in dollars."""
    return notes.evolve(
        pool=tuple(asset.evolve(balance_usd=2.0 * asset.balance_usd) for asset in notes.pool),
        classes=tuple(each.evolve(balance_usd=2.0 * each.balance_usd) for each in notes.classes),
        fees=tuple(fee.evolve(monthly_usd=2.0 * fee.monthly_usd) for fee in notes.fees),
        accounts=tuple(a.evolve(opening_usd=2.0 * a.opening_usd, floor_usd=2.0 * a.floor_usd) for a in notes.accounts),
    )


def is_sequential(notes: Notes) -> bool:
    """Whether every list of classes to be repaid runs from the senior down without a gap, one after the other."""
    labels = tuple(each.label for each in notes.classes)
    for step in notes.order:
        if isinstance(step, PayPrincipal | Turbo | CoverageTest):
            run = classes_of(step)
            if run != labels[: len(run)] or (not isinstance(step, CoverageTest) and step.how != "sequential"):
                return False
    return True


def _senior_recovers(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, notes in notes_in(deal).items():
        if not is_sequential(notes):
            continue
        _, pool = resolved(notes, market, settings, name)
        columns, rolled = rolled_with(notes, market, pool, name)
        shares = [rolled.ledger[:, columns.principal[e.label] + PAID].sum(axis=0) / e.balance_usd for e in notes.classes]
        for senior, junior, each in zip(shares[:-1], shares[1:], notes.classes[1:], strict=True):
            if not (senior >= junior - SUM_REL).all():
                return f"{name}: class {each.label} gets back more of its principal than the class before it on some path"
    return None


def is_senior_first(notes: Notes) -> bool:
    """Fees, then interest and all principal of the senior class, before anybody else gets anything; nothing is tested or triggered."""
    senior = notes.classes[0].label
    rest = [step for step in notes.order if not isinstance(step, PayFees)]
    plain = all(step.when is None and not isinstance(step, CoverageTest | CleanUpCall) and not accounts_of(step) for step in notes.order)
    return plain and len(rest) > 2 and isinstance(rest[0], PayInterest) and isinstance(rest[1], Turbo) and _only(rest[:2], senior)


def _only(steps: Sequence[AnyStep], label: str) -> bool:
    return all(classes_of(step) == (label,) for step in steps)


def _subordination(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, notes in notes_in(deal).items():
        if not is_senior_first(notes) or len(notes.classes) < 2:
            continue
        label = notes.classes[0].label
        _, pool = resolved(notes, market, settings, name)
        base = lost_by(*rolled_with(notes, market, pool, name), label)
        other = lost_by(*rolled_with(more_subordinated(notes), market, pool, name), label)
        if (other > base + SUM_REL * notes.balance_usd).any():
            return f"{name}: the senior class loses more on some path after a tenth of it became junior"
    return None


def more_subordinated(notes: Notes) -> Notes:
    """A tenth of the senior class moved into the last one."""
    first, last = notes.classes[0], notes.classes[-1]
    moved = 0.1 * first.balance_usd
    changed = (first.evolve(balance_usd=first.balance_usd - moved), *notes.classes[1:-1], last.evolve(balance_usd=last.balance_usd + moved))
    return notes.evolve(classes=changed)


def is_switchable(notes: Notes) -> bool:
    """Fees, interest of the senior alone, then principal of all classes pro rata; nothing tested, triggered or held in accounts."""
    labels = tuple(each.label for each in notes.classes)
    rest = [step for step in notes.order if not isinstance(step, PayFees)]
    plain = all(step.when is None and not isinstance(step, CoverageTest | CleanUpCall) and not accounts_of(step) for step in notes.order)
    if not plain or len(rest) < 2 or not isinstance(rest[0], PayInterest) or not _only(rest[:1], labels[0]):
        return False
    second = rest[1]
    return isinstance(second, PayPrincipal) and second.how == "pro_rata" and second.claims == labels


def _switch(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, notes in notes_in(deal).items():
        if not is_switchable(notes):
            continue
        label = notes.classes[0].label
        _, pool = resolved(notes, market, settings, name)
        base = lost_by(*rolled_with(notes, market, pool, name), label)
        other = lost_by(*rolled_with(made_sequential(notes), market, pool, name), label)
        if (other > base + SUM_REL * notes.balance_usd).any():
            return f"{name}: the senior class loses more on some path with sequential principal"
    return None


def made_sequential(notes: Notes) -> Notes:
    """The same with every principal step sequential."""
    return notes.evolve(order=tuple(s.evolve(how="sequential") if isinstance(s, PayPrincipal) else s for s in notes.order))


FALL = 0.5
"""Slope that is added to every line's recovery."""
NODES = 2048
MEAN_ABS = 1e-5
"""How far the mean recovery moves on the nodes, of the pool."""


def steeper(notes: Notes) -> Notes:
    """The same with recoveries that fall faster with the factor, their means kept."""
    return notes.evolve(pool=tuple(asset.evolve(recovery_slope=asset.recovery_slope + FALL) for asset in notes.pool))


def _falling_recovery(deal: Deal, market: Market, settings: Settings) -> str | None:
    factor = ndtri((np.arange(NODES) + 0.5) / NODES)
    for name, notes in notes_in(deal).items():
        if not is_senior_first(notes) or notes.defaults != "copula":
            continue
        label, lost = notes.classes[0].label, list[float]()
        for each in (notes, steeper(notes)):
            pool = large_pool_collections(resolve_notes(each, market, name), factor)
            lost.append(float(lost_by(*rolled_with(each, market, pool, name), label).mean()))
        if lost[1] < lost[0] - MEAN_ABS * sum(asset.balance_usd for asset in notes.pool):
            return (
                f"{name}: the senior class loses less when recoveries fall with the factor: {lost[1]:,.0f} in place of {lost[0]:,.0f} USD"
            )
    return None


def has_notes(deal: Deal) -> bool:
    """Whether a deal has notes."""
    return bool(notes_in(deal))


LAWS: tuple[Law, ...] = (
    Law(
        "notes_add_up",
        "due = paid + deferred + lost on every path and date, the pot is empty each month, principal paid and lost is the balance",
        f"notes, on {PATHS} paths of every market tried",
        has_notes,
        _adds_up,
    ),
    Law(
        "notes_scale",
        "twice the pool, classes, amounts and accounts have twice the ledger",
        "notes without hardware: a market of given depth takes twice the units at a lower price",
        lambda deal: any(not has_hardware(notes) for notes in notes_in(deal).values()),
        _scales,
    ),
    Law(
        "senior_recovers_more",
        "a class gets back at least the share of its principal that the next one gets",
        "notes of one pool whose lists of classes to be repaid all run from the senior down, one after the other",
        lambda deal: any(is_sequential(notes) for notes in notes_in(deal).values()),
        _senior_recovers,
    ),
    Law(
        "subordination_protects",
        "a tenth of the senior class made junior never raises what the senior class loses, path by path",
        "notes that pay the senior class interest and all principal before others, without tests and triggers. Where junior interest ranks "
        "before senior principal it is false: a junior class with a high coupon drains the pot",
        lambda deal: any(is_senior_first(notes) and len(notes.classes) > 1 for notes in notes_in(deal).values()),
        _subordination,
    ),
    Law(
        "sequential_protects",
        "principal one after the other instead of pro rata never raises what the senior class loses, path by path",
        "notes without tests, triggers and accounts, senior interest first, junior interest behind principal",
        lambda deal: any(is_switchable(notes) for notes in notes_in(deal).values()),
        _switch,
    ),
    Law(
        "falling_recovery_hurts_senior",
        "recoveries that fall faster with the factor, their means kept, never lower what the senior class is expected to lose",
        "notes on a copula that pay the senior class interest and all principal before others, without tests and triggers, in the limit of "
        "a large pool. Of a class in the middle it is false",
        lambda deal: any(is_senior_first(notes) and notes.defaults == "copula" for notes in notes_in(deal).values()),
        _falling_recovery,
    ),
)
"""Laws of notes."""
