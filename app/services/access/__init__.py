"""Signing in and roles: registration, accounts, passwords, the second factor, «смотреть как»."""
