"""Enrolment: seats and blocks, the waiting list, transfers, invitations, what people are told of it."""
