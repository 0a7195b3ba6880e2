"""Enrolment: the catalogue, seats and quotas, the waiting list, transfers, invitations, what people are told of it."""
