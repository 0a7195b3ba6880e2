"""Pages of planning: the campaign, what is offered, what people choose, what comes of it."""
