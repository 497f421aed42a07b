"""What the market says: quotes with their provenance, and the curves built from them.

A `Market` is a frozen snapshot of one date. Curves are made from it on demand, by key, and remembered by the value of their
quotes: `discount_curve(market, "rates:USD-SOFR")`, `survival_curve(market, "credit:META")`, `equity_inputs(market, "equity:AMD")`.
A `Scenario` is frozen data; its `apply` gives another market. Nothing here knows a contract, and importing this package loads
neither QuantLib nor numpy: names are loaded when they are used.

The bootstraps are also plain array functions: `bootstrap_hazard`, `par_spreads`, `discounts_from_par`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
