"""Who comes in and as whom: registration, accounts, passwords, the second factor, roles, «смотреть как»."""
