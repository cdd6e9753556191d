"""How fast is it, and against what? `python -m benchmarks` prints the tables."""
