"""Laws: statements that must hold for a deal on any market inside a stated domain, checked by search."""
