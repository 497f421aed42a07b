"""What a deal can still bear, asked by deal and market: the advance for a loss rate, the contract rent for par or a loss rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.engines.facility_run import Setup, set_up
from pricing.paths.streams import blocks_for, check_seed, workers
from pricing.risk.break_evens import PATHS, BreakEven, advance_for_loss, rent_at_par, rent_for_loss

if TYPE_CHECKING:
    from curves import Market
    from instruments.deal import Deal


def solve_advance(
    deal: Deal, market: Market, loan: str, *, loss_rate: float, paths: int = PATHS, seed: int = 0, threads: int | None = None
) -> BreakEven:
    """The advance rate of a facility (drawn on the plan / cost) at which its expected loss rate is as stated.

    **Model** all advance rates and commitments are scaled alike and the facility is resolved again, on the same paths in every round.

    Args:
        deal, market: as in `price`. loan: contract id of a loan with collateral and offtake.
        loss_rate: expected discounted write-offs over what is lent, decimal in (0, 1).
        paths: rounded up to whole blocks of 4,096. seed: at or above 0. threads: None uses every processor.

    Returns:
        A `BreakEven`: value as a fraction of cost, its standard error, and the scale of the terms' advance.

    Raises:
        InputError: an option is unusable, or the deal has no such contract. PricingError: no advance does it, or nothing is left to draw.
    """
    setup = _setup(deal, market, loan, loss_rate, paths, seed)
    return advance_for_loss(setup, market, loss_rate, paths=paths, seed=seed, threads=workers(threads))


def solve_rent(
    deal: Deal, market: Market, loan: str, *, loss_rate: float | None = None, paths: int = PATHS, seed: int = 0, threads: int | None = None
) -> BreakEven:
    """The contract rent, USD per unit-hour, at which a facility's loan is worth what is lent, or its expected loss rate is as stated.

    **Model** the rent moves on the day after signing: draws, schedule and hedge stay as resolved.

    Args:
        deal, market, loan, paths, seed, threads: as `solve_advance`.
        loss_rate: decimal in (0, 1); None asks for a value of par.

    Returns:
        A `BreakEven`: value in USD per unit-hour, its standard error, and the scale of the contract's rent.

    Raises:
        InputError, PricingError: as `solve_advance`.
    """
    setup = _setup(deal, market, loan, loss_rate, paths, seed)
    if loss_rate is None:
        return rent_at_par(setup, paths=paths, seed=seed, threads=workers(threads))
    return rent_for_loss(setup, loss_rate, paths=paths, seed=seed, threads=workers(threads))


def _setup(deal: Deal, market: Market, loan: str, loss_rate: float | None, paths: int, seed: int) -> Setup:
    check_seed(seed)
    blocks_for(paths)
    if loan not in deal.contracts:
        raise InputError(problem("unknown_name", subject=deal.id, field="contracts", value=loan, what="contract", choices=deal.contracts))
    if loss_rate is not None and not 0.0 < loss_rate < 1.0:
        raise InputError(
            problem("bad_option", subject="loss_rate", value=loss_rate, expected="between 0 and 1", hint="2 % of what is lent is 0.02")
        )
    return set_up(deal, loan, market)
