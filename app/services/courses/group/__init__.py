"""Groups: dates, schedule, quotas, attendance, results, what the portal does by itself."""
