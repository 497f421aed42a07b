"""Budget 5: joint simulation of five correlated daily factors over five years.

The factors are three shares, a rent and the buyer's credit; prices come out in USD, day by day, as arrays through one chunk of memory.
Rivals: QuantLib's Gaussian multi-path generator over a process array of five lognormal processes with the same correlation, stepped from
Python (equal steps, fewer paths, scaled), once with its paths put into arrays, as ours are, and once with the last price of each alone; and
the drawing of the same normals. One thread each. Run: python -m tests.benchmarks.budget_5_joint
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import QuantLib as ql

from curves._quantlib.session import session, to_ql
from pricing.paths.draws import Draws
from pricing.paths.drivers import Drivers
from pricing.paths.joint import CHUNK, joint_chunks
from pricing.paths.streams import BLOCK
from pricing.paths.world import simulate_world
from tests.benchmarks.pairing import median_ratio, options
from tests.warrants import AS_OF, SHARE, deal, market, milestone_leg, price_leg, run_of

TIE = 0.3


def five_drivers(years: float) -> Drivers:
    """Three shares, a rent and a credit, all pairs correlated alike (the milestone's clock between them is left out of the count)."""
    shares = ("equity:AMD", "equity:NVDA", "equity:MRVL")
    keys = (*shares, "rent:H100", "credit:BUY")
    share: dict[str, Any] = {"spot_usd": 100.0, "volatility": 0.5}
    on = market(
        equity={key.split(":")[1]: share for key in shares},
        rent={"H100": {"kind": "thin_rent", "spot_usd_per_hour": 2.0, "growth": -0.2, "volatility": 0.4}},
        credit={"BUY": {"kind": "hazard", "hazard": 0.1}},
        correlation={f"{a}|{b}": TIE for i, a in enumerate(keys) for b in keys[i + 1 :]},
    )
    legs = [price_leg(110.0, of=key) for key in (*shares, "rent:H100")]
    end = AS_OF + dt.timedelta(days=round(365 * years))
    run = run_of(deal([*legs, milestone_leg(1.0)], buyer=True, expiry=end), on)
    kept = [index for index, key in enumerate(run.drivers.keys) if not key.startswith("milestone:")]
    assert [run.drivers.keys[index] for index in kept] == [*shares, "credit:BUY", "rent:H100"]
    matrix = run.drivers.correlation[np.ix_(kept, kept)]
    return Drivers(
        grid=run.drivers.grid,
        keys=tuple(run.drivers.keys[index] for index in kept),
        shares=run.drivers.shares,
        clocks=(),
        credits=run.drivers.credits,
        correlation=matrix,
        factor=np.linalg.cholesky(matrix),
        rents=run.drivers.rents,
    )


def ours(drivers: Drivers) -> float:
    """A block: prices of the shares and the rent, distance of the credit; one number of every day is kept, so that nothing is left out."""
    seen = 0.0
    for _, levels in joint_chunks(drivers, "pricing", SHARE, Draws(0, 0), prices=True):
        seen += float(levels[:, -1, -1].sum())
    return seen


def normals_alone(drivers: Drivers) -> None:
    """The same normals, chunk by chunk."""
    draws = Draws(0, 0)
    fills = [draws.normals(key) for key in drivers.keys]
    room = np.empty((len(fills), CHUNK, BLOCK))
    for first in range(0, drivers.grid.size, CHUNK):
        part = room[:, : min(CHUNK, drivers.grid.size - first)]
        for fill, rows in zip(fills, part, strict=True):
            fill(rows)


class MultiPaths:
    """QuantLib's generator, built once."""

    def __init__(self, drivers: Drivers, years: float) -> None:
        with session(AS_OF):
            today, count = to_ql(AS_OF), ql.Actual365Fixed()
            flat = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.037, count))
            volatility = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), 0.5, count))
            self._parts = [ql.BlackScholesProcess(ql.QuoteHandle(ql.SimpleQuote(100.0)), flat, volatility) for _ in drivers.keys]
            matrix = ql.Matrix([[float(x) for x in row] for row in drivers.correlation])
            self._array = ql.StochasticProcessArray(self._parts, matrix)
            steps, size = drivers.grid.size, len(drivers.keys)
            self._times = ql.TimeGrid(years, steps)
            uniforms = ql.UniformRandomSequenceGenerator(steps * size, ql.UniformRandomGenerator(42))
            self._generator = ql.GaussianMultiPathGenerator(
                self._array, list(self._times), ql.GaussianRandomSequenceGenerator(uniforms), False
            )

    def walk(self, paths: int, *, arrays: bool) -> float:
        """So many joint paths, as arrays [factor, step], or with the last price of each factor alone."""
        seen = 0.0
        with session(AS_OF):
            for _ in range(paths):
                sample = self._generator.next()
                path = sample.value()
                for factor in range(path.assetNumber()):
                    seen += float(np.array(list(path[factor]))[-1]) if arrays else path[factor].back()
        return seen


def main(argv: list[str] | None = None) -> dict[str, float]:
    asked = options(__doc__ or "", argv)
    years = 0.25 if asked.tiny else 5.0
    drivers = five_drivers(years)
    theirs = MultiPaths(drivers, years)
    few = 2 if asked.tiny else 64
    world = simulate_world(drivers, "pricing", SHARE, 0, 0)
    last = [levels.copy() for _, levels in joint_chunks(drivers, "pricing", SHARE, Draws(0, 0), prices=True)][-1]
    assert np.allclose(last[0, -1], world.closes[SHARE][-1]), "the walk does another job"
    ratios = {
        "QuantLib multi-path generator, paths as arrays / our joint walk": median_ratio(
            lambda: ours(drivers), lambda: theirs.walk(few, arrays=True), asked.pairs, scale=BLOCK / few
        ),
        "QuantLib multi-path generator, last prices alone / our joint walk": median_ratio(
            lambda: ours(drivers), lambda: theirs.walk(few, arrays=False), asked.pairs, scale=BLOCK / few
        ),
        "normals alone / our joint walk (0.75 asked)": median_ratio(lambda: ours(drivers), lambda: normals_alone(drivers), asked.pairs),
    }
    for name, ratio in ratios.items():
        print(f"budget 5: {name}: {ratio:.2f}")
    return ratios


if __name__ == "__main__":
    main()
