"""Random streams and simulated paths. Blocks of 4,096 paths, the same bytes for any number of workers."""
