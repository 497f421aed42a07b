"""The month of a project facility, step by step: the readable statement that the kernel is tested against."""
