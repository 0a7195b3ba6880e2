"""The staff card: people, places of work, corrections, names and surnames, how complete the cards are, who counts as trained."""
