"""Compute derivatives: limits, bad terms, part-averaged months, the ledger, threads."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from curves import days_of_month, rent_curve
from instruments import GpufinError, InputError
from instruments.contracts.compute_derivatives import SPECS, months_between
from instruments.ground.errors import TermsError
from instruments.ground.tolerances import MC_SIGMAS, PV_REL
from pricing import price, simulate
from pricing.engines.rent_forward import on_tick
from pricing.formulas import average_option_odds, average_option_value, minimum_variance_hedge
from pricing.ledger.runs import claim_gaps
from tests.rent_derivatives import AS_OF, H100, deal, future, market, option, plain, swap

JANUARY = days_of_month(2027, 1)
FIXED = {day: 2.5 + 0.02 * index for index, day in enumerate(JANUARY)}
MEAN = float(np.mean(list(FIXED.values())))


def test_published_sizes_and_ticks() -> None:
    assert (future().hours, future().tick) == (8 * 730.0, 0.01)
    rows = price(future(), market())
    assert rows.row("tick_value").value == pytest.approx(8 * 7.30)
    assert {name: spec.hours_per_contract * spec.tick_usd_per_hour for name, spec in SPECS.items()} == {"GPU1": 7.3, "GPU2": 7.3}
    assert (on_tick(2.344, 0.01), on_tick(2.345000001, 0.01), on_tick(2.3425, 0.005)) == pytest.approx((2.34, 2.35, 2.345))


def test_months_run_over_the_year() -> None:
    assert months_between("2026-11", "2027-02") == ("2026-11", "2026-12", "2027-01", "2027-02")
    assert months_between("2027-02", "2027-01") == ()
    assert days_of_month(2026, 11)[0] == dt.date(2026, 11, 2)
    assert dt.date(2026, 11, 26) not in days_of_month(2026, 11)
    assert days_of_month(2027, 1)[-1] == dt.date(2027, 1, 29)  # the 31st is a Sunday


def test_a_future_is_worth_the_mean_of_its_forwards() -> None:
    curve = rent_curve(market(), H100)
    mean = float(np.mean(curve.forward([(day - AS_OF).days / 365.0 for day in JANUARY])))
    assert price(future(price=2.0), market()).value == pytest.approx(5840.0 * (mean - 2.0), rel=PV_REL)
    assert price(future(price=mean), market()).value == pytest.approx(0.0, abs=1e-9)


def test_a_month_that_is_being_averaged_counts_what_was_seen() -> None:
    today = dt.date(2027, 1, 15)
    on = plain(0.5, as_of=today)
    seen = {day: rate for day, rate in FIXED.items() if day <= today}
    curve = rent_curve(on, H100)
    ahead = [float(curve.forward((day - today).days / 365.0)) for day in JANUARY if day > today]
    found = price(deal(today, seen, f=future()), on)
    assert found.row("fair_price").value == pytest.approx((sum(seen.values()) + sum(ahead)) / len(JANUARY), rel=PV_REL)
    assert found.row("fixings_seen").value == pytest.approx(len(seen) / len(JANUARY))
    # without its own fixing the day itself takes the spot
    yesterday = {day: rate for day, rate in seen.items() if day < today}
    total = sum(yesterday.values()) + 3.0 + sum(ahead)
    assert price(deal(today, yesterday, f=future()), on).row("fair_price").value == pytest.approx(total / len(JANUARY), rel=PV_REL)


def test_limits_of_an_option() -> None:
    still = plain(0.0)
    forward = price(future(), still).row("fair_price").value or 0.0
    discount = (price(option(), still).row("discounted_hours").value or 0.0) / 730.0
    assert price(option("call", 2.5), still).value == pytest.approx(730.0 * discount * (forward - 2.5), rel=1e-12)
    assert price(option("put", 2.5), still).value == 0.0
    for on in (still, market()):
        free = price(option("call", 0.0), on)
        assert free.value == pytest.approx(730.0 * discount * (free.row("fair_price", part="2027-01").value or 0.0), rel=1e-12)
        assert price(option("put", 0.0), on).value == 0.0


@pytest.mark.parametrize("method", [None, "monte_carlo", "quantlib"])
def test_with_every_fixing_known_an_option_is_its_payoff(method: str | None) -> None:
    today = JANUARY[-1]
    held = deal(today, FIXED, call=option("call", 2.6), put=option("put", 2.6))
    found = price(held, plain(0.5, as_of=today), method=method, paths=4096, measures=("value",))
    assert found.row(contract="call").value == pytest.approx(730.0 * max(MEAN - 2.6, 0.0), rel=1e-12)
    assert found.row(contract="put").value == pytest.approx(730.0 * max(2.6 - MEAN, 0.0), rel=1e-12)


def test_paid_months_are_gone_and_months_still_unpaid_are_not() -> None:
    today = dt.date(2027, 2, 1)
    late = deal(today, FIXED, s=swap(2.0, "2026-12", "2027-01", payment_lag_days=2))
    assert price(late, plain(as_of=today), measures=("value",)).value == pytest.approx(
        730.0 * (MEAN - 2.0), rel=1e-3
    )  # two days of discount
    with pytest.raises(GpufinError, match="every month was paid"):
        price(late.evolve(as_of=dt.date(2027, 3, 1)), plain(as_of=dt.date(2027, 3, 1)))


def test_fixings_that_are_missing_or_misplaced_are_named() -> None:
    today = dt.date(2027, 1, 15)
    with pytest.raises(GpufinError, match=r"no fixing for 2027-01-04.*add it to the fixings of the position"):
        price(option(), plain(as_of=today))
    stray = {day: 2.5 for day in JANUARY if day <= today} | {dt.date(2027, 1, 9): 2.5}
    with pytest.raises(GpufinError, match=r"2027-01-09.*no business day"):
        price(deal(today, stray, o=option()), plain(as_of=today))
    with pytest.raises(TermsError, match="lies after the deal's date"):
        deal(today, {dt.date(2027, 1, 20): 2.5}, o=option())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"month": "2027-13"}, "a month such as 2026-12"),
        ({"index": "equity:AMD"}, "the market key of a rent"),
        ({"index": "rent:B200"}, "GPU1 is on rents of the H100"),
        ({"short": "b"}, "the two sides must be two parties"),
        ({"hours_per_contract": 100.0}, "published size and tick"),
        ({"spec": "own"}, "needs hours_per_contract and tick_usd_per_hour"),
        ({"contracts": 0.0}, "must be above 0"),
        ({"price_usd_per_hour": float("nan")}, "finite"),
    ],
)
def test_bad_futures_are_refused_in_words(change: dict[str, Any], said: str) -> None:
    with pytest.raises(TermsError, match=said):
        future(**{"month": "2027-01", **change})


def test_bad_strips_are_refused_in_words() -> None:
    with pytest.raises(TermsError, match="the last month 2026-12 is before the first 2027-01"):
        swap(2.0, "2027-01", "2026-12")
    with pytest.raises(TermsError, match="more than the 120"):
        option(start="2027-01", end="2047-01")
    with pytest.raises(TermsError, match="no such party"):
        deal(o=option(buyer="nobody"))
    with pytest.raises(TermsError, match="was over before the deal's date"):
        deal(o=option(start="2026-09"))


def test_a_market_without_the_index_is_told() -> None:
    with pytest.raises(GpufinError, match="rent:B200"):
        price(option(index="rent:B200"), market())
    with pytest.raises(InputError, match="a Deal, or a contract that rests on nothing else"):
        price("future", market())  # type: ignore[arg-type]


CREDIT = {"B": (0.05, -0.4), "S": (0.15, -0.7)}


def test_the_ledger_adds_up_and_agrees_with_the_engines() -> None:
    on = market(credit=CREDIT)
    held = deal(credit=True, f=future(), s=swap(), o=option(start="2026-11", end="2027-02"))
    found = simulate(held, on, paths=4096, threads=1)
    for run in found.contracts:
        ledger = run.roll(0)
        assert max(gap.difference for gap in claim_gaps(run.plan, ledger)) < 1e-9
        assert ledger.min() >= 0.0
        np.testing.assert_allclose(run.present.sum(axis=0), 0.0, atol=1e-9)
    priced = price(held, on, method="monte_carlo", paths=4096, threads=1, measures=("value", "cva"))
    for name in ("f", "s"):
        value, error = next(run for run in found.contracts if run.contract_id == name).value("b")
        assert abs(value - (priced.row(contract=name).value or 0.0)) < MC_SIGMAS * error
    assert abs((priced.row(contract="f").value or 0.0) - price(future(), on).value) < MC_SIGMAS * (
        priced.row(contract="f").standard_error or 0.0
    )
    # an option loses what its seller's default takes, here with rents that rise: wrong-way
    run = next(run for run in found.contracts if run.contract_id == "o")
    value, error = run.value("b")
    free = price(held, on, measures=("value", "cva_without_dependence"))
    loss = (free.row(contract="o").value or 0.0) - value
    assert loss > (free.row("cva_without_dependence", contract="o").value or 0.0) - MC_SIGMAS * error


def test_independent_defaults_take_what_the_closed_form_says() -> None:
    on = market(credit={name: (hazard, 0.0) for name, (hazard, _) in CREDIT.items()})
    held = deal(credit=True, o=option(start="2026-11", end="2027-02"))
    run = simulate(held, on, paths=8192, threads=1).contracts[0]
    free = price(held, on, measures=("value", "cva_without_dependence"))
    value, error = run.value("b")
    expected = free.value - (free.row("cva_without_dependence").value or 0.0)
    assert abs(value - expected) < MC_SIGMAS * error


def test_close_out_at_the_forwards_loses_nothing_with_full_recovery_odds() -> None:
    # write-offs on both sides explain all of the difference to the default-free value, path means included
    on = market(credit=CREDIT)
    held = deal(credit=True, s=swap())
    run = simulate(held, on, paths=8192, threads=1).contracts[0]
    lost = {p: 0.0 for p in ("b", "s")}
    for column in run.plan.columns(claim="written_off"):
        lost[run.plan.postings[column].payee] += float(run.mean_ledger[:, column] @ run.discount)
    value, error = run.value("b")
    assert lost["b"] > 0.0
    assert abs(value + lost["b"] - lost["s"] - price(swap(), on).value) < MC_SIGMAS * error


def test_nobody_defaults_without_a_credit() -> None:
    found = price(swap(), market(), method="monte_carlo", paths=4096, threads=1)
    assert [row.value for row in found.rows if row.measure == "cva"] == [0.0, 0.0]
    assert found.value == price(swap(), market()).value


def test_the_same_bytes_for_any_number_of_threads() -> None:
    held = deal(credit=True, s=swap(end="2027-01"), o=option())
    on = market(credit=CREDIT)
    one, three = (price(held, on, method="monte_carlo", paths=3 * 4096, threads=n, measures=("value",)).to_json() for n in (1, 3))
    assert one == three


def test_odds_and_delta_are_those_of_the_value() -> None:
    law = {"weights": [0.4, 0.6], "means": [2.0, 3.0], "variances": [0.04, 0.09]}
    step = 1e-4
    for call in (True, False):
        odds, delta = average_option_odds(**law, strike=2.6, known=0.5, open_share=0.8, call=call)
        scaled = [
            float(
                average_option_value(**law | {"means": [m * (1 + s) for m in (2.0, 3.0)]}, strike=2.6, known=0.5, open_share=0.8, call=call)
            )
            for s in (-step, step)
        ]
        mean = 0.8 * (0.4 * 2.0 + 0.6 * 3.0)
        assert float(delta) == pytest.approx((scaled[1] - scaled[0]) / (2 * step * mean), rel=1e-6)
        struck = [float(average_option_value(**law, strike=2.6 + s, known=0.5, open_share=0.8, call=call)) for s in (-step, step)]
        assert float(odds) == pytest.approx((-1 if call else 1) * (struck[1] - struck[0]) / (2 * step), rel=1e-6)


def test_a_hedge_of_the_same_price_sells_the_same_hours() -> None:
    hours, left = minimum_variance_hedge(exposure_hours=5840.0, exposure_volatility=0.3, future_volatility=0.3, correlation=1.0)
    assert (float(hours), float(left)) == (5840.0, 0.0)
    hours, left = minimum_variance_hedge(exposure_hours=5840.0, exposure_volatility=0.3, future_volatility=0.3, correlation=0.0)
    assert (float(hours), float(left)) == (0.0, 1.0)
    # no other number of hours leaves less: variance of H P_e s_e X - n P_f s_f Y
    rho, a, b = 0.7, 5840.0 * 2.0 * 0.4, 2.3 * 0.3
    best, left = minimum_variance_hedge(
        exposure_hours=5840.0, exposure_volatility=0.4, future_volatility=0.3, correlation=rho, exposure_price=2.0, future_price=2.3
    )
    n = float(best) * np.array([0.9, 1.0, 1.1])
    variance = a**2 - 2 * rho * a * n * b + (n * b) ** 2
    assert variance[1] < min(variance[0], variance[2])
    assert variance[1] / a**2 == pytest.approx(float(left), rel=1e-12)
