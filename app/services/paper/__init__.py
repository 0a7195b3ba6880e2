"""Papers: documents of training, blanks, templates, printing, registries, ФИС ФРДО, the public check."""
