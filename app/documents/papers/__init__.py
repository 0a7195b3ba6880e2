"""Papers: what each says of its facts, of one row, of many people, of a group, of a person."""
