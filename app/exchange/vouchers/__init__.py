"""Lists of vouchers (чеки) issued before the portal."""
