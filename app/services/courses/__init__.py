"""Courses: programs and their catalogue, groups with dates and results, enrolment with seats and the waiting list."""
