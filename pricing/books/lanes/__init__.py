"""Array lanes: every row of one closed form in one call, equal to the contract's engine."""
