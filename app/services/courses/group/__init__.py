"""Groups: dates, schedule, quotas, attendance, results, orders, what the portal does by itself."""
