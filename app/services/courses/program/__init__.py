"""Programs in editions with their parts, and the laws that leave some of them to some organizers."""
