"""Documents on training: issued, handed over, replaced, checked by anybody."""
