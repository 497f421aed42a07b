"""Laws of projects: one project under its financings, on the same paths, is searched for a market on which they break.

What is checked on every design holds at any margin: fair ones are put at `project_runs.FAIR_AT`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from curves import Market
from instruments.financing import Design
from instruments.ground.errors import CalibrationError
from instruments.project import Project
from pricing.laws.law import ProjectLaw
from pricing.laws.project_runs import Booked, Ran, ran
from pricing.ledger.runs import claim_gaps
from pricing.registry import Settings
from pricing.risk.transfer.book import LOST, PAID
from pricing.risk.transfer.dead_weight import dead_weight
from pricing.risk.transfer.debt import plan_tranche
from pricing.risk.transfer.design_run import ACCEPTED_REL, Paths, fair_margins, part_signs
from pricing.risk.transfer.hardware import VEHICLE
from pricing.risk.transfer.operations import Operations, project_value
from pricing.risk.transfer.rows import passed_on, ultimate_holders
from pricing.schedules.types import Floats

Look = Callable[[Ran, str], str | None]
"""A run and the name of a design to what breaks the law there."""
LIVES = ("contract rent", "market rent", "running cost", "new operator")
"""Postings of the hardware while the vehicle has it."""


def losses_add_up(on: Ran, name: str) -> str | None:
    """None where all holders together lose what the project loses and the dead weight, both from the operations alone, on every path."""
    run = on.booked(name)
    total = sum((run.loss(holder) for holder in on.project.holders()), np.zeros(on.operations.paths))
    expected = dead_weight(on.setup, on.operations, run.rolled).sum(axis=0) - project_value(on.setup, on.operations)
    worst = int(np.abs(total - expected).argmax())
    if abs(total[worst] - expected[worst]) <= on.dust:
        return None
    return f"holders lose {total[worst]:,.2f} USD on path {worst}; the project and its dead weight come to {expected[worst]:,.2f}"


def ultimate_losses_add_up(on: Ran, name: str) -> str | None:
    """None where the ultimate holders together lose what the holders lose, on every path."""
    run, holders = on.booked(name), on.project.holders()
    ultimate = ultimate_holders(on.project, holders)
    gap = sum((passed_on(on.project, holders, run.loss, last) for last in ultimate), np.zeros(on.operations.paths))
    gap = gap - sum((run.loss(holder) for holder in holders), np.zeros(on.operations.paths))
    return None if np.abs(gap).max() <= on.dust else f"ultimate holders lose {gap[np.abs(gap).argmax()]:+,.2f} USD more than holders"


def hardware_is_the_same(on: Ran, name: str) -> str | None:
    """None where the design pays the cost, lives on the shared rents and costs until a seizure and not after, and sells every unit once."""
    run, shared = on.booked(name), on.operations
    bought = run.column("hardware", "purchase")
    if np.abs(bought[0] - on.setup.cost).max() > on.dust or bought[1:].any():
        return f"the hardware costs {bought.sum(axis=0).max():,.2f} USD, not {on.setup.cost:,.2f}"
    months = np.arange(on.setup.total)[:, None]
    kept = (months <= run.rolled.seized) & (months < on.setup.months)
    for reason, amounts in zip(LIVES, (shared.contract_rent, shared.market_rent, shared.running, shared.transition), strict=True):
        gap = np.abs(run.column("hardware", reason)[1:] - np.where(kept, amounts, 0.0)).max(axis=1)
        if gap.max() > on.dust:
            return f"{reason} of month {int(gap.argmax()) + 1} is {gap.max():,.2f} USD off that of the operations"
    with np.errstate(invalid="ignore", divide="ignore"):
        sold = np.nansum(run.column("hardware", "value of hardware sold", "terminal")[1:] / shared.value, axis=0)
    worth = shared.value.min(axis=0) > 0.0
    off = np.where(worth, np.abs(sold - 1.0), 0.0)
    return None if off.max() <= 1e-9 else f"{sold[off.argmax()]:.6f} of the hardware is sold on path {int(off.argmax())}"


def lots_below_market(on: Ran, name: str) -> str | None:
    """None where what a sale fetches is at most the market value of what is sold, and what is lost at most the discount."""
    run = on.booked(name)
    price, value = run.column("hardware", "price of hardware"), run.column("hardware", "value of hardware sold", "terminal")
    lost = run.column("hardware", "use lost in a quick sale", "terminal")
    if (price > value + on.dust).any():
        return f"hardware worth {value.flat[(price - value).argmax()]:,.2f} USD is sold for {price.flat[(price - value).argmax()]:,.2f}"
    if (lost < -on.dust).any() or (lost > value - price + on.dust).any():
        return f"{lost.flat[np.abs(lost).argmax()]:,.2f} USD of use are lost in a sale: not between nothing and the discount"
    return None


def design_claims_add_up(on: Ran, name: str) -> str | None:
    """None where due = paid + deferred + written off, the vehicle keeps nothing, and no payment runs backwards, month by month."""
    run = on.booked(name)
    for gap in claim_gaps(run.planned.plan, run.ledger):
        if gap.difference > on.dust:
            return f"{gap.claim}: {gap.difference:,.2f} USD of what is due are not paid, put off or given up"
    net = np.zeros_like(run.ledger[:, 0])
    for column, posting in enumerate(run.postings):
        if posting.claim == "cash" and posting.unit == "USD":
            net = net + (float(posting.payee == VEHICLE) - float(posting.payer == VEHICLE)) * run.ledger[:, column]
        if posting.claim != "deferred" and run.ledger[:, column].min() < -on.dust:
            return f"{posting.reason} of {posting.payer} to {posting.payee} is {run.ledger[:, column].min():,.2f} USD"
    return None if np.abs(net).max() <= on.dust else f"the vehicle is left with {net.flat[np.abs(net).argmax()]:,.2f} USD in a month"


def recoveries_are_bounded(on: Ran, name: str) -> str | None:
    """None where principal paid back and given up are each between nothing and what was lent, and together what was lent."""
    run = on.booked(name)
    for tranche, column in run.planned.debt.principal.items():
        lent = run.ledger[0, run.planned.debt.draw[tranche]]
        back, lost = (run.ledger[:, column + part].sum(axis=0) for part in (PAID, LOST))
        if np.abs(back + lost - lent).max() > on.dust or min(back.min(), lost.min()) < -on.dust:
            at = int(np.abs(back + lost - lent).argmax())
            return f"{tranche} of {lent[at]:,.2f} USD has {back[at]:,.2f} paid back and {lost[at]:,.2f} given up on path {at}"
    return None


def designs_pay_in_order(on: Ran, name: str) -> str | None:
    """None where a rank behind, and the owners, get nothing of a month in which a rank ahead, or the rent of a lease, is left unpaid."""
    run, design = on.booked(name), on.project.designs[name]
    ahead = np.zeros_like(run.ledger[:, 0])
    if design.lease is not None:
        ahead = _left_unpaid(run, "lease", "rent")
    for rank in sorted({tranche.rank for tranche in design.tranches.values()}):
        names = [label for label, tranche in design.tranches.items() if tranche.rank == rank]
        paid = sum((run.column(label, reason) for label in names for reason in ("interest", "principal")), np.zeros_like(ahead))
        early = paid[ahead > on.dust]
        if early.size and early.max() > on.dust:
            return f"rank {rank} is paid {early.max():,.2f} USD in a month in which one ahead is left unpaid"
        ahead = ahead + sum((_left_unpaid(run, label, reason) for label in names for reason in ("interest", "principal")), 0.0)
    owners = run.column("equity", "distribution")[ahead > on.dust]
    return None if not owners.size or owners.max() <= on.dust else f"owners get {owners.max():,.2f} USD while creditors are left unpaid"


def _left_unpaid(run: Booked, contract: str, reason: str) -> Floats:
    """What is owed and not paid after a month, before it is given up [row, path]."""
    return np.cumsum(run.column(contract, reason, "deferred"), axis=0) + run.column(contract, reason, "written_off")


def guarantees_within_loss(on: Ran, name: str) -> str | None:
    """None where a guarantor of debt is called for no more than the cap, and for no more than each lender has lost, with interest."""
    run, design = on.booked(name), on.project.designs[name]
    promise = design.guarantee
    assert promise is not None, "looked at on guaranteed designs alone"
    called = np.zeros(on.operations.paths)
    covered = sum(design.tranches[label].share_of_cost for label in design.covered) * on.setup.cost
    for label in design.covered:
        rate = plan_tranche(on.setup, label, design.tranches[label], run.margins[f"tranches.{label}"]).rate
        due = run.column(label, "guarantee", "due")[1:]
        lost = sum((run.column(label, reason, "written_off")[1:] for reason in ("interest", "principal", "advance repaid")), 0.0 * due)
        left = np.zeros(on.operations.paths)
        for t in range(on.setup.total):
            left = left * (1.0 + rate[t]) + lost[t] - due[t]
            if left.min() < -on.dust:
                return f"{promise.guarantor} is called for {-left.min():,.2f} USD more than {label} has lost, in month {t + 1}"
        called = called + due.sum(axis=0)
    most = np.inf if promise.cap_share is None else promise.cap_share * covered
    return None if called.max() <= most + on.dust else f"{promise.guarantor} is called for {called.max():,.2f} USD; its cap is {most:,.2f}"


def residuals_within_promise(on: Ran, name: str) -> str | None:
    """None where a residual guarantee lifts what a lessor gets for the hardware no further than the value that is guaranteed."""
    run, lease = on.booked(name), on.project.designs[name].lease
    assert lease is not None, "looked at on leased designs alone"
    due = run.column("lease", "residual guarantee", "due").sum(axis=0)
    got = (run.column("hardware", "price of hardware") - run.column("hardware", "cost of sale")).sum(axis=0)
    most = max(lease.guaranteed_start_share, lease.guaranteed_end_share) * on.setup.cost
    over = np.where(due > on.dust, due + got - most, 0.0)
    return None if over.max() <= on.dust else f"sale and guarantee come to {over.max():,.2f} USD more than the guaranteed {most:,.2f}"


def _lenders(design: Design, project: Project) -> tuple[str, ...]:
    """Who is covered by a guarantee and neither owns, promises, pays rent, nor holds warrants."""
    if design.lease is not None:
        found, guarantor = {design.lease.lessor}, design.lease.guarantor
    else:
        found, guarantor = {design.tranches[label].holder for label in design.covered}, design.guarantee and design.guarantee.guarantor
    others = {*design.equity, guarantor, project.plant.customer, *((design.warrants.holder,) if design.warrants else ())}
    return tuple(sorted(found - others))


def guarantees_move_loss(on: Ran, name: str) -> str | None:
    """None where the guarantee, margins unchanged, moves loss from lenders to others and makes none, on every path."""
    design = on.project.designs[name]
    bare, safe = on.book(design.evolve(guarantee=None)), on.booked(name)
    for lender in _lenders(design, on.project):
        worse = safe.loss(lender) - bare.loss(lender)
        if worse.max() > on.dust:
            return f"{lender} loses {worse.max():,.2f} USD more with the guarantee than without"
    return _made(on, bare, safe, "the guarantee")


def _made(on: Ran, before: Booked, after: Booked, what: str, spent: Floats | float = 0.0) -> str | None:
    """None where all holders together lose the same with a layer as without, but for what it spends."""
    holders = on.project.holders()
    moved = sum((after.loss(holder) - before.loss(holder) for holder in holders), np.zeros(on.operations.paths)) - spent
    return None if np.abs(moved).max() <= on.dust else f"{what} makes {moved[np.abs(moved).argmax()]:,.2f} USD of loss instead of moving it"


def larger_caps_never_hurt(on: Ran, name: str) -> str | None:
    """None where twice the cap, and no cap, raise no lender's loss on any path, margins unchanged."""
    design = on.project.designs[name]
    promise = design.guarantee
    assert promise is not None, "looked at on capped guarantees alone"
    assert promise.cap_share is not None, "looked at on capped guarantees alone"
    runs = [on.booked(name)]
    for cap in (min(1.0, 2.0 * promise.cap_share), None):
        runs.append(on.book(design.evolve(guarantee=promise.evolve(cap_share=cap))))
        for lender in _lenders(design, on.project):
            worse = runs[-1].loss(lender) - runs[-2].loss(lender)
            if worse.max() > on.dust:
                return f"{lender} loses {worse.max():,.2f} USD more with the cap at {'nothing' if cap is None else f'{cap:g}'}"
    return None


def failing_guarantors_never_help(on: Ran, name: str) -> str | None:
    """None where a guarantor that fails in half the time, or at once, lowers no covered loss on any path, all else the same."""
    design = on.project.designs[name]
    guarantor = _guarantor(design)
    key = on.project.parties[guarantor or ""].credit or ""
    runs = [on.booked(name)]
    for share in (0.5, 0.0):
        sooner = (share * on.operations.defaulted[key]).astype(np.int64)
        at: Operations = replace(on.operations, defaulted={**on.operations.defaulted, key: sooner})
        runs.append(on.book(design, at))
        for lender in _lenders(design, on.project):
            gain = runs[-2].loss(lender) - runs[-1].loss(lender)
            if gain.max() > on.dust:
                return f"{lender} loses {gain.max():,.2f} USD less where {guarantor} fails sooner"
    return None


def warrants_move_loss(on: Ran, name: str) -> str | None:
    """None where the holder of warrants gains on every path what their issuer loses, never less than nothing."""
    design = on.project.designs[name]
    bare, given = on.book(design.evolve(warrants=None)), on.booked(name)
    warrants = design.warrants
    assert warrants is not None, "looked at on designs with warrants alone"
    if warrants.holder != warrants.issuer:
        gain = bare.loss(warrants.holder) - given.loss(warrants.holder)
        if gain.min() < -on.dust:
            return f"{warrants.holder} is {-gain.min():,.2f} USD worse off with the warrants that it was given"
    return _made(on, bare, given, "the warrants")


def pledges_move_loss(on: Ran, name: str) -> str | None:
    """None where pledged shares are sold at the discount, and a loan on them makes no loss but the brokers' share of that price."""
    design, run = on.project.designs[name], on.booked(name)
    loan = design.margin_loan
    assert loan is not None, "looked at on designs with a margin loan alone"
    price = (1.0 - loan.discount) * run.column("margin_loan", "value of shares sold", "terminal")
    off = np.abs(run.column("margin_loan", "sale of pledged shares") - price).max()
    if off > on.dust:
        return f"pledged shares are sold {off:,.2f} USD off their price less the discount"
    took = np.einsum("t,tp->p", on.setup.discount, loan.sale_cost * price)
    return _made(on, on.book(design.evolve(margin_loan=None)), run, "the pledge", took)


def fair_claims_are_par(project: Project, market: Market, settings: Settings) -> str | None:
    """None where what a fair margin is asked for is worth what was paid for it, on the paths at hand."""
    on = ran(project, market, settings.seed)
    paths = Paths(on.setup, settings.seed, (on.operations,))
    for name, design in project.designs.items():
        try:
            margins = fair_margins(paths, name, design, 1)
        except CalibrationError:
            continue
        run = Booked(on.setup, design, on.operations, margins)
        for part in design.fair_parts():
            present = np.einsum("k,tkp,t->p", part_signs(run.planned, part), run.ledger, on.setup.discount)
            off = float(present.mean())
            if abs(off) > ACCEPTED_REL * on.setup.cost:
                return f"{name}: {part} at its fair margin of {margins[part]:.4%} is worth {off:+,.2f} USD over what was paid for it"
    return None


def _guarantor(design: Design) -> str | None:
    return design.lease.guarantor if design.lease else design.guarantee.guarantor if design.guarantee else None


def _law(
    name: str,
    sentence: str,
    domain: str,
    where: Callable[[Design, Project], bool],
    look: Look,
    also: Callable[[Project], bool] = lambda _: True,
) -> ProjectLaw:
    """A law of every design of one kind."""

    def applies(project: Project) -> bool:
        return also(project) and any(where(design, project) for design in project.designs.values())

    def check(project: Project, market: Market, settings: Settings) -> str | None:
        on = ran(project, market, settings.seed)
        for label, design in project.designs.items():
            if where(design, project) and (why := look(on, label)):
                return f"{label}: {why}"
        return None

    return ProjectLaw(name, sentence, domain, applies, check)


def _every(_: Design, __: Project) -> bool:
    return True


def _covers(design: Design, project: Project) -> bool:
    return _guarantor(design) is not None and bool(_lenders(design, project))


def _can_fail(design: Design, project: Project) -> bool:
    return _covers(design, project) and project.parties[_guarantor(design) or ""].credit is not None


SAME = "on every path of every market tried, margins unchanged"
LAWS: tuple[ProjectLaw, ...] = (
    _law(
        "losses_add_up",
        "what all holders lose under a design is what the project loses and the dead weight, both told from its operations alone",
        "all designs, path by path",
        _every,
        losses_add_up,
    ),
    _law(
        "ultimate_losses_add_up",
        "what ultimate holders lose is what the holders lose that they stand behind",
        "projects with an ownership map, all designs, path by path",
        _every,
        ultimate_losses_add_up,
        also=lambda project: bool(project.ownership),
    ),
    _law(
        "hardware_is_the_same",
        "every design buys the same hardware, has its rents and costs until creditors seize it, and sells each unit once",
        "all designs, path by path",
        _every,
        hardware_is_the_same,
    ),
    _law(
        "lots_below_market",
        "hardware sold fetches at most its market value, and the use that is lost is at most the discount",
        "all designs, path by path",
        _every,
        lots_below_market,
    ),
    _law(
        "design_claims_add_up",
        "due = paid + deferred + written off, the vehicle keeps nothing, and no payment runs backwards",
        "all designs, month by month on every path",
        _every,
        design_claims_add_up,
    ),
    _law(
        "recoveries_are_bounded",
        "principal paid back and given up are each between nothing and what was lent, and together what was lent",
        "designs with tranches, path by path",
        lambda design, _: bool(design.tranches),
        recoveries_are_bounded,
    ),
    _law(
        "designs_pay_in_order",
        "a rank behind, and the owners, get nothing in a month in which a rank ahead, or the rent of a lease, is left unpaid",
        "designs with tranches or a lease, path by path",
        lambda design, _: bool(design.tranches) or design.lease is not None,
        designs_pay_in_order,
    ),
    _law(
        "guarantees_within_loss",
        "a guarantor of debt is called for no more than its cap, and no more than lenders have lost, with interest",
        "designs with a guarantee of debt, path by path",
        lambda design, _: design.guarantee is not None,
        guarantees_within_loss,
    ),
    _law(
        "residuals_within_promise",
        "a residual guarantee lifts what a lessor gets for the hardware no further than the guaranteed value",
        "leased designs with a guarantor, path by path",
        lambda design, _: design.lease is not None and design.lease.guarantor is not None,
        residuals_within_promise,
    ),
    _law(
        "guarantees_move_loss",
        "a guarantee of debt lowers what lenders lose, or leaves it, and all holders together lose the same",
        f"guaranteed lenders that are nothing else in the design; {SAME}. False with fair margins: the owners gain",
        lambda design, project: design.guarantee is not None and _covers(design, project),
        guarantees_move_loss,
    ),
    _law(
        "larger_caps_never_hurt",
        "twice the cap of a guarantee of debt, or no cap, never raises what a lender loses",
        f"capped guarantees, lenders that are nothing else in the design; {SAME}",
        lambda design, project: design.guarantee is not None and design.guarantee.cap_share is not None and _covers(design, project),
        larger_caps_never_hurt,
    ),
    _law(
        "failing_guarantors_never_help",
        "a guarantor that fails sooner never lowers what those lose whom it guarantees",
        f"guarantors with a credit, covered holders that are nothing else in the design; {SAME}, all other failures where they were",
        _can_fail,
        failing_guarantors_never_help,
    ),
    _law(
        "warrants_move_loss",
        "warrants never leave their holder worse off, and all holders together lose the same",
        f"designs with warrants; {SAME}",
        lambda design, _: design.warrants is not None,
        warrants_move_loss,
    ),
    _law(
        "pledges_move_loss",
        "pledged shares are sold at their discount, and a loan on them makes no loss but the brokers' share of that price",
        f"designs with a margin loan; {SAME}",
        lambda design, _: design.margin_loan is not None,
        pledges_move_loss,
    ),
    ProjectLaw(
        "fair_claims_are_par",
        "a claim at its fair margin is worth what was paid for it",
        f"fair parts, within {ACCEPTED_REL:.1%} of the cost, where a margin below 100 % a year will do; on the paths on which it was found",
        lambda project: any(design.fair_parts() for design in project.designs.values()),
        fair_claims_are_par,
        markets=2,
    ),
)
"""Laws of projects."""
