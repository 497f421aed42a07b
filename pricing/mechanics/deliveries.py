"""Step one of the month: prices and deliveries, revenue, operating cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pricing.ledger import facility as k
from pricing.mechanics.prepayment import burn
from pricing.mechanics.state import SELL, State
from pricing.schedules.plan import Drivers
from pricing.schedules.types import Bools, Floats


@dataclass(frozen=True)
class Income:
    """Arrays [path] of one month, USD or units."""

    revenue: Floats
    power: Floats
    site: Floats
    transition: Floats
    sale: Floats
    standing: Floats
    """Units whose site is paid for."""
    owned: Floats
    """Units bought and surviving, before sales."""
    unsold: Floats
    """Share of the fleet not sold."""
    market_value: Floats
    """Of what is bought and not sold."""
    credit: Floats
    """Of the contract rent, paid by what the customer has paid ahead."""

    @property
    def operating(self) -> Floats:
        """Operating cost of the month."""
        return self.power + self.site + self.transition


def sold_share(state: State, t: int) -> Floats:
    """Share of the fleet sold by the end of month t: equal lots."""
    lots = state.plan.lots
    return np.clip(t - state.sale_first + 1, 0, lots) / lots


def deliveries(state: State, drivers: Drivers, t: int) -> Income:
    """Revenue and operating cost of month t; posts rent, and devices delivered, lost and sold. Costs are posted when paid."""
    plan, row = state.plan, state.row
    units = plan.units[:, t][:, None]
    accepted = state.funded & (state.accepted_at < t)
    planned = state.funded & (plan.accept[:, None] < t)
    served = np.where(accepted, units, 0.0).sum(axis=0)
    standing = np.where(planned, units, 0.0).sum(axis=0)
    owned = np.where(state.funded, units, 0.0).sum(axis=0)
    live = state.status < k.CLOSED
    selling = state.mode == SELL
    before = 1.0 - sold_share(state, t - 1)
    after = 1.0 - sold_share(state, t)

    operator = drivers.operator
    interim = (t > operator) & (t <= operator + plan.substitute_delay)
    share = np.where(interim, plan.interim_share, 1.0)
    contract = live & ~selling & (t < state.dead_from)
    rent = np.where(contract, served * plan.hours[t] * plan.price[t] * share, 0.0)
    running = np.where(contract, served * share, 0.0)

    spot = drivers.ratio[t] * plan.forward_rent[t] * plan.hours[t] * plan.relet_share
    again = live & ~selling & (t >= state.dead_from + plan.relet_months) & (spot > plan.power_cost[t])
    relet = np.where(again, standing * spot, 0.0)
    running = running + np.where(again, standing, 0.0)

    power = running * plan.power_cost[t]
    uplift = np.where(t > operator, 1.0 + plan.cost_uplift, 1.0)
    idle = np.where(selling, plan.idle_share * before, 1.0)
    site = np.where(live, standing * plan.site_cost[t] * uplift * idle, 0.0)
    starts = live & ~selling & (drivers.substituted == 1) & (t == operator + plan.substitute_delay) & (t < state.dead_from)
    transition = np.where(starts, standing * plan.substitute_cost, 0.0)

    value = np.where(state.funded & live, plan.market_value[:, t][:, None], 0.0).sum(axis=0) * drivers.linked[t]
    sale = _sale(state, t, value, owned)
    row[k.RENT], row[k.RELET], row[k.SALE] = rent, relet, sale
    row[k.SOLD] = np.where(live, (before - after) * owned, 0.0)
    stood = (plan.units[:, t - 1] if t > 0 else plan.opening_units)[:, None]
    lost = np.where(state.funded, stood - units, 0.0).sum(axis=0)
    row[k.LOST_UNITS] = np.where(live, lost * before, 0.0)
    owned = np.where(live, owned, 0.0)
    return Income(rent + relet, power, site, transition, sale, standing, owned, after, value * after, burn(state, rent))


def _sale(state: State, t: int, value: Floats, owned: Floats) -> Floats:
    """Proceeds of the lot of month t: its average price along the way down, less the cost of selling."""
    plan = state.plan
    lot: Bools = (state.mode == SELL) & (t >= state.sale_first) & (t < state.sale_first + plan.lots) & (state.status < k.CLOSED)
    step = plan.impact * owned / plan.lots
    before = np.exp(-step * np.maximum(t - state.sale_first, 0))
    average = np.where(step > 1e-9, -np.expm1(-step) / np.where(step > 1e-9, step, 1.0), 1.0)
    return np.where(lot, value / plan.lots * before * average * (1.0 - plan.sale_cost), 0.0)
