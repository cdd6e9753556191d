"""Tests, as sentences. A package of its own name: some libraries install one called `tests` too."""
