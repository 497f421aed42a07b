from .compute_derivatives import rent_markets as rent_markets, rent_options as rent_options
from .shocks import shocks as shocks
