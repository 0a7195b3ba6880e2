"""Consents to the processing of personal data, and their texts by purpose."""
