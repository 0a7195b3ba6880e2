"""Blanks of strict accounting: taken, spoiled, written off, counted."""
