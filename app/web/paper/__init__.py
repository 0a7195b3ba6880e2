"""Pages of papers: documents, printing, templates, blanks (бланки), registries (реестры), ФИС ФРДО."""
