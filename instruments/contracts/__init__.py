"""One file per family of contract: terms only."""
