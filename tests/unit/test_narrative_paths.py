"""One belief on paths: against a plain loop, its parts and their limits, breaks, and the block of a market that a simulation reads."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import poisson

from curves import load_market
from instruments import load_deal
from instruments.ground.errors import CalibrationError, GpufinError, InputError
from instruments.ground.tolerances import MC_SIGMAS
from pricing import clearing, simulate
from pricing.narrative.breaks import Breaks, belief_block, find_breaks, loss_shares
from pricing.narrative.process import PARTS, NarrativePaths, NarrativeTerms, counts_of, riding, run_narrative
from pricing.paths.streams import generator
from tests.house import ROOT

BASE = NarrativeTerms(
    bias=0.0, multiple=4.0, news_per_year=50.0, branching=0.6, half_life_years=0.15, impact=0.012, regret=0.3, memory_years=0.5,
    herding=1.0, width=0.2, response_years=0.1, reproduction=2.0, telling_years=1.0, seed_share=0.4, riders=0.3,
    excess_growth=0.2, start_rate=0.2,
    awareness_years=2.0, trigger_share=0.5, longest_years=6.0, alarm=8.0,
)  # fmt: skip
STEPS = 26


def test_counts_are_poisson_by_inversion() -> None:
    uniform = np.random.default_rng(5).random(20_000)
    for rate in (0.0, 0.3, 2.0, 9.0):
        found = counts_of(uniform, np.full_like(uniform, rate))
        assert (found == poisson.ppf(uniform, rate).clip(0)).all()
    assert (counts_of(uniform, np.full_like(uniform, 0.7)) >= counts_of(uniform, np.full_like(uniform, 0.3))).all()


def test_one_path_is_that_of_a_plain_loop() -> None:
    """The whole process written again for one path, with floats."""
    t, path = BASE, 17
    found = run_narrative(t, years=3.0, steps_per_year=STEPS, seed=3)
    draws = {tone: generator(3, f"narrative|{tone}", 0) for tone in ("good", "bad")}
    start = generator(3, "narrative|start", 0).exponential(1 / t.start_rate, 4096)[path]
    dt, leave = 1 / STEPS, t.exit
    fade, calm = 0.5 ** (dt / t.half_life_years), t.news_per_year * dt / 2
    believe = 0.5
    for _ in range(10_000):
        believe = 1 / (1 + math.exp(-(t.herding * ((1.0 if _ == 0 else believe) - 0.5) + t.bias) / t.width))
    good, bad = (t.branching * calm / (1 - t.branching) for _ in range(2))
    unheard, telling, tone, missed, last = 1 - t.seed_share, t.seed_share, 0.0, 0.0, None
    was_out = -start >= leave.burst_years
    for step, now in enumerate(found.times):
        age = now - start
        out = age >= leave.burst_years
        if step:
            uniforms = [float(draws[name].random(4096)[path]) for name in ("good", "bad")]
            counts = [float(max(poisson.ppf(u, calm + bred), 0)) for u, bred in zip(uniforms, (good, bad), strict=True)]
            counts[1] += t.alarm * (out and not was_out)
            good, bad = (fade * bred + t.branching * (1 - fade) * n for bred, n in zip((good, bad), counts, strict=True))
            tone = fade * tone + t.impact * (counts[0] - counts[1])
            push = t.herding * (believe - 0.5) + t.bias + tone + t.regret * max(missed, 0.0)
            believe += (1 - math.exp(-dt / t.response_years)) * (1 / (1 + math.exp(-push / t.width)) - believe)
            ends = 1 - math.exp(-dt / t.telling_years)
            left = unheard * math.exp(-t.reproduction * ends * telling)
            telling, unheard = (1 - ends) * telling + unheard - left, left
        inside = 0.0 if out else 1 - min(max((age - leave.wait_years) / t.awareness_years, 0), 1)
        inner = (1 - unheard) * believe
        price = 1 + (t.multiple - 1) * (inner + t.riders * inside * (1 - inner))
        assert found.price[step, path] == pytest.approx(price, rel=1e-9)
        if last is not None:
            missed = math.exp(-dt / t.memory_years) * missed + math.log(price / last)
        last, was_out = price, out


@pytest.mark.parametrize("branching", [0.0, 0.6])
def test_mean_news_is_base_over_one_less_branching(branching: float) -> None:
    found = run_narrative(replace(BASE, branching=branching, riders=0.0, alarm=0.0), years=4.0, steps_per_year=STEPS)
    counts = (found.good + found.bad).sum(axis=0) / 4.0
    error = float(counts.std()) / math.sqrt(len(counts))
    assert abs(float(counts.mean()) - clearing.news_rate(base=50.0, branching=branching)) < MC_SIGMAS * error
    if branching == 0.0:
        assert float(counts.var()) * 4.0 == pytest.approx(50.0, rel=0.1)  # Poisson: variance is the mean (4,096 paths)
    else:
        assert float(counts.var()) * 4.0 > 2 * 125.0  # offspring come together


def test_with_nothing_switched_on_and_no_news_nothing_moves() -> None:
    still = replace(BASE.without(*PARTS), news_per_year=0.0, seed_share=1.0)
    found = run_narrative(still, years=1.0, steps_per_year=STEPS)
    assert found.price == pytest.approx(1 + 3 * 0.5)
    assert float(found.worst_fall.max()) == pytest.approx(0.0, abs=1e-12)
    flat = run_narrative(replace(BASE, multiple=1.0), years=1.0, steps_per_year=STEPS)
    assert (flat.price == 1.0).all()


def test_an_items_weight_halves_in_its_half_life() -> None:
    """A crowd that looks at the bias alone and answers at once shows the bias: one burst of alarm, and nothing else."""
    alone = replace(
        BASE.without("news", "regret", "herding"), news_per_year=0.0, riders=1e-9, response_years=1e-9, seed_share=1.0, width=1.0
    )
    found = run_narrative(alone, years=8.0, steps_per_year=52)
    bias = np.log(found.share / (1 - found.share))
    hit = np.flatnonzero(found.bad.any(axis=0))[0]
    step = int(np.argmax(found.bad[:, hit]))
    later = step + round(0.15 * 52 * 2)
    assert bias[step, hit] == pytest.approx(-BASE.impact * BASE.alarm)
    weeks = later - step
    assert bias[later, hit] / bias[step, hit] == pytest.approx(0.5 ** (weeks / 52 / 0.15), rel=1e-6)


def test_regret_moves_demand_only_where_something_was_missed() -> None:
    none, some = (run_narrative(replace(BASE, regret=weight), years=1.0, steps_per_year=STEPS) for weight in (0.0, 0.5))
    assert (some.good == none.good).all()  # the same news
    assert (some.share >= none.share - 1e-12).all()
    assert float((some.share - none.share).max()) > 0.01
    silent = replace(BASE, news_per_year=0.0, seed_share=1.0).without("exits")
    calm = [run_narrative(replace(silent, regret=weight), years=1.0, steps_per_year=STEPS).price for weight in (0.0, 0.5)]
    assert (calm[0] == calm[1]).all()  # no gain, no regret


def test_riders_sell_over_the_window_and_all_at_the_burst() -> None:
    times = np.arange(0.0, 8.0, 0.25)
    inside, burst = riding(BASE, times, np.array([1.0, 100.0]))
    leave = BASE.exit
    sold = 1 - inside[:, 0]
    before = times - 1.0 < leave.burst_years
    assert sold[before] == pytest.approx(np.clip((times[before] - 1.0 - leave.wait_years) / 2.0, 0, 1))
    assert (sold[~before] == 1).all()
    assert sold[before].max() <= BASE.trigger_share + 1e-12
    assert burst.sum(axis=0).tolist() == [1, 0]


def test_paths_do_not_depend_on_how_many_there_are() -> None:
    one, two = (run_narrative(BASE, years=1.0, steps_per_year=STEPS, paths=paths, seed=1) for paths in (4096, 8192))
    assert two.price.shape[1] == 8192
    assert (two.price[:, :4096] == one.price).all()
    assert not one.price.flags.writeable


def test_breaks_are_found_once_each_and_measured_from_high_to_low() -> None:
    times = np.arange(0.0, 4.0, 0.25)
    price = np.ones((16, 3))
    price[4:, 0], price[6:, 0], price[12:, 0] = 0.7, 0.6, 0.2
    price[:, 1] = np.linspace(1.0, 0.9, 16)
    price[:, 2] = np.exp(-0.2 * times)
    made = NarrativePaths(times, price, price, times, price, price)
    found = find_breaks(made, least=0.3, window_years=0.5)
    assert found.path.tolist() == [0, 0]
    assert found.year.tolist() == [1.0, 3.0]
    assert found.size == pytest.approx([math.log(0.6), math.log(0.2 / 0.6)])
    assert found.intensity == pytest.approx(2 / (3.75 * 3))
    assert find_breaks(made, least=2.0, window_years=0.5).intensity == 0.0


def test_shares_of_the_loss_add_up_and_an_absent_part_adds_nothing() -> None:
    shares = loss_shares(replace(BASE, regret=0.0, memory_years=0.4), years=1.0, paths=4096)
    whole = float(run_narrative(replace(BASE, regret=0.0, memory_years=0.4), years=1.0, paths=4096, steps_per_year=STEPS).worst_fall.mean())
    assert sum(value for value, _ in shares.values()) == pytest.approx(whole, rel=1e-9)
    assert shares["regret"][0] == pytest.approx(0.0, abs=1e-12)
    assert shares["news"][0] > 3 * shares["news"][1]


def test_a_block_of_a_market_is_made_of_breaks() -> None:
    base = Breaks(np.arange(4), np.ones(4), np.log([0.5, 0.5, 0.4, 0.4]), 40.0)
    more = Breaks(np.arange(8), np.ones(8), np.log([0.3] * 8), 40.0)
    block = belief_block([base, more], {"equity:OPENAI": 1.0, "equity:ORCL": 0.5, "equity:PLAIN": 0.0})
    assert block.intensity.value == pytest.approx(0.1)
    assert block.intensity.range == pytest.approx((0.1, 0.2))
    assert block.jumps["equity:OPENAI"].value == pytest.approx(float(base.size.mean()))
    assert block.jumps["equity:ORCL"].value == pytest.approx(np.log([0.75, 0.75, 0.7, 0.7]).mean())
    assert block.jumps["equity:PLAIN"].value == 0.0
    assert block.intensity.basis == "assumed"
    nothing = Breaks(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), 40.0)
    with pytest.raises(CalibrationError, match="no break"):
        belief_block([nothing], {"equity:OPENAI": 1.0})
    with pytest.raises(InputError, match="share"):
        belief_block([base], {"equity:OPENAI": 1.5})


def test_the_belief_feeds_a_simulation() -> None:
    """Breaks found on paths become the market's belief: at the same total variance a loan on the mark alone loses more in its ledger."""
    folder = ROOT / "examples" / "softbank_openai_margin"
    deal, market = load_deal(folder), load_market(folder)
    bare = deal.evolve(contracts={"loan": deal.contracts["loan"].evolve(recourse=False, top_up={"source": "none"})})
    fragile = run_narrative(replace(BASE, alarm=16.0, impact=0.02), years=5.0, steps_per_year=STEPS)
    block = belief_block([find_breaks(fragile, least=0.3, window_years=0.5)], {"equity:OPENAI": 1.0})
    never = block.evolve(intensity=0.0)
    calm, idle, breaking = (simulate(bare, market.evolve(belief=each), paths=8192).contracts[0] for each in (None, never, block))
    assert (idle.mean_ledger == calm.mean_ledger).all()
    less = calm.of("banks") - breaking.of("banks")
    assert float(less.mean()) > MC_SIGMAS * float(less.std()) / math.sqrt(len(less))


def test_terms_out_of_range_are_refused_by_name() -> None:
    for field, value in (("branching", 1.0), ("multiple", 0.5), ("width", 0.0), ("riders", 1.5), ("impact", math.nan)):
        with pytest.raises(GpufinError, match=field) as caught:
            replace(BASE, **{field: value})
        assert len(caught.value.problems) == 1
    with pytest.raises(InputError, match="years"):
        run_narrative(BASE, years=0.0)
    with pytest.raises(InputError, match="breaks"):
        find_breaks(run_narrative(BASE, years=0.1, steps_per_year=STEPS), least=0.0, window_years=0.5)
