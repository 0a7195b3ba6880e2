"""Pages of vouchers (чеки): applications, the voucher itself, the rules."""
