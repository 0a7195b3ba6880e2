"""Trainings outside the portal, and the archive of a person's trainings."""
