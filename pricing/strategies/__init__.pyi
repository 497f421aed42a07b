from .borrowing_bases import base_deal as base_deal, borrowing_bases as borrowing_bases, limits as limits
from .margin_loans import margin_deal as margin_deal, margin_loans as margin_loans
from .notes import notes_deal as notes_deal, orders as orders, pool_notes as pool_notes
from .shocks import shocks as shocks
