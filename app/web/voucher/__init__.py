"""Pages of чеки: applications, the чек itself, the rules."""
