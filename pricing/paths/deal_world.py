"""One world for a deal: the monthly contracts of a deal share its rents and defaults path by path.

**Model** every market key has one stream of shocks. A contract mixes the shocks of its keys by a triangular root of their correlations;
the root depends on the order, so that two contracts with two orders would see the same entity default in two months on one path. Here
every monthly contract of a deal takes its rows from one root over all keys of the deal, in the order in which its contracts name them.
A contract whose keys come first in that order needs no other root than its own.

The same shocks give the same default month wherever the curve is the same, and the same rent path wherever the contract has the same law
of the rent; a stand-alone offtake keeps short-term factors and launches apart, a facility takes one lognormal of the spread at its end.

Contracts that are looked at daily (staged equity, margin loans) follow these months day by day: `pricing.paths.month_days`.

Not in it: warrants, which are valued with the share as unit of account, derivatives on rents and pools of notes, which have steps or a
copula of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from instruments.conditions import EventHappened, legs_of
from instruments.contracts.borrowing_base import BorrowingBase
from instruments.contracts.guarantee import Guarantee
from instruments.contracts.lease import Lease
from instruments.contracts.lease_parts import LeasedFleet
from instruments.contracts.loan import Loan
from instruments.contracts.offtake import Offtake
from instruments.contracts.support import CapacityBackstop, LeaseGuarantee
from pricing.paths.streams import BLOCK, generator
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curves.market import Market
    from instruments.deal import Deal


class Shared(NamedTuple):
    """The keys of a deal and their correlations, where a contract cannot mix its own alone."""

    keys: tuple[str, ...]
    correlation: Floats
    """[key, key]"""

    def apart(self, key: str) -> Shared:
        """The same marginals, one key independent of all others."""
        matrix = self.correlation.copy()
        at = self.keys.index(key)
        matrix[at, :] = matrix[:, at] = 0.0
        matrix[at, at] = 1.0
        return Shared(self.keys, matrix)

    def moved(self, own: Sequence[str], correlation: Floats) -> Shared | None:
        """The same with other correlations among some keys; None, the contract by itself, where they do not go with the others."""
        matrix, rows = self.correlation.copy(), [self.keys.index(key) for key in own]
        matrix[np.ix_(rows, rows)] = correlation
        return Shared(self.keys, matrix) if float(np.linalg.eigvalsh(matrix).min()) > -1e-9 else None


def mixing(correlation: Floats) -> Floats:
    """Lower triangular root of a correlation matrix that may be singular: [factor, factor]."""
    size = len(correlation)
    root = np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            rest = correlation[i, j] - root[i, :j] @ root[j, :j]
            if i == j:
                root[i, i] = np.sqrt(max(rest, 0.0))
            elif root[j, j] > 1e-8:
                root[i, j] = rest / root[j, j]
    return root


def shared_keys(deal: Deal) -> tuple[str, ...]:
    """Rents and credits of all monthly contracts of a deal, in the order in which they come up."""
    found = [key for name in deal.contracts for key in _keys_behind(deal, name)]
    return tuple(dict.fromkeys(key for key in found if key is not None))


def shared_world(deal: Deal, market: Market, own: Sequence[str]) -> Shared | None:
    """What a contract with these keys mixes in its deal: None where its keys lead the deal's, and its own root is the deal's.

    Raises:
        MarketError: the correlations of the deal's keys contradict each other.
    """
    from curves import correlation_matrix

    keys = tuple(dict.fromkeys((*shared_keys(deal), *own)))
    if keys[: len(own)] == tuple(own):
        return None
    return Shared(keys, np.asarray(correlation_matrix(market, keys), dtype=np.float64))


def own_normals(own: Sequence[str], shared: Shared | None, months: int, seed: int, block: int, paths: int = BLOCK) -> Floats:
    """Shocks of a contract's keys [key, time, path]: independent where it mixes them itself, else correlated as its deal has them."""
    found = np.empty((len(own), months, paths))
    if shared is None:
        for key, part in zip(own, found, strict=True):
            generator(seed, key, block).standard_normal(out=part)
        return found
    root = mixing(shared.correlation)
    rows = {key: root[shared.keys.index(key)] for key in own if key in shared.keys}
    found[:] = 0.0
    for at, key in enumerate(shared.keys):
        if any(row[at] != 0.0 for row in rows.values()):
            drawn = generator(seed, key, block).standard_normal((months, paths))
            for name, part in zip(own, found, strict=True):
                if name in rows and rows[name][at] != 0.0:
                    part += rows[name][at] * drawn
    for name, part in zip(own, found, strict=True):
        if name not in rows:  # what is no market key stands apart
            generator(seed, name, block).standard_normal(out=part)
    return found


def _keys_behind(deal: Deal, name: str) -> list[str | None]:
    """Rent and credits of one contract, in the order in which its engine names them."""
    contract = deal.contracts[name]

    def credit(party: str) -> str | None:
        return deal.parties[party].credit

    if isinstance(contract, Loan) and contract.collateral is not None and contract.offtake is not None:
        fleet, offtake = deal.assets[contract.collateral], deal.contracts[contract.offtake]
        if isinstance(offtake, Offtake):
            behind = [c.guarantor for c in deal.contracts.values() if isinstance(c, Guarantee) and c.loan == name]
            behind += [contract.lender] if contract.draws is not None else []
            return [fleet.rent, credit(offtake.customer), credit(fleet.operator), *(credit(party) for party in behind)]
    if isinstance(contract, Offtake):
        fleet = deal.assets[contract.fleet]
        return [fleet.rent, credit(contract.customer), credit(fleet.operator)]
    if isinstance(contract, Lease):
        used = deal.assets[contract.asset.fleet] if isinstance(contract.asset, LeasedFleet) else contract.asset
        names = [contract.lessee]
        for terms in deal.contracts.values():
            if isinstance(terms, LeaseGuarantee) and terms.lease == name:
                names += [terms.guarantor, *([terms.indemnitor] if terms.indemnitor else [])]
                names += [leg.party for _, leg in (legs_of(terms.springs) if terms.springs else ()) if isinstance(leg, EventHappened)]
        return [used.rent, *(credit(party) for party in names)]
    if isinstance(contract, CapacityBackstop):
        return [contract.rent, credit(contract.guarantor), credit(contract.operator)]
    if isinstance(contract, BorrowingBase):
        return [contract.rent, credit(contract.borrower), *(credit(asset.obligor) for asset in contract.assets)]
    return []
