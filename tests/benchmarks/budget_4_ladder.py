"""Budget 4: a six-tranche warrant, five years of daily closes, all tranches in one pass.

Rivals: six runs of QuantLib's Monte Carlo barrier engine (up-and-in, from Python, equal paths and steps; timed on fewer paths and scaled,
it is linear in them), and numpy in chunks of days that fit the cache, with the same draws and the same job: days of vesting and prices on
them, for a mean of 30 closes and a delivery. One thread each. Run: python -m tests.benchmarks.budget_4_ladder
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import QuantLib as ql

from curves._quantlib.session import session, to_ql
from instruments import Deal
from pricing import price
from pricing.engines.warrant_ladder import CHUNK, as_ladder, run_ladder
from pricing.engines.warrant_setup import WarrantRun
from pricing.paths.streams import BLOCK, generator
from tests.benchmarks.pairing import median_ratio, options
from tests.warrants import AS_OF, SHARE, deal, ladder_of, market, price_leg, run_of

TARGETS = np.linspace(132.0, 295.0, 6)


def deals(tiny: bool) -> tuple[Deal, Deal]:
    """Price legs alone on closes, and means of 30 closes with deliveries."""
    years = 0.5 if tiny else 5.0
    expiry = AS_OF + dt.timedelta(days=round(365 * years))
    plan = {AS_OF + dt.timedelta(days=round(365 * years * (k + 1) / 7)): k + 1.0 for k in range(6)}
    closes = deal([price_leg(float(target)) for target in TARGETS], expiry=expiry, milestones={})
    return closes, deal(ladder_of(30, targets=TARGETS), expiry=expiry, plan=plan)


def six_barrier_runs(of: Deal, paths: int) -> None:
    """The same share and steps; each tranche is a run of its own."""
    steps = run_of(of, market()).drivers.grid.size
    expiry = of.contracts["warrant"].expiry
    with session(AS_OF):
        today, count = to_ql(AS_OF), ql.Actual365Fixed()
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(ql.SimpleQuote(100.0)),
            ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, count)),
            ql.YieldTermStructureHandle(ql.FlatForward(today, 0.037, count)),
            ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), 0.5, count)),
        )
        for target in TARGETS:
            option = ql.BarrierOption(
                ql.Barrier.UpIn, float(target), 0.0, ql.PlainVanillaPayoff(ql.Option.Call, 0.01), ql.EuropeanExercise(to_ql(expiry))
            )
            engine = ql.MCBarrierEngine(process, "pseudorandom", timeSteps=steps, requiredSamples=paths, isBiased=True, seed=42)
            option.setPricingEngine(engine)
            option.NPV()


def in_numpy(run: WarrantRun) -> np.ndarray:
    """Share, clock, rolling mean, latched legs: vesting days [tranche, path] of block 0, in chunks of days."""
    grid, (share,), (clock,) = run.drivers.grid, run.drivers.shares, run.drivers.clocks
    tilt = run.drivers.drift_per_root_year("share", SHARE)
    own = [generator(0, key, 0) for key in run.drivers.keys]
    bridge = generator(0, f"{clock.key}|bridge", 0)
    drift = share.carry - 0.5 * share.volatility**2 * grid.steps + share.volatility * tilt[0] * grid.steps
    root = np.sqrt(grid.steps)
    log_price, now = np.full(BLOCK, np.log(share.spot)), np.zeros(BLOCK)
    best, peak = np.full(BLOCK, -np.inf), np.zeros(BLOCK)
    past = np.zeros((0, BLOCK))
    vest = np.full((len(TARGETS), BLOCK), grid.size, dtype=np.int64)
    at_vest = np.zeros((len(TARGETS), BLOCK))
    for first in range(0, grid.size, CHUNK):
        part = slice(first, min(first + CHUNK, grid.size))
        rows = part.stop - first
        normals = np.stack([stream.standard_normal((rows, BLOCK)) for stream in own])
        uniforms = bridge.random((rows, BLOCK))
        logs = log_price + np.cumsum(drift[part, None] + share.volatility * root[part, None] * normals[0], axis=0)
        log_price = logs[-1]
        noise = run.drivers.factor[1, 0] * normals[0] + run.drivers.factor[1, 1] * normals[1]
        moves = grid.steps[part, None] * (1 + clock.volatility * tilt[1]) + clock.volatility * root[part, None] * noise
        after = now + np.cumsum(moves, axis=0)
        before = after - moves
        now = after[-1]
        high = 0.5 * (before + after + np.sqrt(moves**2 - 2 * clock.volatility**2 * grid.steps[part, None] * np.log(uniforms)))
        peaks = np.maximum(peak, np.maximum.accumulate(high, axis=0))
        peak = peaks[-1]
        prices = np.vstack([past, np.exp(logs)])
        past = prices[-29:]
        sums = np.cumsum(np.vstack([np.zeros((1, BLOCK)), prices]), axis=0)
        means = np.full((rows, BLOCK), -np.inf)
        full = sums[30:] - sums[:-30]
        if len(full):
            means[-len(full) :] = full / 30
        bests = np.maximum(best, np.maximum.accumulate(means, axis=0))
        best = bests[-1]
        for k, target in enumerate(TARGETS):
            met = (bests >= target) & (peaks >= clock.planned[k])
            new = met[-1] & (vest[k] == grid.size)
            if new.any():
                day = met[:, new].argmax(axis=0)
                vest[k, new] = first + day
                at_vest[k, new] = logs[day, np.flatnonzero(new)]
    return vest


def main(argv: list[str] | None = None) -> dict[str, float]:
    asked = options(__doc__ or "", argv)
    closes, coupled = deals(asked.tiny)
    on = market()
    theirs = 16 if asked.tiny else 256
    run = run_of(coupled, on)
    ladder = as_ladder(run)
    assert ladder is not None
    walked = run_ladder(run, ladder, ("share",), 0, 0)["share"].vest
    assert np.array_equal(in_numpy(run), walked), "the rival does another job"

    def priced() -> object:
        return price(closes, on, method="monte_carlo", measures=["value"], paths=BLOCK, threads=1)

    ratios = {
        "six QuantLib barrier runs / our price": median_ratio(
            priced, lambda: six_barrier_runs(closes, theirs), asked.pairs, scale=BLOCK / theirs
        ),
        "chunked numpy / our step": median_ratio(lambda: run_ladder(run, ladder, ("share",), 0, 0), lambda: in_numpy(run), asked.pairs),
    }
    for name, ratio in ratios.items():
        print(f"budget 4: {name}: {ratio:.2f}")
    return ratios


if __name__ == "__main__":
    main()
