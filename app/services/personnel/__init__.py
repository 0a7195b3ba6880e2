"""People of the region: their cards, places of work, trainings, consents, and what becomes of them."""
