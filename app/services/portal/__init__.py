"""The base of every service: transitions, records, numbers, files, settings, working days, the acting user, the question for strangers."""
