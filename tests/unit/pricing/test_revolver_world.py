"""A revolver on a short rate that moves and in a market whose belief can break: limits, marginals, what stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from curves import Market, survival_curve
from instruments.contracts.coupons import FloatingCoupon
from instruments.ground.tolerances import MC_SIGMAS
from pricing.engines.borrowing_base_simulation import simulated
from pricing.ledger.borrowing_base import DRAW, DUE, FEE, INTEREST, LOST, PRINCIPAL, borrowing_base_postings
from pricing.ledger.runs import claim_gaps
from pricing.registry import Settings, Task
from pricing.schedules.borrowing_base import base_paths
from pricing.schedules.grid import month_end
from pricing.strategies.borrowing_bases import base_deal
from tests import bases
from tests.bases import base, plan_of

BELIEF: dict[str, Any] = {
    "intensity": 0.8, "jumps": {"rent:GPU": -0.3}, "jump_volatility": 0.1, "defaults": {"credit:ONE": 0.2, "credit:CLD": 0.1},
    "hazard_multiples": {"credit:CLD": 2.0},
}  # fmt: skip


def moving(on: Market, volatility: float = 0.03, reversion: float = 0.1) -> Market:
    return on.evolve(rates={"USD-SOFR": {"kind": "flat", "rate": 0.04, "volatility": volatility, "mean_reversion": reversion}})


def run(of: Any, on: Market, paths: int = 1, seed: int = 0) -> Any:
    deal = base_deal(of)
    name = next(iter(deal.contracts))
    return simulated(Task(deal=deal, contract_id=name, contract=of, market=on, settings=Settings(paths=paths, seed=seed)))


@settings(max_examples=12)
@given(volatility=st.floats(0.001, 0.05), reversion=st.floats(0.0, 0.5), months=st.integers(1, 24), seed=st.integers(0, 99))
def test_a_safe_revolver_that_floats_without_a_spread_is_worth_par_on_every_path(
    volatility: float, reversion: float, months: int, seed: int
) -> None:
    of = base(coupon=FloatingCoupon(spread=0.0), maturity=month_end(bases.AS_OF.year, bases.AS_OF.month + months), usage=0.0)
    _, found, _ = run(of, moving(bases.market(borrower=0.0, obligors=0.0), volatility, reversion), seed=seed)
    assert np.abs(found.of("bank") / of.drawn_usd - 1.0).max() < 1e-9


def test_a_fixed_rate_keeps_its_value_on_the_mean() -> None:
    """Independent of the credits and rents: what the rate's volatility adds is variance."""
    still, moved = (run(base(), on, paths=8192)[1].of("bank") for on in (bases.market(), moving(bases.market())))
    step = moved - still
    assert step.std() > 0.0
    assert abs(step.mean()) < MC_SIGMAS * step.std(ddof=1) / np.sqrt(step.size)


def test_a_rate_without_volatility_draws_nothing() -> None:
    one, two = (run(base(), on)[1].of("bank") for on in (bases.market(), moving(bases.market(), 0.0)))
    assert np.array_equal(one, two)


@pytest.mark.parametrize("belief", [False, True])
def test_claims_add_up_on_moving_rates_and_breaks(belief: bool) -> None:
    of = base(coupon=FloatingCoupon(spread=0.02), usage=0.8)
    on = moving(bases.market(borrower=0.5, obligors=0.5))
    on = on.evolve(belief=BELIEF) if belief else on
    _, found, _ = run(of, on)
    for path in (0, 17, 4095):
        for gap in claim_gaps(borrowing_base_postings("revolver", of), found.path(path)[:, :, None]):
            assert gap.difference < 1e-6


def test_breaks_keep_survival_and_forward_rents_and_tie_credits() -> None:
    on = bases.market(borrower=0.3, obligors=0.3, correlation=0.0).evolve(belief=BELIEF)
    plan = plan_of(base(rent="rent:GPU", maturity=base().maturity.replace(year=base().maturity.year + 2)), on)
    found = [base_paths(plan, 4, block) for block in range(4)]
    ratio = np.concatenate([one.ratio for one in found], axis=1)
    error = ratio.std(axis=1, ddof=1) / np.sqrt(ratio.shape[1])
    assert (np.abs(ratio.mean(axis=1) - 1.0) <= MC_SIGMAS * error).all()
    failed = np.concatenate([one.failed for one in found], axis=1)
    last = len(plan.years) - 1
    for index, key in enumerate(plan.keys):
        odds = 1.0 - float(survival_curve(on, key).survival(plan.years[last : last + 1])[0])
        dead = failed[index] <= last
        assert abs(dead.mean() - odds) < MC_SIGMAS * np.sqrt(odds * (1.0 - odds) / dead.size)
    one, two = (failed[plan.keys.index(key)] <= last for key in ("credit:CLD", "credit:ONE"))
    tie = (one & two).mean() - one.mean() * two.mean()
    assert tie > MC_SIGMAS * one.std() * two.std() / np.sqrt(one.size)


def test_losses_draws_and_accruals_are_discounted_along_the_path() -> None:
    of = base(coupon=FloatingCoupon(spread=0.02), usage=0.8)
    on = moving(bases.market(borrower=0.5, obligors=0.5))
    plan, kept, found = run(of, on)
    factors = base_paths(plan, 0, 0).factors
    assert factors is not None
    ledger = kept.roll(0)
    lost = ledger[:, INTEREST + LOST] + ledger[:, PRINCIPAL + LOST] + ledger[:, FEE + LOST]
    np.testing.assert_allclose(found.shortfall_discounted, (factors * lost).sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.draws, (factors * ledger[:, DRAW]).sum(axis=0), rtol=1e-12)
    moves = ledger[:, DRAW] - ledger[:, PRINCIPAL + DUE]
    drawn = of.drawn_usd + np.vstack([np.zeros((1, moves.shape[1])), np.cumsum(moves, axis=0)[:-1]])
    np.testing.assert_allclose(found.annuity, (factors * plan.accrual[:, None] * drawn).sum(axis=0), rtol=1e-9)
