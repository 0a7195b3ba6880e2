"""Lists of чеки issued before the portal."""
