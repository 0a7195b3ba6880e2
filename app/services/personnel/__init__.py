"""People of the region: their cards, places of work, trainings, consents, who answers for them."""
