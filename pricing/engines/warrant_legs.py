"""A warrant's tranches as one price leg and one milestone leg each: what closed forms and QuantLib can express."""

from __future__ import annotations

from dataclasses import dataclass

from instruments.conditions import AllOf, DateReached, Group, Leg, MarketCap, Meet, MilestoneReached, PriceTarget
from instruments.contracts.warrant import Tranche
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from instruments.observations import Close, DaysOut, Mean, Observation, Touch, Vwap
from pricing.engines.warrant_setup import WarrantRun
from pricing.paths.drivers import Clock


@dataclass(frozen=True)
class TwoLegs:
    """One tranche: an upper price target or None, the planned time of its delivery or None, and how both are read."""

    target: float | None
    observation: Observation
    planned_years: float | None
    clock: Clock | None
    """What the delivery runs on; None without one."""
    meets: frozenset[Meet]
    """How the legs meet; a leg on its own meets nothing, which is latched."""


def plain_leg(leg: Leg | Group, run: WarrantRun) -> Leg | Group | None:
    """A leg in its plainest equal form: a capitalisation as a price, a mean by equal volumes as a mean, a date that has come as nothing."""
    if isinstance(leg, DateReached) and leg.on <= run.task.market.as_of:
        return None
    if isinstance(leg, MarketCap) and (count := leg.share_count or run.counts.get(leg.of)) is not None:
        bounds = {side: value / count for side in ("at_least", "at_most") if (value := getattr(leg, side)) is not None}
        leg = PriceTarget(of=leg.of, observation=leg.observation, meet=leg.meet, **bounds)
    if isinstance(leg, PriceTarget) and isinstance(leg.observation, Vwap) and not leg.observation.volumes:
        return leg.evolve(observation=Mean(days=leg.observation.days))
    return leg


def two_legs(run: WarrantRun, method: str) -> tuple[TwoLegs, ...]:
    """Every tranche as two legs; a leg that the position has latched is no leg any more, nor is a date that comes by expiry.

    Raises:
        PricingError: a condition is richer than one upper price target and one milestone, a leg can come true no more, or closes before
            today can meet a target.
    """
    if run.position.lapsed:
        why = "the position says that a leg can come true no more"
        raise PricingError(
            problem("unsupported", subject=run.task.contract_id, field="lapsed", value=method, why=why, remedy="use method monte_carlo")
        )
    return tuple(_two_legs(run, index, tranche, method) for index, tranche in enumerate(run.warrant.tranches))


def _two_legs(run: WarrantRun, index: int, tranche: Tranche, method: str) -> TwoLegs:
    grouped = isinstance(tranche.condition, AllOf)
    every = tranche.condition.legs if isinstance(tranche.condition, AllOf) else (tranche.condition,)
    places = [f"{index}.legs.{place}" if grouped else str(index) for place in range(len(every))]
    open_legs = (plain_leg(leg, run) for leg, place in zip(every, places, strict=True) if place not in run.position.latched)
    legs = tuple(leg for leg in open_legs if leg is not None and not _comes(run, leg))
    prices = [leg for leg in legs if isinstance(leg, PriceTarget) and leg.at_least is not None and leg.of == run.warrant.underlying]
    stones = [leg for leg in legs if isinstance(leg, MilestoneReached)]
    if len(prices) + len(stones) != len(legs) or len(prices) > 1 or len(stones) > 1:
        why = "the condition is more than one upper price target on the share, one milestone and dates before expiry"
        raise PricingError(
            problem(
                "unsupported",
                subject=run.task.contract_id,
                field=f"tranches.{index}.condition",
                value=method,
                why=why,
                remedy="use method monte_carlo",
            )
        )
    if prices and isinstance(prices[0].observation, Mean | Vwap | DaysOut):
        behind = run.position.closes[-prices[0].observation.days :]
        if any(close >= float(prices[0].at_least or 0.0) for close in behind):
            why = "closes before today are above the target, and the method looks ahead only"
            raise PricingError(
                problem(
                    "unsupported",
                    subject=run.task.contract_id,
                    field=f"tranches.{index}.condition",
                    value=method,
                    why=why,
                    remedy="use method monte_carlo",
                )
            )
    planned, clock = None, None
    if stones:
        clock = next(clock for clock in run.drivers.clocks if clock.key == f"milestone:{stones[0].milestone}")
        level = next(i for i, level in enumerate(clock.levels) if level >= stones[0].at_least)
        planned = float(clock.planned[level])
    return TwoLegs(
        target=prices[0].at_least if prices else None,
        observation=prices[0].observation if prices else Touch(),
        planned_years=planned,
        clock=clock,
        meets=frozenset(leg.meet for leg in every if plain_leg(leg, run) is not None) if len(every) > 1 else frozenset(("latched",)),
    )


def _comes(run: WarrantRun, leg: Leg | Group) -> bool:
    """Whether a leg is a date that has come by expiry and stays so, for shares that are bought then."""
    at_expiry = run.warrant.exercise == "at_expiry"
    return at_expiry and isinstance(leg, DateReached) and leg.meet == "latched" and leg.on <= run.warrant.expiry


def described(legs: tuple[TwoLegs, ...]) -> str:
    """What of the terms a latched, continuous, independent reading changes, in words."""
    found: list[str] = []
    seen = {type(leg.observation) for leg in legs if leg.target is not None}
    if seen & {Close, Mean, Vwap, DaysOut}:
        found.append("watched continuously instead of at closes or means")
    if any(leg.meets != {"latched"} for leg in legs):
        found.append("legs latched")
    return "; ".join(found)
