"""The interpreter of priorities of payments (`instruments.priority`): whole arrays of paths, one period at a time."""
