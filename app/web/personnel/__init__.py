"""Pages about people: the staff card, corrections, moves, duplicates, trainings, consents, lists from Excel."""
