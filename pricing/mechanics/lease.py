"""A phase of a lease rolled over a block of paths: who pays what, and what the asset fetches at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from instruments.contracts.lease import Lease
from pricing.ledger import lease as k
from pricing.mechanics.lease_choices import BOUGHT, DEFAULT, EARLY, Bools, Choices, ExitClaim, LeasePaths, choose, option_price
from pricing.schedules.lease import LeaseGrid, PhasePlan
from pricing.schedules.types import Floats, Ints


@dataclass(frozen=True)
class PhaseOutcome:
    """How a phase ends on each path: what guarantees of the lease look at. USD, [path]."""

    started: Bools
    how: Ints
    """Code of `pricing.mechanics.lease_choices`."""
    row: Ints
    """Row at which the lessor has the asset back, or has sold it to the lessee."""
    value: Floats
    """Market value then."""
    recovery: Floats
    """What the lessor can expect of it then, net of costs: by letting again or by sale."""
    relet: Floats
    """What letting it again is worth then, sale at the term's end included."""
    owed: Floats
    """Rents unpaid and outstanding then, after a default."""
    unpaid: Floats
    """What the lessee never pays."""
    outstanding: Floats
    """Outstanding at that row."""
    met: Bools
    """Whether the return conditions are met."""


class _Asset(NamedTuple):
    """What the lessor sees when it has the asset back, [path]."""

    value: Floats
    sale: Floats
    """Net of remarketing."""
    relet: Floats
    letting: Bools


def roll_phase(
    lease: Lease, phase: PhasePlan, grid: LeaseGrid, paths: LeasePaths, default: Ints, recovery: float, claim: ExitClaim, ledger: Floats
) -> PhaseOutcome:
    """Add one phase's postings to a ledger.

    **Model**, by month: the lessor pays for the asset and takes the deposit at the handover; rent is paid until the end or the default;
    from default to repossession rent falls due unpaid and the idle asset costs the lessor; then the deposit is applied, the asset is let
    again or sold (by the lessor's estimate at forwards from the path's rent on), and the estate pays its recovery rate on what is left of
    arrears and of the outstanding amount less the asset's worth. **Not modelled**: cure by the lessee, assumption or rejection of the
    lease in court, a surplus owed to the lessee.

    Args:
        default: row of the lessee's default [path]; a phase whose lessee has defaulted by its start never starts.
        recovery: of the lessee's estate.
        claim: what the lessee owes as its own guarantor on leaving.
        ledger: [row, posting, path], added to in place.
    """
    started = default > phase.start
    made = choose(lease, phase, grid, paths, default, claim)
    fails = started & (made.how == DEFAULT)
    last = len(grid.dates) - 1
    back = np.where(fails, np.minimum(made.end + lease.remarketing.repossession_months, last), np.where(started, made.end, phase.start))
    columns = np.arange(len(back))

    ledger[phase.start, k.PRICE] += np.where(started, phase.price, 0.0)
    ledger[phase.start, k.DEPOSIT] += np.where(started, phase.deposit, 0.0)
    ledger[back, k.DEPOSIT_BACK, columns] += np.where(started, phase.deposit, 0.0)
    arrears = _rents(lease, phase, made, started, fails, back, ledger)
    _running(lease, phase, made, started, fails, back, ledger)

    ends = np.array(phase.ends)[made.term]
    asset = _asset(lease, phase, grid, paths, back, ends, fails)
    outstanding = phase.outstanding[made.term, back]
    worth = np.where(asset.letting, asset.relet, asset.sale)
    claimed = np.where(fails, np.maximum(outstanding - worth, 0.0), 0.0)
    unpaid = _settle(lease, phase, fails, back, arrears, claimed, recovery, columns, ledger)

    fee = np.where(started & (made.how == EARLY), made.fee, 0.0)
    ledger[back, k.CLAIM_DUE, columns] += fee
    ledger[back, k.CLAIM, columns] += fee
    met = _return(lease, phase, paths, made, started, fails, back, columns, ledger)
    _dispose(lease, phase, paths, made, started, back, ends, asset, columns, ledger)
    return PhaseOutcome(
        started, made.how, back, asset.value, worth, asset.relet, np.where(fails, arrears + outstanding, 0.0), unpaid, outstanding, met
    )


def _rents(lease: Lease, phase: PhasePlan, made: Choices, started: Bools, fails: Bools, back: Ints, ledger: Floats) -> Floats:
    """Post rents; returns arrears [path] at repossession."""
    shift = 0 if lease.timing == "advance" else 1
    term_end = np.array(phase.ends)[made.term]
    # rents stop at the end of the term that runs when the lessee fails, even if the asset comes back later
    stop = np.where(fails, np.minimum(back, term_end), made.end) + shift
    first = phase.start + shift
    rows = np.arange(first, min(int(stop[started].max(initial=first)), len(ledger)))[:, None]
    if not rows.size:
        return np.zeros(len(back))
    due = np.where(started & (rows < stop), made.rent[rows[:, 0]], 0.0)
    paid = np.where(~fails | (rows < made.end), due, 0.0)
    span = slice(int(rows[0, 0]), int(rows[-1, 0]) + 1)
    ledger[span, k.RENT_DUE] += due
    ledger[span, k.RENT] += paid
    ledger[span, k.RENT_DEFERRED] += due - paid
    return (due - paid).sum(axis=0)


def _running(lease: Lease, phase: PhasePlan, made: Choices, started: Bools, fails: Bools, back: Ints, ledger: Floats) -> None:
    rows = np.arange(phase.start + 1, int(back[started].max(initial=phase.start)) + 1)[:, None]
    if not rows.size:
        return
    span = slice(int(rows[0, 0]), int(rows[-1, 0]) + 1)
    cost = phase.asset.running[span][:, None]
    used = started & (rows <= np.where(fails, made.end, back))
    ledger[span, k.RUNNING_LESSEE if lease.running_costs == "lessee" else k.RUNNING_LESSOR] += np.where(used, cost, 0.0)
    idle = fails & (rows > made.end) & (rows <= back)
    ledger[span, k.RUNNING_LESSOR] += np.where(idle, lease.remarketing.idle_cost_share * cost, 0.0)


def _asset(lease: Lease, phase: PhasePlan, grid: LeaseGrid, paths: LeasePaths, back: Ints, ends: Ints, fails: Bools) -> _Asset:
    a, columns = phase.asset, np.arange(len(back))
    linked, ratio = paths.linked[back, columns], paths.let[back, columns]
    value = a.value[back] * linked
    sale = value * (1.0 - a.sale_cost) * np.where(fails, a.forced[back], 1.0)
    # sums of what comes after a row, discounted to today
    first = np.minimum(back + a.relet_months, ends)
    income = _after(grid.discount * a.relet_rent, first, ends)
    cost = _after(grid.discount * a.running, first, ends)
    idle = lease.remarketing.idle_cost_share * _after(grid.discount * a.running, back, first)
    later = grid.discount[ends] * a.value[ends] * (1.0 - a.sale_cost) * linked
    relet = (ratio * income - cost - idle + later) / grid.discount[back]
    choice = lease.remarketing.choice
    lets = (relet > sale) if choice == "best" else np.full(len(back), choice == "relet")
    return _Asset(value, sale, relet, fails & lets & (back < ends))


def _after(flow: Floats, start: Ints, end: Ints) -> Floats:
    """Sum of flow over rows in (start, end], [path]."""
    total = np.cumsum(flow)
    return np.where(end > start, total[end] - total[np.minimum(start, end)], 0.0)


def _settle(
    lease: Lease,
    phase: PhasePlan,
    fails: Bools,
    back: Ints,
    arrears: Floats,
    claimed: Floats,
    recovery: float,
    columns: Ints,
    ledger: Floats,
) -> Floats:
    """Deposit first, then the estate, on arrears before the rest; what is left is written off. Returns it [path]."""
    rate = recovery if lease.remarketing.recourse == "full" else 0.0
    deposit = np.where(fails, phase.deposit, 0.0)
    on_rent = np.minimum(deposit, arrears)
    on_claim = np.minimum(deposit - on_rent, claimed)
    rent_paid = on_rent + rate * (arrears - on_rent)
    claim_paid = on_claim + rate * (claimed - on_claim)
    ledger[back, k.RENT_DEFERRED, columns] -= arrears
    ledger[back, k.RENT, columns] += rent_paid
    ledger[back, k.RENT_LOST, columns] += arrears - rent_paid
    ledger[back, k.CLAIM_DUE, columns] += claimed
    ledger[back, k.CLAIM, columns] += claim_paid
    ledger[back, k.CLAIM_LOST, columns] += claimed - claim_paid
    return arrears - rent_paid + claimed - claim_paid


def _return(
    lease: Lease,
    phase: PhasePlan,
    paths: LeasePaths,
    made: Choices,
    started: Bools,
    fails: Bools,
    back: Ints,
    columns: Ints,
    ledger: Floats,
) -> Bools:
    """Return conditions: who meets them, and pays for it."""
    terms = lease.return_conditions
    cost = phase.share * terms.cost_usd
    kept = paths.luck(f"{phase.label}/return").random(len(back)) < terms.met_odds
    lessee = started & ~fails & (made.how != BOUGHT) & kept
    lessor = fails & terms.lessor_cures
    ledger[back, k.RETURN_LESSEE, columns] += np.where(lessee, cost, 0.0)
    ledger[back, k.RETURN_LESSOR, columns] += np.where(lessor, cost, 0.0)
    return lessee | lessor


def _dispose(
    lease: Lease, phase: PhasePlan, paths: LeasePaths, made: Choices, started: Bools, back: Ints, ends: Ints, asset: _Asset, columns: Ints,
    ledger: Floats,
) -> None:  # fmt: skip
    """The asset is bought by the lessee, sold at once, or let again to the term's end and sold then."""
    a = phase.asset
    buys = started & (made.how == BOUGHT)
    ledger[back, k.OPTION, columns] += np.where(buys, option_price(lease, phase, asset.value), 0.0)
    ledger[back, k.BOUGHT, columns] += np.where(buys, asset.value, 0.0)
    sells = started & ~buys & ~asset.letting
    gross = np.where(sells, asset.sale / (1.0 - a.sale_cost) if a.sale_cost < 1.0 else 0.0, 0.0)
    ledger[back, k.SALE, columns] += gross
    ledger[back, k.REMARKETING, columns] += a.sale_cost * gross
    lets = asset.letting
    if not lets.any():
        return
    rows = np.arange(int(back[lets].min()) + 1, int(ends[lets].max()) + 1)[:, None]
    span = slice(int(rows[0, 0]), int(rows[-1, 0]) + 1)
    on = lets & (rows > back) & (rows <= ends)
    let = on & (rows > back + a.relet_months)
    ledger[span, k.RELET] += np.where(let, paths.let[span] * a.relet_rent[span][:, None], 0.0)
    share = np.where(let, 1.0, lease.remarketing.idle_cost_share)
    ledger[span, k.RUNNING_LESSOR] += np.where(on, share * a.running[span][:, None], 0.0)
    sold = np.where(lets, a.value[ends] * paths.linked[ends, columns], 0.0)
    ledger[ends, k.SALE, columns] += sold
    ledger[ends, k.REMARKETING, columns] += a.sale_cost * sold
