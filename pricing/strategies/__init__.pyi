from .leases import (
    lease_deals as lease_deals,
    lease_guarantees as lease_guarantees,
    lease_terms as lease_terms,
)
from .shocks import shocks as shocks
