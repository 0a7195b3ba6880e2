"""Planning of the next year: campaigns, what organizers offer, what people choose, what comes of it (order § 3.1, 3.3–3.5)."""
