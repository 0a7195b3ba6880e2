"""What every service stands on: transitions, records, numbers, files, settings, working days, who acts, the question for strangers."""
