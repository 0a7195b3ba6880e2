"""Enrolment: the catalogue, seats and quotas, the waiting list, transfers, invitations, letters about them."""
