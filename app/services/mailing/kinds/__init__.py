"""Words of each kind of letters, by area; ``services.mailing.letter_kinds`` gathers them."""
