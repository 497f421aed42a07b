from .margin_loans import margin_deal as margin_deal, margin_loans as margin_loans
from .shocks import shocks as shocks
