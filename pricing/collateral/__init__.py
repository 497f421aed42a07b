"""What a fleet is worth: book, income, orderly and forced value, never blended."""
