"""Papers: documents, orders, blanks, templates, printing, registries, ФИС ФРДО, the public check, corrections after issue."""
