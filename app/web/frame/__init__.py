"""The base of every page: generated views, lists, cards, forms, lookups, the life of a request."""
