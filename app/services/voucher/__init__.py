"""Vouchers (Именной образовательный чек): rules, applications, numbers, story, replacement, expiry."""
