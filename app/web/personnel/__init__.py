"""Pages about people: the staff card, corrections, moves, doubles, trainings, consents, lists from Excel."""
