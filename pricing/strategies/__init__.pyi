from .shocks import shocks as shocks
