"""The demo database: an invented but consistent piece of the region (``flask portal demo``).

``names`` and ``catalog`` invent people, organizations and programs; ``places``, ``staff``, ``records``, ``courses``,
``vouchers``, ``enrolments``, ``papers``, ``accounts`` and ``office`` turn them into rows; ``build`` puts these into an
empty database in one transaction.
Everything follows from the seed and the day: the same two give the same rows.
"""
