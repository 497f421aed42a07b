"""What was agreed: parties, contracts, conditions, and the files that hold them. Terms only: no market data, no today.

Start with `load_deal`, or build a `Deal` from `Party`, `Milestone` and contracts such as `Warrant`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
