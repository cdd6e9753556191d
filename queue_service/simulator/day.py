"""Replay (to come below)."""
