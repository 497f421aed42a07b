"""Risk of whole financings: who loses what."""
