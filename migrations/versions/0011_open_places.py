"""A place of work with an end in advance waits for its confirmation like any other: the index of the queue says so too.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # people are found by ix_employment_employee_id; the part of it without an end served nothing else
    op.drop_index('ix_employment_live', table_name='employment', postgresql_where=sa.text('ended_on IS NULL'))
    op.drop_index('ix_employment_waiting', table_name='employment', postgresql_where=sa.text("status = 'unconfirmed' AND ended_on IS NULL"))
    op.create_index('ix_employment_waiting', 'employment', ['changed_at', 'id'], unique=False, postgresql_where=sa.text("status = 'unconfirmed'"))


def downgrade() -> None:
    op.drop_index('ix_employment_waiting', table_name='employment', postgresql_where=sa.text("status = 'unconfirmed'"))
    op.create_index('ix_employment_waiting', 'employment', ['changed_at', 'id'], unique=False, postgresql_where=sa.text("status = 'unconfirmed' AND ended_on IS NULL"))
    op.create_index('ix_employment_live', 'employment', ['employee_id'], unique=False, postgresql_where=sa.text('ended_on IS NULL'))
