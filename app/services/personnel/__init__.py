"""People of the region: their cards, places of work, trainings, consents, and the users responsible for them."""
