"""One tenant's failure under several kinds of support, on one set of paths and one ledger.

**Model** `pricing.paths.world` on the month ends of the lease: the tenant's share, deliveries, the default times of the tenant and its
supporter, and the rent of what is let, drawn once. On the same path numbers the lease runs (`pricing.mechanics.lease`), its guarantee is
called (`pricing.engines.support_run`), and staged equity is drawn or stopped (`pricing.engines.staged_paths`). Each contract has the
postings of its own engine, tranches summed; beside that, at the tenant's default, what was paid in for its shares is a claim: a stated part
comes back, the rest is written off. A design is a choice of contracts among them: the others' postings are left out.

**Not modelled** any effect of support on the odds of failure: the same path fails in the same month in every design; the price of the
share is the market's, which holds the odds of failure: it does not fall at the default but for the claim above.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from curves import rent_curve
from instruments.contracts.staged import StagedEquity
from instruments.contracts.support import ThresholdCover
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.staged_paths import Draws, draws_in
from pricing.engines.staged_setup import StagedRun, prepare
from pricing.engines.staged_simulation import PER_TRANCHE, staged_plan, staged_postings
from pricing.engines.support_run import SupportSetup, set_up_support
from pricing.ledger import lease as k, support as g
from pricing.ledger.outcomes import Kept
from pricing.ledger.plan import Claim, LedgerPlan, Posting
from pricing.ledger.runs import ContractRun, run_contract
from pricing.mechanics.lease import PhaseOutcome
from pricing.mechanics.lease_choices import DEFAULT, LeasePaths
from pricing.mechanics.support import threshold_at
from pricing.paths.drivers import Drivers, resolve_drivers
from pricing.paths.grid import grid_of
from pricing.paths.lease import luck_of
from pricing.paths.streams import check_seed
from pricing.paths.world import World, simulate_world
from pricing.registry import Settings, Task
from pricing.schedules.plan import NEVER
from pricing.schedules.types import Floats, Ints

if TYPE_CHECKING:
    from curves.market import Market
    from instruments.deal import Deal


DRAW_CLAIMS: tuple[Claim, ...] = ("cash", "due", "deferred", "written_off")
CAPITAL_CLAIMS: tuple[Claim, ...] = ("due", "cash", "written_off")


@dataclass(frozen=True)
class TenantFound:
    """What a run leaves on every path [path] beside the ledger; USD, on the day it happens."""

    default: Ints
    """Row of the tenant's default; `NEVER` where it lives to the last row."""
    supporter_default: Ints
    """Row of the supporter's."""
    paid_in: dict[str, Floats]
    """Staged contract to what had been paid for shares when the tenant failed; nothing on paths where it lives."""
    drawn: dict[str, Floats]
    """Staged contract to what was ever drawn."""
    stopped: dict[str, Ints]
    """Staged contract to the row of the first tranche that a side stops; `NEVER` where none."""
    equity: Floats
    """Price of the whole firm at the month end before the default; nothing where it lives."""
    guaranteed: Floats
    """Threshold of the guarantee for phases that have begun, in the month of the default; nothing where it lives."""
    bargain: Floats
    """Discounted: market value less price of what is sold by force after the default."""
    present: Floats
    """Every posting discounted and summed over rows [posting, path]."""


@dataclass(frozen=True)
class TenantSetup:
    """A lease, its guarantee and staged equity of one tenant, resolved on one grid."""

    support: SupportSetup
    staged: dict[str, StagedRun]
    drivers: Drivers
    rent: str
    forward: Floats
    """Of the rent [row]."""
    equity_recovery: float
    """Part of what was paid for shares that comes back at the tenant's default."""

    def plan(self) -> LedgerPlan:
        """Columns of lease, guarantee, then each staged contract and its claim at the default."""
        lease = self.support.lease.plan
        found = [*k.lease_ledger(lease.lease_id, lease.lease).postings]
        found += g.support_ledger(self.support.contract_id, self.support.terms, lease.lease).postings
        for name, run in self.staged.items():
            investor, issuer = run.contract.investor, run.contract.issuer
            found += [Posting(investor, issuer, name, "draws", "USD", claim) for claim in DRAW_CLAIMS]
            found.append(Posting(issuer, investor, name, "worth of the shares", "USD", "terminal"))
            found += [Posting(issuer, investor, name, "capital paid in", "USD", claim) for claim in CAPITAL_CLAIMS]
        return LedgerPlan(tuple(found))

    def block(self, seed: int, block: int) -> tuple[Floats, TenantFound]:
        """One block of paths: every posting [row, posting, path], and the rest."""
        world = simulate_world(self.drivers, "pricing", None, seed, block, touched=())
        paths = self._lease_paths(world, seed, block)
        lease, phases = self.support.lease.rolled(paths)
        default = paths.row_of(self.support.lease.lessee)
        parts = [lease, self.support.postings(paths, phases)]
        rows, count = len(lease), lease.shape[2]
        columns, fails = np.arange(count), default < rows
        at = np.where(fails, default, 0)
        paid_in, drawn, stopped = dict[str, Floats](), dict[str, Floats](), dict[str, Ints]()
        for name, run in self.staged.items():
            draws = draws_in(run, world)
            parts.append(self._tranches_together(run, draws, rows))
            amounts = np.array([terms.open_usd for terms in run.tranches])
            drawn[name] = np.einsum("k,kp->p", amounts, draws.paid) + sum(terms.drawn_usd for terms in run.tranches)
            paid_in[name] = np.where(fails, drawn[name], 0.0)
            ends = draws.alive & ~(draws.investor_goes_on & draws.issuer_goes_on)
            stopped[name] = np.where(ends, draws.draw + 1, NEVER).min(axis=0)
            claim = np.zeros((rows, 3, count))
            back = self.equity_recovery * paid_in[name]
            for column, amount in enumerate((paid_in[name], back, paid_in[name] - back)):
                claim[at, column, columns] += amount
            parts.append(claim)
        ledger = np.concatenate(parts, axis=1)
        return ledger, TenantFound(
            default=default,
            supporter_default=paths.row_of(self.support.guarantor),
            paid_in=paid_in,
            drawn=drawn,
            stopped=stopped,
            equity=np.where(fails, self._before(world, at, columns), 0.0),
            guaranteed=np.where(fails, self._guaranteed(at), 0.0),
            bargain=self._bargain(phases, columns),
            present=np.einsum("t,tkp->kp", self.support.lease.plan.grid.discount, ledger),
        )

    def run(self, contract_id: str, *, paths: int, seed: int, threads: int | None) -> tuple[ContractRun, TenantFound]:
        """Every contract on one ledger, and what was found on every path."""
        checked = check_seed(seed)
        kept = Kept(lambda block: self.block(checked, block))
        grid = self.support.lease.plan.grid
        run = run_contract(contract_id, self.plan(), grid.dates, grid.discount, kept, paths=paths, threads=threads)
        return run, joined(kept.found())

    def _tranches_together(self, run: StagedRun, draws: Draws, rows: int) -> Floats:
        """The postings of a staged contract summed over its tranches [row, posting, path]: draws by claim, and the worth of shares."""
        days = run.drivers.grid.size
        each = staged_postings(run, draws, np.arange(days), days, len(staged_plan(run)))
        usd = each[:, : PER_TRANCHE * len(run.tranches)].reshape(days, len(run.tranches), PER_TRANCHE, -1)
        found = np.zeros((rows, len(DRAW_CLAIMS) + 1, each.shape[2]))
        for column, part in enumerate((0, 1, 2, 3, 5)):
            # day 0 of the grid is row 1 of the ledger
            found[1 : days + 1, column] = usd[:, :, part].sum(axis=1)
        return found

    def _lease_paths(self, world: World, seed: int, block: int) -> LeasePaths:
        ratio = world.closes[self.rent] / self.forward[1:, None]
        model = self.support.lease.model
        ones = np.ones((1, ratio.shape[1]))
        default = {key: np.where(days < world.grid.size, days + 1, NEVER) for key, days in world.defaulted.items()}
        linked = np.concatenate([ones, ratio**model.elasticity])
        return LeasePaths(np.concatenate([ones, ratio]), linked, default, luck_of(model.contract_id, seed, block))

    def _before(self, world: World, at: Ints, columns: Ints) -> Floats:
        run = next(iter(self.staged.values()))
        closes = world.closes[run.contract.underlying]
        # row r is day r - 1, so the month end before row r is day r - 2
        close = np.where(at >= 2, closes[np.maximum(at - 2, 0), columns], run.spot)
        return close * (run.shares_outstanding or 1.0)

    def _guaranteed(self, at: Ints) -> Floats:
        cover = self.support.terms.cover
        if not isinstance(cover, ThresholdCover):
            return np.zeros(at.shape)
        begun = [np.where(at > phase.start, threshold_at(cover, phase, at), 0.0) for phase in self.support.lease.plan.phases]
        whole = np.sum(begun, axis=0)
        cap = self.support.terms.cap_usd
        return whole if cap is None else np.minimum(whole, cap)

    def _bargain(self, phases: tuple[PhaseOutcome, ...], columns: Ints) -> Floats:
        plan = self.support.lease.plan
        total = np.zeros(columns.size)
        for phase, found in zip(plan.phases, phases, strict=True):
            lets = (found.recovery == found.relet) & (found.relet > 0.0)
            sold = found.started & (found.how == DEFAULT) & ~lets
            total += np.where(sold, plan.grid.discount[found.row] * found.value * (1.0 - phase.asset.forced[found.row]), 0.0)
        return total


def joined(parts: list[TenantFound]) -> TenantFound:
    """Blocks side by side."""

    def floats(of: Callable[[TenantFound], Floats]) -> Floats:
        return np.concatenate([of(part) for part in parts], axis=-1)

    def rows(of: Callable[[TenantFound], Ints]) -> Ints:
        return np.concatenate([of(part) for part in parts])

    names = tuple(parts[0].drawn)
    return TenantFound(
        default=rows(lambda part: part.default),
        supporter_default=rows(lambda part: part.supporter_default),
        paid_in={name: floats(lambda part, key=name: part.paid_in[key]) for name in names},
        drawn={name: floats(lambda part, key=name: part.drawn[key]) for name in names},
        stopped={name: rows(lambda part, key=name: part.stopped[key]) for name in names},
        equity=floats(lambda part: part.equity),
        guaranteed=floats(lambda part: part.guaranteed),
        bargain=floats(lambda part: part.bargain),
        present=floats(lambda part: part.present),
    )


def set_up_tenant(deal: Deal, market: Market, *, guarantee: str, staged: tuple[str, ...], equity_recovery: float = 0.0) -> TenantSetup:
    """Resolve a tenant's lease with its guarantee, and staged equity in the tenant, on the month ends of the lease.

    Args:
        deal: holds all the contracts. market: of its date.
        guarantee: id of a guarantee of a lease. staged: ids of staged equity whose days are month ends within the lease's.
        equity_recovery: part of what was paid for shares that comes back at a default, in [0, 1].

    Raises:
        PricingError: a contract of another kind, daily triggers, or an equity commitment that outlives the lease.
        InputError, MarketError: as the engines of the contracts.
    """
    support = set_up_support(deal, guarantee, market)
    lease = support.lease
    grid_of_lease = lease.plan.grid
    grid = grid_of(market.as_of, grid_of_lease.dates[1:], grid_of_lease.years[1:], grid_of_lease.discount[1:])
    runs: dict[str, StagedRun] = {}
    for name in staged:
        contract = deal.contracts[name]
        if not isinstance(contract, StagedEquity):
            raise PricingError(problem("unsupported", subject=name, why="not staged equity", remedy="name a staged commitment"))
        run = prepare(Task(deal=deal, contract_id=name, contract=contract, market=market, settings=Settings()))
        if not run.monthly or grid.dates[: run.drivers.grid.size] != run.drivers.grid.dates:
            why = "its days are no month ends of the lease"
            raise PricingError(problem("unsupported", subject=name, why=why, remedy="end it on a month end, without daily triggers"))
        runs[name] = run
    clocks = {clock.key: clock for run in runs.values() for clock in run.drivers.clocks}
    credits = dict.fromkeys((*(key for run in runs.values() for key in run.credit_of.values()), *lease.model.credits))
    shares = dict.fromkeys(run.contract.underlying for run in runs.values())
    rent = lease.model.rent_key
    drivers = resolve_drivers(market, grid, prices=tuple(shares), clocks=tuple(clocks.values()), credits=tuple(credits), rents=(rent,))
    forward = rent_curve(market, rent).forward(grid_of_lease.years)
    return TenantSetup(support, runs, drivers, rent, forward, equity_recovery)
