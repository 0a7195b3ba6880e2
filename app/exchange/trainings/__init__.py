"""Lists of trainings outside the portal."""
