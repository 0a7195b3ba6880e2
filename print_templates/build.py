"""Builds the DOCX templates of this folder: ``python -m print_templates.build [folder]``.

The templates are ordinary Word files and may be edited in Word or LibreOffice; the modules of this folder are the reproducible
source of those that come with the portal: the same code gives the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from print_templates import (
    blank_act,
    certificates,
    group_papers,
    notes,
    orders,
    organization_plan,
    training_agreement,
    voucher,
)
from print_templates.pieces import to_bytes

#: file of a template → what builds it
PAPERS = {
    name: make
    for module in (certificates, notes, orders, voucher, blank_act, training_agreement, group_papers, organization_plan)
    for name, make in module.PAPERS.items()
}


def build(folder: Path) -> None:
    """Write every template into ``folder``."""
    for name, make in PAPERS.items():
        (folder / name).write_bytes(to_bytes(make()))


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
