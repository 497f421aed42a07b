"""The double-entry ledger: a plan of postings known before the run, arrays of amounts, statements, checks."""
