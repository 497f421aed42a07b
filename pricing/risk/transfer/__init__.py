"""One project on the same paths under many financings: operations once per path, financing layers on one ledger, losses by holder."""
