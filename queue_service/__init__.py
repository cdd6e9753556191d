"""A counter queue and appointment system for offices that serve people at windows."""

__version__ = "0.1.0"
