from .balance_sheets import Hit as Hit, balance_webs as balance_webs, web_hits as web_hits
from .borrowing_bases import base_deal as base_deal, borrowing_bases as borrowing_bases, limits as limits
from .compute_derivatives import rent_markets as rent_markets, rent_options as rent_options
from .facilities import facility_deals as facility_deals, facility_markets as facility_markets, fleets as fleets
from .leases import (
    lease_deals as lease_deals,
    lease_guarantees as lease_guarantees,
    lease_terms as lease_terms,
)
from .margin_loans import margin_deal as margin_deal, margin_loans as margin_loans
from .notes import notes_deal as notes_deal, orders as orders, pool_notes as pool_notes
from .offtakes import cancellations as cancellations, offtake_deals as offtake_deals, offtake_markets as offtake_markets
from .prepayable import (
    prepayable_deals as prepayable_deals,
    prepayable_markets as prepayable_markets,
    prepayment_rights as prepayment_rights,
)
from .projects import designs as designs, projects as projects
from .shocks import shocks as shocks, stresses as stresses
from .staged import staged_deals as staged_deals, staged_markets as staged_markets
from .warrants import (
    conditions as conditions,
    legs as legs,
    observations as observations,
    warrant_deals as warrant_deals,
    warrant_markets as warrant_markets,
    warrants as warrants,
)
from .webs import webs as webs
