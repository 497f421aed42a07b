"""Reverse stress: from a limit to the mildest shock that breaks it."""
