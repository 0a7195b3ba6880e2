"""One person, one card: work on all rows of a person, in every area."""
