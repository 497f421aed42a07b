"""Dead weight: what all holders together lose by a design, from the operations alone, by name.

**Model** after a seizure in month e the hardware earns nothing until its lots are sold; then buyers use it. Against a project that nobody
seizes, all holders together (buyers included) lose

- idle months: margins that unsold units would have earned, and the cost of keeping them;
- use forgone: what sold units would have earned until the end of the project, and fetched then, less their market value at the sale. It is
  below 0 where the market pays more than the project would have earned;
- cost of sale: brokers of the lots, less those of the sale at the end that is spared;
- discount lost: the share of the price impact that no buyer gains;
- removal: repossession and transport;
- brokers of shares: the sale of pledged shares.

Nothing here is read off the ledger: that the sum equals what the ledger says is a test on every run.
"""

from __future__ import annotations

import numpy as np

from pricing.risk.transfer.hardware import sale_month
from pricing.risk.transfer.operations import Operations
from pricing.risk.transfer.setup import Setup
from pricing.risk.transfer.vehicle import Rolled
from pricing.schedules.types import Floats

COMPONENTS = ("idle months", "use forgone", "cost of sale", "discount lost", "removal", "brokers of shares")


def dead_weight(setup: Setup, operations: Operations, rolled: Rolled) -> Floats:
    """Components of the dead weight of a design on a block, discounted USD [component, path]."""
    rules, resale = setup.project.enforcement, setup.resale
    out = np.zeros((len(COMPONENTS), operations.paths))
    seized = np.flatnonzero(rolled.seized < setup.months)
    out[5] = rolled.share_brokers
    if not seized.size:
        return out
    month = np.arange(setup.total)[:, None]
    since = month - rolled.seized[seized]
    lot = since - rules.repossession_months - 1
    after = since >= 1
    unsold = np.where(after, 1.0 - np.clip(lot, 0, rules.lots) / rules.lots, 1.0)
    factor = setup.discount[1:, None]
    margins = factor * np.where(after, operations.net[:, seized], 0.0)
    last = setup.discount[setup.months] * operations.value[setup.months - 1, seized]
    selling = (lot >= 0) & (lot < rules.lots)
    market = np.where(selling, operations.value[:, seized] / rules.lots, 0.0)
    price = market * setup.lot_prices[np.clip(lot, 0, rules.lots - 1)]
    holding = np.zeros_like(market)
    removal = np.zeros_like(market)
    for t in range(setup.total):
        cost = sale_month(setup, operations, t, rolled.seized)
        holding[t], removal[t] = cost.idle[seized], cost.removal[seized]
    out[0, seized] = (margins * unsold + factor * holding).sum(axis=0)
    out[1, seized] = (margins * (1.0 - unsold)).sum(axis=0) + last - (factor * market).sum(axis=0)
    out[2, seized] = resale.sale_cost * ((factor * price).sum(axis=0) - last)
    out[3, seized] = rules.discount_lost_share * (factor * (market - price)).sum(axis=0)
    out[4, seized] = (factor * removal).sum(axis=0)
    return out
