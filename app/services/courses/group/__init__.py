"""Groups: dates, schedule, quotas, attendance, results, what jobs do with groups."""
