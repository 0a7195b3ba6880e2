"""What every page is made of: the base of generated views, lists, cards, forms, lookups, the life of a request."""
