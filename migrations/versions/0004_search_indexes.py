"""Indexes for the search everywhere: numbers of groups and documents are walked from what was typed.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_training_group_number", "training_group", ["number", "id"])
    op.create_index("ix_certificate_number", "certificate", ["number", "id"])


def downgrade() -> None:
    op.drop_index("ix_certificate_number", table_name="certificate")
    op.drop_index("ix_training_group_number", table_name="training_group")
