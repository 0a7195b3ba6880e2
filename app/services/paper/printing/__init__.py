"""How papers are printed: templates with their versions, the snapshot of a document, which are printed together."""
