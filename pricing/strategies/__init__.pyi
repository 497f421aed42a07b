from .shocks import shocks as shocks
from .staged import staged_deals as staged_deals, staged_markets as staged_markets
