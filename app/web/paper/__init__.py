"""Pages of papers: documents, printing, templates, blanks, registries, ФИС ФРДО."""
