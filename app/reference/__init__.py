"""Reference data of the region and of the federal lists as UTF-8 CSV files, and the one reader of them.

The files are the first content of the directories; afterwards the operator edits the rows in the portal. A cell that
holds several values separates them by ``|``; dates are ISO, flags are 0/1, an empty cell means «not set» (an empty
``term_months`` of an attestation kind means «бессрочно», an empty ``valid_to`` — «действует»).

Sources: positions — постановление Правительства РФ от 21.02.2022 № 225; organization types — 273-ФЗ ст. 23; attestation
kinds — приказ Минпросвещения России от 24.03.2023 № 196 (categories given before 01.09.2023 keep their five years);
municipalities — their administrative centres, coordinates to about a kilometre; voucher (чек) rules — приказ от 05.10.2006 № 52-од; ФИС ФРДО values — the «ДПО» template. Where the decree lists a
position with variants in brackets, the variants are synonyms; only «заместитель руководителя» has a row for each kind of
head, as papers name them. The decree names «преподаватель» in both of its pedagogical lists: here it is one row.
"""

from __future__ import annotations

import csv
from importlib import resources

SEPARATOR = "|"
TABLES = (
    "territories",
    "municipalities",
    "organization_types",
    "positions",
    "subjects",
    "education_levels",
    "attestation_kinds",
    "frdo_references",
    "refusal_reasons",
    "voucher_rules",
    "voucher_rule_blocks",
    "workday_corrections",
    "consent_texts",
    "organizer_rules",
)


def read(name: str) -> list[dict[str, str]]:
    """Return the rows of one reference table, column → text, in the order of the file.

    Raises KeyError for a table that is not in ``TABLES``, ValueError for a row with too many or too few cells.
    """
    header, *rows = _lines(name)
    return [dict(zip(header, row, strict=True)) for row in rows]


def columns(name: str) -> tuple[str, ...]:
    """Return the header of one reference table; raises KeyError for an unknown table."""
    return tuple(_lines(name)[0])


def split(cell: str) -> tuple[str, ...]:
    """Return the values of a cell that may hold several of them; an empty cell gives an empty tuple."""
    return tuple(part.strip() for part in cell.split(SEPARATOR) if part.strip())


def _lines(name: str) -> list[list[str]]:
    if name not in TABLES:
        raise KeyError(name)
    text = resources.files(__name__).joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines(), strict=True))
