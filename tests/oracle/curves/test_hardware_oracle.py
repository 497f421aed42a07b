from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import poisson

from curves import (
    Market,
    declining_balance,
    even_lots,
    failure_rate,
    income_value,
    job_mttf_hours,
    lender_choice,
    lot_sale,
    macrs,
    parity_value,
    power_curve,
    resale_curve,
    running_cost,
    spares_needed,
    straight_line,
    sum_of_years,
    units_in_service,
    units_of_use,
)
from instruments.ground.errors import InputError
from instruments.ground.tolerances import PV_REL
from pricing.collateral.lots import lot_factors

# IRS Publication 946, table A-1, half-year convention, percent of cost
PUBLISHED = {
    3: [33.33, 44.45, 14.81, 7.41],
    5: [20.00, 32.00, 19.20, 11.52, 11.52, 5.76],
    7: [14.29, 24.49, 17.49, 12.49, 8.93, 8.92, 8.93, 4.46],
    10: [10.00, 18.00, 14.40, 11.52, 9.22, 7.37, 6.55, 6.55, 6.56, 6.55, 3.28],
    15: [5.00, 9.50, 8.55, 7.70, 6.93, 6.23, 5.90, 5.90, 5.91, 5.90, 5.91, 5.90, 5.91, 5.90, 5.91, 2.95],
}


@pytest.mark.parametrize("years", PUBLISHED)
def test_tax_schedule_is_the_published_table(years: int) -> None:
    charges = -np.diff(macrs(100.0, years=years))
    # the table rounds to 0.01 and lets the last digit alternate so that it adds up
    np.testing.assert_allclose(charges, PUBLISHED[years], atol=0.0101)
    assert charges.sum() == pytest.approx(100.0, rel=PV_REL)


def test_accounting_methods_by_hand() -> None:
    np.testing.assert_allclose(straight_line(1000.0, salvage_usd=100.0, periods=3), [1000, 700, 400, 100])
    np.testing.assert_allclose(sum_of_years(1000.0, salvage_usd=100.0, periods=5), [1000, 700, 460, 280, 160, 100])
    np.testing.assert_allclose(declining_balance(1000.0, salvage_usd=100.0, periods=5, switch=False), [1000, 600, 360, 216, 129.6, 100])
    np.testing.assert_allclose(declining_balance(1000.0, periods=5, switch=False)[-1], 1000 * 0.6**5)
    np.testing.assert_allclose(declining_balance(1000.0, periods=5), [1000, 600, 360, 216, 108, 0], atol=1e-12)
    np.testing.assert_allclose(
        units_of_use(1000.0, salvage_usd=100.0, use=[10.0, 0.0, 60.0, 80.0], lifetime_use=100.0), [1000, 910, 910, 370, 100]
    )


def test_methods_are_not_each_other() -> None:
    books = [method(1000.0, salvage_usd=50.0, periods=6) for method in (straight_line, declining_balance, sum_of_years)]
    assert min(np.abs(a - b).max() for i, a in enumerate(books) for b in books[:i]) > 20.0
    np.testing.assert_allclose(declining_balance(1000.0, periods=6, factor=1.0), straight_line(1000.0, periods=6), atol=1e-9)


def test_batches_of_costs_keep_their_shape() -> None:
    costs = np.array([[100.0, 200.0], [300.0, 0.0]])
    for books in (straight_line(costs, periods=4), declining_balance(costs, periods=4), sum_of_years(costs, periods=4)):
        assert books.shape == (2, 2, 5)
        np.testing.assert_allclose(books[0, 1], 2.0 * books[0, 0])


@pytest.mark.parametrize("lots", [1, 2, 7])
def test_lot_prices_are_the_integral_of_the_marginal_price(lots: int) -> None:
    units, depth, impact = 900.0, 4000.0, 0.8
    found = lot_sale(market_usd=np.linspace(30e3, 25e3, lots), quantities=even_lots(units, lots), depth_units=depth, impact=impact)
    edges = np.linspace(0.0, units, lots + 1)
    for lot in range(lots):
        share = quad(lambda q: np.exp(-impact * q / depth), edges[lot], edges[lot + 1])[0] / (edges[lot + 1] - edges[lot])
        assert found.prices_usd[lot] == pytest.approx(np.linspace(30e3, 25e3, lots)[lot] * share, rel=1e-12)
    np.testing.assert_allclose(found.prices_usd / np.linspace(30e3, 25e3, lots), lot_factors(units, lots, impact / depth), rtol=1e-12)


def test_sale_limits_and_costs_by_hand() -> None:
    plain = lot_sale(market_usd=100.0, quantities=[2.0, 3.0], sale_cost=0.1, unit_cost_usd=1.0, idle_usd=2.0, discount=[1.0, 0.5])
    # lot 1: 200 - 20 - 2 - idle 5 x 2; lot 2: 300 - 30 - 3 - idle 3 x 2, halved
    assert float(plain.value_usd) == pytest.approx(168.0 + 0.5 * 261.0)
    tiny = lot_sale(market_usd=100.0, quantities=[1e-9], depth_units=1.0, impact=1.0)
    assert float(tiny.prices_usd[0]) == pytest.approx(100.0, rel=1e-8)
    deep = lot_sale(market_usd=100.0, quantities=[5.0], depth_units=np.inf, impact=3.0)
    assert float(deep.value_usd) == 500.0
    assert lender_choice(sale_usd=[-5.0, 10.0], run_usd=[-3.0, 20.0], abandon_cost_usd=1.0).tolist() == [-1.0, 20.0]


def test_failure_intervals_are_the_published_ones() -> None:
    # exact Poisson limits for 0 and 10 events (Garwood 1936): 0 to 3.689, 4.795 to 18.39
    none, ten = failure_rate(0, 1.0), failure_rate(10, 1.0)
    assert (none.low, none.high) == (0.0, pytest.approx(3.689, abs=5e-4))
    assert (ten.low, ten.high) == (pytest.approx(4.795, abs=5e-4), pytest.approx(18.39, abs=5e-3))
    # 148 faulty accelerators of 16,384 in 54 days: 6.1 % a year
    assert failure_rate(148, 16384 * 54 / 365).rate == pytest.approx(0.0611, abs=5e-5)


def test_spares_are_the_smallest_stock_that_suffices() -> None:
    load = 2000 * 0.06 * 14 / 365
    found = spares_needed(units=2000, failures_per_year=0.06, lead_years=14 / 365, service_level=0.99)
    odds = np.cumsum([poisson.pmf(k, load) for k in range(found + 1)])
    assert odds[-2] < 0.99 <= odds[-1]
    assert spares_needed(units=2000, failures_per_year=0.0, lead_years=1.0) == 0


def test_a_fleet_holds_until_its_spares_are_gone() -> None:
    found = units_in_service([100.0, 100.0], times_years=[0.0, 1.0, 2.0, 3.0], failures_per_year=0.05, spares=[10.0, 0.0])
    np.testing.assert_allclose(found[0], [100, 100, 100, 100 * np.exp(-0.05)])
    np.testing.assert_allclose(found[1], 100 * np.exp(-0.05 * np.arange(4)))
    assert units_in_service(5.0, times_years=[9.0], failures_per_year=0.0).tolist() == [5.0]


def test_a_job_stops_with_its_first_node() -> None:
    assert float(job_mttf_hours(nodes=128, failures_per_thousand_node_days=6.5)) == pytest.approx(24_000 / 832)
    assert np.isinf(job_mttf_hours(nodes=1, failures_per_thousand_node_days=0.0))


def test_running_cost_and_parity_by_hand() -> None:
    cost = running_cost(unit_kw=1.0, usd_per_kwh=0.1, pue=1.3, colocation_usd_per_kw_month=146.0, upkeep_usd_per_month=73.0)
    assert (float(cost.energy), float(cost.fixed), float(cost.total)) == (pytest.approx(0.13), pytest.approx(0.3), pytest.approx(0.43))
    assert float(parity_value(new_usd=40e3, speed_ratio=0.25)) == 10e3
    assert float(parity_value(new_usd=40e3, speed_ratio=0.25, new_running_usd=10e3, old_running_usd=8e3)) == 4.5e3
    assert float(parity_value(new_usd=1e3, speed_ratio=0.1, old_running_usd=8e3)) == 0.0


def test_income_retires_at_the_best_month_by_hand() -> None:
    flat = {"rent_usd_per_hour": [3.0, 2.0, 0.5], "discount": np.ones(4), "hours_per_month": 10.0}
    found = income_value(cost_usd_per_hour=1.0, salvage_usd=[100.0, 80.0, 60.0, 50.0], **flat)
    np.testing.assert_allclose(found.totals_usd, [100.0, 100.0, 90.0, 75.0])
    assert (float(found.value_usd), int(found.retire_after)) == (100.0, 0)
    better = income_value(cost_usd_per_hour=0.6, salvage_usd=[100.0, 80.0, 70.0, 50.0], **flat)
    assert (float(better.value_usd), int(better.retire_after)) == (pytest.approx(24.0 + 14.0 + 70.0), 2)


AS_OF = dt.date(2026, 3, 31)
THIN = {"kind": "thin_resale", "new_usd": 30e3, "decline": 0.4, "depth_units": 1e5, "impact": 0.5}
AGES = {
    "kind": "resale_by_age",
    "new_usd": 30e3,
    "share_of_new": {"2Y": 0.42, "1Y": 0.62},
    "decline": 0.3,
    "depth_units": 1e5,
    "impact": 0.5,
}
LAUNCH = {"Rubin": {"expected": dt.date(2026, 9, 30), "jump_mean": -0.25}}


def market(resale: object, power: object = None) -> Market:
    blocks = {"resale": {"H100": resale}, "power": {"US": power or {"kind": "thin_power", "usd_per_kwh": 0.08, "growth": 0.02}}}
    return Market.model_validate({"as_of": AS_OF, "rates": {"X": {"kind": "flat", "rate": 0.04}}, **blocks})


def test_resale_meets_its_quotes_and_declines_beyond() -> None:
    curve = resale_curve(market(AGES), "resale:H100")
    np.testing.assert_allclose(curve.value([0.0, 1.0, 731 / 365], 0.0), [30e3, 18.6e3, 12.6e3], rtol=1e-12)
    assert float(curve.value(731 / 365 + 1.0, 0.0)) == pytest.approx(12.6e3 * np.exp(-0.3))
    assert float(curve.value(1.0, 0.0, rent_ratio=0.5)) == pytest.approx(9.3e3)
    np.testing.assert_allclose(resale_curve(market(THIN), "resale:H100").value([0.0, 2.0], 5.0), 30e3 * np.exp([0.0, -0.8]))


def test_a_launch_steps_the_resale_down_on_its_day() -> None:
    curve = resale_curve(market(AGES | {"launches": LAUNCH}), "resale:H100")
    before, after = curve.value(1.0, [0.49, 0.51])
    assert after / before == pytest.approx(np.exp(-0.25))


def test_power_joins_its_forwards() -> None:
    quotes = {"kind": "power_forwards", "usd_per_kwh": 0.08, "forwards": {"1Y": 0.09, "2Y": 0.07}, "growth": 0.02}
    curve = power_curve(market(THIN, quotes), "power:US")
    np.testing.assert_allclose(
        curve.price([0.0, 0.5, 1.0, 731 / 365, 731 / 365 + 1.0]), [0.08, 0.085, 0.09, 0.07, 0.07 * np.exp(0.02)], rtol=1e-12
    )
    np.testing.assert_allclose(power_curve(market(THIN), "power:US").price([0.0, 10.0]), 0.08 * np.exp([0.0, 0.2]))


def test_bad_arguments_name_what_is_allowed() -> None:
    for call, words in (
        (lambda: straight_line(100.0, salvage_usd=200.0, periods=3), "between 0 and the cost"),
        (lambda: macrs(100.0, years=4), "one of 3, 5, 7"),
        (lambda: declining_balance(100.0, periods=3, factor=9.0), "above 0, at most 3"),
        (lambda: units_of_use(100.0, use=[-1.0], lifetime_use=5.0), "use of each period"),
        (lambda: lot_sale(market_usd=1.0, quantities=[-1.0]), "at or above 0"),
        (lambda: lot_sale(market_usd=1.0, quantities=[1.0], sale_cost=5.0), "lot_sale.sale_cost"),
        (lambda: even_lots(10.0, 0), "at least 1"),
        (lambda: failure_rate(-1, 1.0), "count events and exposure"),
        (lambda: running_cost(unit_kw=1.0, usd_per_kwh=0.1, pue=0.9), "at least 1"),
        (lambda: income_value(rent_usd_per_hour=[1.0], cost_usd_per_hour=0.0, salvage_usd=[1.0], discount=[1.0, 1.0]), "2 salvage values"),
        (lambda: parity_value(new_usd=1.0, speed_ratio=0.0), "above 0"),
        (lambda: spares_needed(units=1.0, failures_per_year=1.0, lead_years=1.0, service_level=1.0), "between 0 and 1"),
    ):
        with pytest.raises(InputError, match=words):
            call()
