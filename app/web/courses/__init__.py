"""Pages of courses: programs, the catalogue, groups, enrolments, schedule, attendance, results, orders."""
