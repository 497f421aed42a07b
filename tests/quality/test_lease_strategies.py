"""Do the small deals of the strategies reach every end of a lease, every posting, and every form of support?"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings

from instruments import Deal, Lease
from pricing.engines.lease_run import set_up_lease
from pricing.ledger import lease as k
from pricing.mechanics.lease_choices import BOUGHT, DEFAULT, EARLY, END, NON_RENEWAL
from pricing.strategies.leases import lease_deals, lease_guarantees
from tests.leases import market


def test_lease_deals_reach_every_end_and_every_posting() -> None:
    ends: set[int] = set()
    posted = np.zeros(k.POSTINGS, dtype=np.bool_)

    @settings(max_examples=40, database=None, derandomize=True, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(lease_deals(supported=False))
    def look(deal: Deal) -> None:
        lease = deal.contracts["lease"]
        assert isinstance(lease, Lease)
        if lease.term_months == 36:  # long ones are slow, and end in no other way
            return
        _, ledger, phases = set_up_lease(deal, "lease", market()).block(0, 0)
        ends.update(np.unique(phases[0].how[phases[0].started]).tolist())
        np.logical_or(posted, np.abs(ledger).max(axis=(0, 2)) > 0.0, out=posted)

    look()
    assert ends == {END, NON_RENEWAL, EARLY, DEFAULT, BOUGHT}
    # sites without stated costs of running or return have none to post
    costs = {k.RUNNING_LESSEE, k.RUNNING_LESSOR, k.RETURN_LESSEE, k.RETURN_LESSOR}
    assert set(np.flatnonzero(~posted)) <= costs


def test_lease_guarantees_reach_every_form_with_and_without_cap_and_escrow() -> None:
    seen: set[tuple[str, bool, bool]] = set()

    @settings(max_examples=200, database=None, derandomize=True, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(lease_guarantees())
    def look(terms: dict[str, Any]) -> None:
        seen.add((terms["cover"]["form"], terms["cap_usd"] is None, terms["escrow"] is None))

    look()
    assert len(seen) == 4 * 2 * 2
