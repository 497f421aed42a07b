"""A good deal and a good market, small, each with a little of everything."""

from __future__ import annotations

DEAL = """\
schema = 1
id = "chips-for-shares"
as_of = 2025-10-03

[parties.vendor]
roles = ["vendor", "issuer"]
equity = "equity:VND"

[parties.buyer]
roles = ["customer", "holder"]
credit = "credit:BUY"

[milestones.deliveries]
unit = "GW"
plan = {2026-12-31 = 1.0, 2030-06-30 = 6.0}
buyer = "buyer"

[contracts.grant]
kind = "warrant"
issuer = "vendor"
holder = "buyer"
underlying = "equity:VND"
shares = 100
strike_usd = 0.01
expiry = 2030-10-05

[[contracts.grant.tranches]]
label = "first"
shares = 60
[contracts.grant.tranches.condition]
kind = "all"
legs = [
    {kind = "milestone", milestone = "deliveries", at_least = 1.0},
    {kind = "price", of = "equity:VND", at_least = 200.0, observation = {kind = "mean", days = 20}},
]

[[contracts.grant.tranches]]
label = "second"
shares = 40
condition = {kind = "date", on = 2027-01-01}

[provenance.default]
basis = "filing"
source = "8-K"

[provenance.by_path."contracts.grant.tranches.*.shares"]
basis = "assumed"
why = "redacted"
alternatives = {even = [50, 50], late = [10, 90]}

[provenance.by_path."contracts.grant.strike_usd"]
basis = "assumed"
range = [0.01, 1.0]
"""

MARKET = """\
schema = 1
as_of = 2025-10-03

[rates.USD-SOFR]
kind = "ois"
quotes = {1M = 0.04338, 1Y = 0.03986, 5Y = {value = 0.03567, range = [0.03, 0.04]}}
basis = "press"

[credit.META]
kind = "cds"
quotes = {5Y = 0.005}

[credit.BUY]
kind = "proxy"
proxy = "credit:META"
spread_add_bps = {value = 100, range = [-150, 300]}
basis = "assumed"

[equity.VND]
spot_usd = 164.67
volatility = 0.51

[correlation]
"equity:VND|milestone:deliveries" = {value = 0.3, range = [0.0, 0.6], basis = "assumed"}
"""

GOOD = {"deal": DEAL, "market": MARKET}
"""The good text of each kind."""
