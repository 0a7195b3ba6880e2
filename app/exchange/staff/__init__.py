"""The staff list of a school: people, their places of work and diplomas."""
