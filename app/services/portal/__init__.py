"""What every service stands on: transitions, records, numbers, files, settings, working days, background tasks."""
