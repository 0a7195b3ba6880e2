"""Corrections of diplomas and attestations, accepted in part; the consent asked at the first entrance.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def _allow(*statuses: str) -> None:
    name = op.f("ck_change_request_changestatus")
    op.drop_constraint(name, "change_request", type_="check")
    listed = ", ".join(f"'{status}'" for status in statuses)
    op.create_check_constraint(name, "change_request", f"status IN ({listed})")


def upgrade() -> None:
    op.add_column("ab_user", sa.Column("must_consent", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    table = "change_request"
    op.add_column(table, sa.Column("subject_table", sa.String(40), server_default="employee", nullable=False))
    op.add_column(table, sa.Column("subject_id", sa.Integer(), nullable=True))
    op.add_column(table, sa.Column("accepted", JSONB(), nullable=True))
    op.add_column(table, sa.Column("scan_id", sa.Integer(), nullable=True))
    op.create_foreign_key(op.f("fk_change_request_scan_id"), table, "stored_file", ["scan_id"], ["id"])
    _allow("proposed", "accepted", "partly", "declined", "withdrawn")


def downgrade() -> None:
    op.execute("UPDATE change_request SET status = 'accepted' WHERE status = 'partly'")
    _allow("proposed", "accepted", "declined", "withdrawn")
    for column in ("scan_id", "accepted", "subject_id", "subject_table"):
        op.drop_column("change_request", column)
    op.drop_column("ab_user", "must_consent")
