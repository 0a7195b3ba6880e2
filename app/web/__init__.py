"""Everything that speaks HTTP: request life cycle, the one base of generated views, forms, cards, public pages."""
