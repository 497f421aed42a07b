"""Laws of warrants: bounds, sums, scaling, and what a changed condition may do.

Conditions are changed on the same paths, so that the laws about them hold path by path and leave no room for noise. Their domain is
narrow for a reason: an `at_date` leg moves its own test date, a `sequence` its own start, dilution the price that the next hurdle sees.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from curves import Market, default_rates_key, discount_curve, equity_inputs
from instruments.conditions import AllOf, AnyOf, Group, Leg, PriceTarget, Sequence
from instruments.contracts.warrant import Warrant
from instruments.deal import Deal
from instruments.ground.tolerances import MC_SIGMAS
from pricing.engines.warrant_setup import WarrantRun, prepare
from pricing.engines.warrant_walk import walk, watch_of
from pricing.laws.law import SUM_REL, Law, outcome_of, remembered, value_row
from pricing.paths.world import World, simulate_world
from pricing.registry import Settings, Task

Array = NDArray[np.float64]
HIGHER, LOWER = 1.25, 0.8
"""What a target is moved by, and where an added one stands over the spot."""


def warrants(deal: Deal) -> dict[str, Warrant]:
    """The warrants of a deal by contract id."""
    return {name: contract for name, contract in deal.contracts.items() if isinstance(contract, Warrant)}


def _bounds(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, warrant in warrants(deal).items():
        row = value_row(remembered(deal, market, settings, name))
        most = warrant.shares * equity_inputs(market, warrant.underlying).spot_usd
        if warrant.floor is not None:
            years = np.array([max((warrant.floor.on - market.as_of).days, 0) / 365.0])
            most += warrant.floor.amount_usd * float(discount_curve(market, default_rates_key(market)).discount(years)[0])
        slack = MC_SIGMAS * (row.standard_error or 0.0) + 1e-9 * most
        if row.value is None or not -slack <= row.value <= most + slack:
            return f"{name}: value {row.value:,.0f} is outside 0 to {most:,.0f} USD"
    return None


def _tranches_sum(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name in warrants(deal):
        rows = remembered(deal, market, settings, name).rows
        mine = [row for row in rows if row.measure == "value" and row.party == rows[0].party]
        parts = sum(row.value or 0.0 for row in mine if row.part is not None)
        whole = next(row.value or 0.0 for row in mine if row.part is None)
        if abs(parts - whole) > SUM_REL * max(abs(whole), 1.0):
            return f"{name}: tranches add up to {parts:,.2f}, the warrant is worth {whole:,.2f} USD"
    return None


def _scales(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, warrant in warrants(deal).items():
        floor = None if warrant.floor is None else warrant.floor.evolve(amount_usd=2.0 * warrant.floor.amount_usd)
        tranches = tuple(tranche.evolve(shares=2.0 * tranche.shares) for tranche in warrant.tranches)
        doubled = warrant.evolve(shares=2.0 * warrant.shares, tranches=tranches, floor=floor)
        once, twice = _pair(deal, market, settings, name, doubled)
        if abs(twice - 2.0 * once) > SUM_REL * max(abs(twice), 1.0):
            return f"{name}: twice the shares are worth {twice:,.2f}, twice the value is {2 * once:,.2f} USD"
    return None


def _net_is_gross(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, warrant in warrants(deal).items():
        other = "gross" if warrant.settlement == "net" else "net"
        here, there = _pair(deal, market, settings, name, warrant.evolve(settlement=other))
        if here != there:
            return f"{name}: worth {here:,.2f} settled {warrant.settlement}, {there:,.2f} settled {other}"
    return None


def _conditions(change: Callable[[Leg | Group, Warrant, Market], Leg | Group], sign: float, text: str) -> Callable[..., str | None]:
    """A check that changing every tranche's condition moves the value in one direction only, on the same paths."""

    def check(deal: Deal, market: Market, settings: Settings) -> str | None:
        for name, warrant in warrants(deal).items():
            tranches = tuple(tranche.evolve(condition=change(tranche.condition, warrant, market)) for tranche in warrant.every_tranche)
            before, after = _on_same_paths(deal, market, settings, name, warrant.evolve(tranches=tranches))
            if sign * (after - before) < -SUM_REL * max(abs(before), 1.0):
                return f"{name}: {text} takes the value from {before:,.2f} to {after:,.2f} USD"
        return None

    return check


def _higher_strike(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, warrant in warrants(deal).items():
        raised = warrant.strike_usd * HIGHER + (HIGHER - 1.0) * equity_inputs(market, warrant.underlying).spot_usd
        before, after = _on_same_paths(deal, market, settings, name, warrant.evolve(strike_usd=raised))
        if after > before + SUM_REL * max(abs(before), 1.0):
            strikes = f"a strike of {raised:,.2f} in place of {warrant.strike_usd:,.2f} USD"
            return f"{name}: {strikes} takes the value from {before:,.2f} to {after:,.2f} USD"
    return None


def _later_expiry(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, warrant in warrants(deal).items():
        share = equity_inputs(market, warrant.underlying)
        years = np.array([(warrant.expiry - market.as_of).days / 365.0 + 1.0])
        grows = bool((discount_curve(market, default_rates_key(market)).discount(years) <= 1.0).all())
        if share.dividend_yield != 0.0 or not grows:
            continue
        longer = warrant.evolve(expiry=warrant.expiry + dt.timedelta(days=365))
        first = value_row(remembered(deal, market, settings, name))
        second = value_row(outcome_of(deal.evolve(contracts={**deal.contracts, name: longer}), market, settings, name))
        noise = MC_SIGMAS * float(np.hypot(first.standard_error or 0.0, second.standard_error or 0.0)) + SUM_REL * abs(first.value or 0.0)
        if (second.value or 0.0) < (first.value or 0.0) - noise:
            return f"{name}: a year more takes the value from {first.value:,.2f} to {second.value:,.2f} USD"
    return None


def _pair(deal: Deal, market: Market, settings: Settings, name: str, changed: Warrant) -> tuple[float, float]:
    """Value of a warrant as it is and changed."""
    other = deal.evolve(contracts={**deal.contracts, name: changed})
    before, after = remembered(deal, market, settings, name), outcome_of(other, market, settings, name)
    return value_row(before).value or 0.0, value_row(after).value or 0.0


def _on_same_paths(deal: Deal, market: Market, settings: Settings, name: str, changed: Warrant) -> tuple[float, float]:
    """Plain means over one block of paths, by the general interpreter: no control variates, whose weights would differ."""
    run, world = world_of(deal, market, name, settings.seed)
    other = replace(run, warrant=changed)
    return tuple(_mean(one, walk(one, watch_of(one, world, settings.seed, 0)).payoff) for one in (run, other))  # type: ignore[return-value]


@lru_cache(maxsize=2)
def world_of(deal: Deal, market: Market, name: str, seed: int) -> tuple[WarrantRun, World]:
    """A warrant and the first block of its world, kept: several laws look at the same paths."""
    task = Task(deal=deal, contract_id=name, contract=deal.contracts[name], market=market, settings=Settings(seed=seed))
    run = prepare(task)
    return run, simulate_world(run.drivers, "share", run.warrant.underlying, seed, 0, run.history)


def _mean(run: WarrantRun, payoff: Array) -> float:
    return float((payoff.mean(axis=1) * run.valued_shares).sum()) * run.drivers.share(run.warrant.underlying).spot


def _with_another_leg(condition: Leg | Group, warrant: Warrant, market: Market) -> Leg | Group:
    return AllOf(legs=(condition, _hurdle(warrant, market)))


def _with_a_way_round(condition: Leg | Group, warrant: Warrant, market: Market) -> Leg | Group:
    return AnyOf(legs=(condition, _hurdle(warrant, market)))


def _hurdle(warrant: Warrant, market: Market) -> PriceTarget:
    return PriceTarget(of=warrant.underlying, at_least=HIGHER * equity_inputs(market, warrant.underlying).spot_usd)


def _with_lower_targets(condition: Leg | Group, warrant: Warrant, market: Market) -> Leg | Group:
    if isinstance(condition, AllOf | AnyOf | Sequence):
        return condition.evolve(legs=tuple(_with_lower_targets(leg, warrant, market) for leg in condition.legs))
    if isinstance(condition, PriceTarget) and condition.at_least is not None:
        return condition.evolve(at_least=LOWER * condition.at_least)
    return condition


def is_monotone(condition: Leg | Group) -> bool:
    """Neither `at_date` nor `sequence` anywhere inside."""
    if isinstance(condition, Sequence) or condition.meet == "at_date":
        return False
    return all(is_monotone(leg) for leg in condition.legs) if isinstance(condition, AllOf | AnyOf) else True


def has_warrants(deal: Deal) -> bool:
    """Whether there are any."""
    return bool(warrants(deal))


def _scalable(deal: Deal) -> bool:
    plain = all(warrant.dilution == "in_spot" and not warrant.whole_shares for warrant in warrants(deal).values())
    return has_warrants(deal) and deal.position.is_empty and plain


def _settled_either_way(deal: Deal) -> bool:
    return has_warrants(deal) and not any(warrant.whole_shares for warrant in warrants(deal).values())


def _fixed_date(deal: Deal) -> bool:
    """Settled at a fixed date, undiluted, without a floor that a package grown larger would shrink; conditions without own clocks."""
    return (
        has_warrants(deal)
        and not deal.position.contracts
        and all(
            warrant.exercise == "at_expiry"
            and warrant.dilution == "in_spot"
            and not warrant.whole_shares
            and warrant.floor is None
            and all(is_monotone(condition) for _, condition in warrant.conditions)
            for warrant in warrants(deal).values()
        )
    )


def _may_run_on(deal: Deal) -> bool:
    return _fixed_date(deal) and all(warrant.forfeiture is None for warrant in warrants(deal).values())


FIXED = "settled at expiry, no at_date leg or sequence, no dilution of the observed price, no floor; path by path"
LAWS: tuple[Law, ...] = (
    Law(
        "warrant_bounds",
        "a warrant is worth between nothing and its shares and floor",
        "all warrants, any conditions, any market; simulation noise of four standard errors allowed",
        has_warrants,
        _bounds,
    ),
    Law("tranches_sum", "the tranches of a warrant, and its floor, add up to the warrant", "all warrants", has_warrants, _tranches_sum),
    Law(
        "warrant_scales",
        "twice the shares are worth twice as much",
        "warrants of a deal without a position (exercised shares would not double), undiluted, fractions of shares delivered",
        _scalable,
        _scales,
        markets=4,
    ),
    Law(
        "net_is_gross",
        "net and gross settlement are worth the same",
        "all warrants whose net settlement delivers fractions",
        _settled_either_way,
        _net_is_gross,
        markets=2,
    ),
    Law(
        "added_leg_never_raises",
        "one more condition on every tranche never raises the value",
        FIXED,
        _fixed_date,
        _conditions(_with_another_leg, -1.0, "one more leg"),
        markets=2,
    ),
    Law(
        "way_round_never_lowers",
        "another way of vesting every tranche never lowers the value",
        FIXED,
        _fixed_date,
        _conditions(_with_a_way_round, 1.0, "another way"),
        markets=2,
    ),
    Law(
        "lower_target_never_lowers",
        "lower price targets never lower the value",
        FIXED,
        _fixed_date,
        _conditions(_with_lower_targets, 1.0, "a lower target"),
        markets=2,
    ),
    Law(
        "higher_strike_never_raises",
        "a higher strike never raises the value",
        FIXED,
        _fixed_date,
        _higher_strike,
        markets=2,
    ),
    Law(
        "later_expiry_never_lowers",
        "a year more never lowers the value",
        "no dividends, rates not below nothing, no forfeiture that runs on, settled at expiry, undiluted, no at_date leg or sequence",
        _may_run_on,
        _later_expiry,
        markets=4,
    ),
)
"""Laws of warrants."""
