"""One person, one card: what touches every row of a person in whatever area it stands."""
