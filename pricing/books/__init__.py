"""Books: frames of contracts in, frames of values out; a bad row is kept with its reason and the rest are priced."""
