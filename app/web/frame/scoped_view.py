"""``ScopedModelView``: the one base of all generated views. It closes, once, every hole of stock FAB.

FAB generates the routes, permissions and forms from the model; this base answers them: rows only within the acting user's
scope (the session adds it), rights and rows of one role together, actions by POST on visible rows only, pages of bounded
size, no state between requests, every write through ``services.portal.records`` (one transaction with its journal entry),
and a Russian sentence for each refusal. A view itself is 8–15 lines of declarations.
"""

from __future__ import annotations

from app.web.frame.export_pages import ExportPages
from app.web.frame.form_pages import FormPages
from app.web.frame.list_pages import ListPages


class ScopedModelView(ListPages, FormPages, ExportPages):
    """Generated list, card, forms, deletion, actions and export of one table; see the module."""
