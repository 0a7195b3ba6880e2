"""What is done: one function per business action, one transaction each (``@use_case``).

A service takes the acting user from ``access.current_actor()`` and plain values, checks the right together with the row,
and raises errors whose sentences are meant for the user. Nothing here knows HTTP, printing or Excel.
"""

# These modules register their rules on values with ``records``; a generated form obeys them only once they are loaded.
from app.services.courses.group import groups as groups
from app.services.courses.program import programs as programs
from app.services.personnel import people as people
