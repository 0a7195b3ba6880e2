"""Programs in editions with their parts, and the catalogue in which people find them."""
