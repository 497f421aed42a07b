"""Laws of risk measures on facilities of every kind: random terms, rough paths."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from instruments import Deal
from instruments.ground.tolerances import PV_REL
from pricing.ledger import facility as k
from pricing.risk.dependence import surely_guaranteed, unguaranteed
from pricing.risk.quantiles import quantiles, tail_mean
from pricing.risk.walks import walk
from tests.facilities import deals, setup

SEEDS = st.integers(0, 2**32 - 1)
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)


@settings(max_examples=5)
@given(deals(), SEEDS)
def test_the_walk_is_the_run_and_keeps_its_domains(terms: Deal, seed: int) -> None:
    run = setup(terms).run(paths=1, seed=seed, threads=1)
    found = walk(run, threads=1)
    scale = run.facility.plan.commitment
    assert np.abs(found.present[found.parties.index("bank")] - run.net).max() <= 10 * PV_REL * scale
    assert (np.diff(found.performing.mean(axis=1)) <= 0.0).all()
    inside = ~np.isnan(found.coverage)
    assert (found.performing[inside] == 1.0).all()
    assert (found.to_value[~np.isnan(found.to_value)] > 0.0).all()
    # paths without a write-off that lend at all: what comes back repays what was lent, so a rate above -99 % exists
    whole = (run.outcomes[k.SHORTFALL] == 0.0) & (run.outcomes[k.PAID_IN] > 0.0)
    assert not np.isnan(found.life[whole]).any()
    assert not np.isnan(found.rate[whole]).any()
    for sample in (found.rate[~np.isnan(found.rate)], found.life[~np.isnan(found.life)], run.outcomes[k.SHORTFALL_DISCOUNTED], -run.net):
        if sample.size < 2:
            continue  # terms on which nothing is ever lent have neither life nor rate
        each = quantiles(sample, LEVELS)
        assert [one.value for one in each] == sorted(one.value for one in each)
        slack = 1e-12 * max(1.0, float(np.abs(sample).max()))
        assert all(tail_mean(sample, one.level)[0] >= one.value - slack for one in each)


@settings(max_examples=8)
@given(deals(), SEEDS)
def test_a_guarantee_never_hurts_the_lender_and_a_sure_one_helps_most(terms: Deal, seed: int) -> None:
    """Domain: same terms, same paths; the guarantee is paid last, so nothing else reacts to it."""
    base = setup(terms)
    slack = PV_REL * base.facility.plan.commitment
    without, real, sure = (each.run(paths=1, seed=seed, threads=1).net for each in (unguaranteed(base), base, surely_guaranteed(base)))
    assert (real - without).min() >= -slack
    assert (sure - real).min() >= -slack
