"""A small deal that prices in a blink: three months, two tranches, one of them assumed."""

from __future__ import annotations

from pathlib import Path

DEAL = """\
schema = 1
id = "small"
as_of = 2025-10-03

[parties.vendor]
roles = ["issuer"]
equity = "equity:VND"
[parties.buyer]
roles = ["holder"]
credit = "credit:BUY"

[milestones.racks]
unit = "GW"
plan = {2025-11-03 = 1.0, 2025-12-15 = 2.0}
price_per_unit_usd = 1e6
buyer = "buyer"

[contracts.grant]
kind = "warrant"
issuer = "vendor"
holder = "buyer"
underlying = "equity:VND"
shares = 100
strike_usd = 0.01
expiry = 2026-01-05

[[contracts.grant.tranches]]
label = "first"
shares = 50
condition = {kind = "milestone", milestone = "racks", at_least = 1.0}
[[contracts.grant.tranches]]
label = "second"
shares = 50
[contracts.grant.tranches.condition]
kind = "all"
legs = [
    {kind = "milestone", milestone = "racks", at_least = 2.0},
    {kind = "price", of = "equity:VND", at_least = 110.0},
]

[provenance.default]
basis = "filing"
[provenance.by_path."contracts.grant.tranches.*.shares"]
basis = "assumed"
alternatives = {late = [10, 90]}
"""

MARKET = """\
schema = 1
as_of = 2025-10-03
[rates.USD-SOFR]
kind = "flat"
rate = 0.04
[equity.VND]
spot_usd = 100.0
volatility = 0.5
shares_outstanding = 1000
[credit.BUY]
kind = "hazard"
hazard = 0.1
[milestones.racks]
clock_volatility = 0.1
[correlation]
"equity:VND|milestone:racks" = 0.3
"""


def write_small(folder: Path) -> Path:
    """The deal and its market in a folder."""
    (folder / "deal.toml").write_text(DEAL)
    (folder / "market.toml").write_text(MARKET)
    return folder
