"""Letters and notices: their kinds, texts, sending, digests."""
