"""Budget 6: variance x seconds of a milestone-coupled warrant on a mean of 30 closes, crude simulation against the default method.

Crude is risk-neutral, discounts the share at expiry and has no controls. It is timed twice: in chunked numpy, as one would write it, and
on our own compiled step, which leaves the method as the only difference. Beside it: the variance of the default method over that of
`sobol` at equal paths (eight blocks, mean over seeds; errors between replicates), for this warrant and for a plain call, where the coarse
path decides more. Run: python -m tests.benchmarks.budget_6_variance
"""

from __future__ import annotations

from statistics import median

import numpy as np

from curves import Market
from instruments import Deal
from pricing import price
from pricing.engines.warrant_ladder import as_ladder, run_ladder
from pricing.paths.streams import BLOCK
from tests.benchmarks.budget_4_ladder import deals, in_numpy
from tests.benchmarks.pairing import options, seconds
from tests.warrants import SHARE, deal, market, price_leg, run_of


def sobol_gain(of: Deal, on: Market, seeds: int) -> float:
    """Variance of `monte_carlo` over that of `sobol` at eight blocks of paths."""
    squares = [
        sum(
            (price(of, on, method=method, measures=["value"], paths=8 * BLOCK, seed=seed).standard_error or 0.0) ** 2
            for seed in range(seeds)
        )
        for method in ("monte_carlo", "sobol")
    ]
    return squares[0] / squares[1]


def main(argv: list[str] | None = None) -> dict[str, float]:
    asked = options(__doc__ or "", argv)
    _, of = deals(asked.tiny)
    on = market(correlation={f"{SHARE}|milestone:deliveries": 0.3})
    run = run_of(of, on)
    ladder = as_ladder(run)
    assert ladder is not None
    plain = ladder

    def crude() -> float:
        walked = run_ladder(run, plain, ("pricing",), 0, 0)["pricing"]
        paid = np.exp(walked.last_log_price) * (walked.vest < run.drivers.grid.size) * run.drivers.grid.discounts[-1]
        total = (run.open_shares[:, None] * paid).sum(axis=0)
        return float(total.var(ddof=1))

    def ours() -> float:
        found = price(of, on, method="monte_carlo", measures=["value"], paths=BLOCK, threads=1)
        return (found.standard_error or 0.0) ** 2 * BLOCK

    ours()
    gain = crude() / ours()
    ratios = {
        "variance": gain,
        "variance x seconds, same compiled step": gain * median(seconds(crude) / seconds(ours) for _ in range(asked.pairs)),
        "variance x seconds, crude in numpy": gain * median(seconds(lambda: in_numpy(run)) / seconds(ours) for _ in range(asked.pairs)),
    }
    call = deal([price_leg(1e-3)], milestones={}, strike_usd=100.0, expiry=of.contracts["warrant"].expiry)
    seeds = 1 if asked.tiny else 6
    ratios["variance, default / sobol, this warrant"] = sobol_gain(of, on, seeds)
    ratios["variance, default / sobol, plain call"] = sobol_gain(call, on, seeds)
    for name, ratio in ratios.items():
        print(f"budget 6: {name}: {ratio:.2f}")
    return ratios


if __name__ == "__main__":
    main()
