"""A mistake found later: corrected with a reason; documents, registries and batches that follow are marked."""
