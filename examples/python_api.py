"""gpufin from Python: build a warrant and a market in code, price them, bump a quote, add a condition of your own, read the paths.

Run it with `python examples/python_api.py`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curves import EquityQuotes, FlatRate, Market, MilestoneQuotes, Quote, with_quote
from instruments import AllOf, AnyOf, Custom, Deal, Mean, Milestone, MilestoneReached, Party, PriceTarget, Tranche, Warrant, bps, pct
from pricing import World, formulas, price, register_condition, simulate_paths

# Terms: what was agreed. No market, no today.
SHARE = "equity:CHIP"
warrant = Warrant(
    issuer="chipmaker",
    holder="lab",
    underlying=SHARE,
    shares=20e6,
    strike_usd=0.01,
    expiry=dt.date(2030, 6, 28),
    tranches=(
        Tranche(label="first", shares=10e6, condition=MilestoneReached(milestone="racks", at_least=1.0)),
        Tranche(
            label="second",
            shares=10e6,
            condition=AllOf(
                legs=(
                    MilestoneReached(milestone="racks", at_least=2.0),
                    PriceTarget(of=SHARE, at_least=150.0, observation=Mean(days=20)),
                )
            ),
        ),
    ),
)
deal = Deal(
    id="chips-for-shares",
    as_of=dt.date(2026, 6, 30),
    parties={"chipmaker": Party(roles=("vendor", "issuer"), equity=SHARE), "lab": Party(roles=("customer", "holder"))},
    milestones={"racks": Milestone(unit="GW", plan={dt.date(2027, 6, 30): 1.0, dt.date(2028, 12, 29): 2.0}, price_per_unit_usd=15e9)},
    contracts={"warrant": warrant},
)

# Market: what is quoted on one day.
market = Market(
    as_of=deal.as_of,
    rates={"USD-SOFR": FlatRate(rate=Quote(value=pct(3.7)))},
    equity={"CHIP": EquityQuotes(spot_usd=Quote(value=100.0), volatility=Quote(value=pct(45)))},
    milestones={"racks": MilestoneQuotes(clock_volatility=Quote(value=0.3), cancellation_hazard=Quote(value=bps(300)))},
    correlation={"equity:CHIP|milestone:racks": Quote(value=0.3)},
)


def never_halved(world: World, arguments: Mapping[str, Any]) -> NDArray[np.bool_]:
    """A condition of our own [day, path]: the share has not lost half of its running peak, within so many days of the start."""
    closes = world.closes[SHARE]
    fallen = np.logical_or.accumulate(closes < 0.5 * np.maximum.accumulate(closes, axis=0), axis=0)
    early = np.arange(closes.shape[0])[:, None] < int(arguments["days"])
    return ~fallen & ~early


def main() -> None:
    """Print a few prices."""
    valuation = price(deal, market, measures=("value", "vesting_probability"), paths=16_384)
    print(f"value to the lab: {valuation.value / 1e6:,.0f} m USD, standard error {valuation.standard_error or 0.0:,.0f} USD")
    print(valuation.table.filter(part="second").select("measure", "probability", "value", "standard_error", "method"))

    # Bump a quote: the draws belong to (seed, key, block), so both prices walk the same paths.
    up = price(deal, with_quote(market, "equity.CHIP.spot_usd", 101.0), measures=("value",), paths=16_384)
    print(f"delta: {(up.value - valuation.value) / 1.0 / 1e6:,.2f} m shares")

    # A closed form for the whole array of targets at once.
    targets = np.array([110.0, 125.0, 150.0, 200.0])
    print(
        "touch odds under the share measure:",
        formulas.touch_probability(spot=100.0, target=targets, volatility=0.45, years=4.0, rate=0.037, measure="share").round(3),
    )

    # A condition of our own, used like any other.
    register_condition("never_halved", never_halved)
    either = AnyOf(legs=(PriceTarget(of=SHARE, at_least=150.0), Custom(name="never_halved", arguments={"days": 500})))
    guarded = warrant.evolve(tranches=(warrant.tranches[0], warrant.tranches[1].evolve(condition=either)))
    custom = price(deal.evolve(contracts={"warrant": guarded}), market, measures=("value",), paths=4096)
    print(f"with our own condition: {custom.value / 1e6:,.0f} m USD by {custom.row().method}")

    # The paths as numpy: closes [day, path] and the day on which each level is delivered [level, path].
    world = simulate_paths(deal, market, "warrant", probability="pricing", block=0)
    closes, delivered = world.closes[SHARE], world.reached["milestone:racks"]
    print(f"{closes.shape[1]} paths of {closes.shape[0]} days; mean last close {closes[-1].mean():.1f} USD;", end=" ")
    print(f"second delivery comes on {np.mean(delivered[1] < world.grid.size):.1%} of them")


if __name__ == "__main__":
    main()
