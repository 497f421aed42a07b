"""What a lessee chooses, date by date: to leave early, to renew, to buy, to give back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instruments.contracts.lease import Lease
from instruments.contracts.lease_parts import Cheaper
from pricing.schedules.lease import LeaseGrid, PhasePlan, market_rent
from pricing.schedules.plan import NEVER
from pricing.schedules.types import Floats, Ints

Bools = NDArray[np.bool_]
END, NON_RENEWAL, EARLY, DEFAULT, BOUGHT = range(5)
"""How a lease comes to its end."""
ExitClaim = Callable[[PhasePlan, int, int, Floats], Floats]
"""What the lessee itself would owe as a guarantor if it left: (phase, row, how, market value [path]) to USD [path]."""


@dataclass(frozen=True)
class LeasePaths:
    """One block of paths; row 0 is the market's date."""

    ratio: Floats
    """[row, path] rent over its forward."""
    linked: Floats
    """[row, path] resale over its forward."""
    default: dict[str, Ints]
    """Credit key to the row by which it has defaulted [path]; `NEVER` where it has not."""
    luck: Callable[[str], np.random.Generator]
    """Independent draws by name, the same for one block whoever asks."""
    demand: Floats | None = None
    """[row, path] demand for capacity as a share of what it was; None: no belief moves it."""

    @property
    def let(self) -> Floats:
        """[row, path] rent over its forward, on the hours that demand leaves: what an asset let by the day earns of its plan."""
        return self.ratio if self.demand is None else self.ratio * self.demand

    def row_of(self, key: str | None) -> Ints:
        """Row of default of a credit; never where there is none."""
        return self.default[key] if key is not None else np.full(self.ratio.shape[1], NEVER, dtype=np.int64)


@dataclass(frozen=True)
class Choices:
    """How each path ends before the asset changes hands, [path]."""

    end: Ints
    """Row of the end; that of the default where it comes first."""
    how: Ints
    term: Ints
    """Term that runs then."""
    fee: Floats
    """Early termination fee."""
    rent: Floats
    """[row, path or 1]"""


def choose(lease: Lease, phase: PhasePlan, grid: LeaseGrid, paths: LeasePaths, default: Ints, claim: ExitClaim) -> Choices:
    """Walk through the dates on which the lessee decides.

    **Model**: a lessee that looks for the cheaper road compares rent (and running costs, where it bears them) of the term ahead with the
    market's rent for the same hours, both by forwards from the path's rent on, and counts what leaving costs it: fee, switching, return,
    and what it owes as a guarantor of this very lease. A purchase comes first where it is worth more than its price and more than
    renewing saves. **Not modelled**: waiting values, bargaining, a renewal chosen to hide distress.

    Args:
        default: row of the lessee's default [path].
        claim: see `ExitClaim`.
    """
    count = paths.ratio.shape[1]
    end, how, term, fee = np.full(count, NEVER), np.full(count, DEFAULT), np.zeros(count, dtype=np.int64), np.zeros(count)
    market = lease.renewal is not None and lease.renewal.rent == "market"
    rent = np.repeat(phase.rent[:, None], count, axis=1) if market else phase.rent[:, None]
    walk = _Walk(lease, phase, grid, paths, claim)
    for row, last in walk.dates():
        open_ = (end == NEVER) & (default > row)
        if not open_.any():
            break
        value = phase.asset.value[row] * paths.linked[row]
        if row < phase.ends[last]:
            cost = walk.fee(row, phase.ends[last], rent)
            leaves = open_ & walk.leaves(
                row, phase.ends[last], rent, cost + claim(phase, row, EARLY, value), "early", lease.early_termination
            )
            end, how, fee = np.where(leaves, row, end), np.where(leaves, EARLY, how), np.where(leaves, cost, fee)
            term = np.where(leaves, last, term)
            continue
        more = last + 1 < len(phase.ends)
        leaving = NON_RENEWAL if more else END
        stays = np.zeros(count, dtype=np.bool_)
        if more:
            rent = walk.renewed(rent, row, phase.ends[last + 1], open_)
            stays = ~walk.leaves(row, phase.ends[last + 1], rent, claim(phase, row, leaving, value), f"renewal {last}", lease.renewal)
        buys = open_ & walk.buys(row, last, value, stays, rent)
        over = open_ & (buys | ~stays)
        end = np.where(over, row, end)
        how = np.where(buys, BOUGHT, np.where(over, leaving, how))
        term = np.where(over, last, term)
    # a default ends the lease unless it has come to its end before
    gone = end == NEVER
    term = np.where(gone, np.minimum(np.searchsorted(np.array(phase.ends), default), len(phase.ends) - 1), term)
    return Choices(np.where(gone, default, end), np.where(gone, DEFAULT, how), term, fee, rent)


@dataclass(frozen=True)
class _Walk:
    lease: Lease
    phase: PhasePlan
    grid: LeaseGrid
    paths: LeasePaths
    claim: ExitClaim

    def dates(self) -> list[tuple[int, int]]:
        """(row, term) of every decision, in order: early exits inside terms, then the term's end."""
        found: list[tuple[int, int]] = []
        begin = self.phase.start
        for k, end in enumerate(self.phase.ends):
            early = self.lease.early_termination
            if early is not None:
                rows = range(self.phase.start + early.first_month, end, early.every_months)
                found += [(row, k) for row in rows if row > begin]
            found.append((end, k))
            begin = end
        return found

    def span(self, row: int, end: int) -> slice:
        """Rows of the rents that fall due if the lessee stays from `row` to `end`."""
        return slice(row, end) if self.lease.timing == "advance" else slice(row + 1, end + 1)

    def fee(self, row: int, end: int, rent: Floats) -> Floats:
        early = self.lease.early_termination
        if early is None:
            return np.zeros(1)
        ahead = rent[self.span(row, end)]
        return early.fee_months * ahead[0] + early.fee_share * ahead.sum(axis=0)

    def saving(self, row: int, end: int, rent: Floats) -> Floats:
        """What staying costs more than the market does, USD at the row [path]."""
        d = self.grid.discount / self.grid.discount[row]
        pays, uses = self.span(row, end), slice(row + 1, end + 1)
        stay = (d[pays, None] * rent[pays]).sum(axis=0)
        if self.lease.running_costs == "lessee":
            stay = stay + float((d[uses] * self.phase.asset.running[uses]).sum())
        return stay - self.paths.ratio[row] * float((d[uses] * self.phase.asset.full_rent[uses]).sum())

    def leaves(self, row: int, end: int, rent: Floats, cost: Floats, luck: str, right: object) -> Bools:
        """Whether the lessee leaves at a row, `cost` being what that costs it besides switching and return."""
        choice = getattr(right, "choice", None)
        if isinstance(choice, Cheaper):
            more = self.phase.share * (choice.switching_cost_usd + self.lease.return_conditions.cost_usd)
            return self.saving(row, end, rent) > cost + more
        odds = float(getattr(choice, "odds", 0.0))
        draw = self.paths.luck(f"{self.phase.label}/{luck}/{row}").random(self.paths.ratio.shape[1])
        yes = draw < odds
        return yes if luck == "early" else ~yes

    def renewed(self, rent: Floats, row: int, end: int, who: Bools) -> Floats:
        """Rents with the market's of the day set for a renewal."""
        renewal = self.lease.renewal
        if renewal is None or renewal.rent == "same":
            return rent
        level = renewal.rent_factor * market_rent(self.lease, self.phase.asset, row, self.paths.ratio[row])
        rent[self.span(row, end)] = np.where(who, level, rent[self.span(row, end)])
        return rent

    def buys(self, row: int, term: int, value: Floats, stays: Bools, rent: Floats) -> Bools:
        """Whether the purchase option is used at a term's end."""
        option = self.lease.purchase_option
        if option is None:
            return np.zeros_like(stays)
        if option.kind == "fair_market":
            draw = self.paths.luck(f"{self.phase.label}/purchase/{row}").random(len(stays))
            return ~stays & (draw < option.odds)
        gain = value - option_price(self.lease, self.phase, value)
        other = np.zeros_like(value)
        if term + 1 < len(self.phase.ends):
            other = np.where(stays, np.maximum(-self.saving(row, self.phase.ends[term + 1], rent), 0.0), 0.0)
        return (gain > 0.0) & (gain >= other)


def option_price(lease: Lease, phase: PhasePlan, value: Floats) -> Floats:
    """Price of the purchase option for a phase's share, USD [path]."""
    option = lease.purchase_option
    if option is None or option.kind == "fair_market":
        return value
    whole = option.price_usd if option.price_usd is not None else 1.0
    return np.full_like(value, phase.share * whole)
