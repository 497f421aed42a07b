from .offtakes import cancellations as cancellations, offtake_deals as offtake_deals, offtake_markets as offtake_markets
from .shocks import shocks as shocks
