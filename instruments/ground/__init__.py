"""The ground floor: what every other room stands on. It imports nothing of the house."""
