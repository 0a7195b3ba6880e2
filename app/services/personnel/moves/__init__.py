"""Moves to another organization: both sides, the operator, the letters."""
