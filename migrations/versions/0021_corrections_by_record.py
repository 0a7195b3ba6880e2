"""One correction waits for each record of a card, where one for the whole card did: a new phone need not wait for a diploma.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

NAME, TABLE, WAITS = 'uq_change_request_live', 'change_request', sa.text("status = 'proposed'")


def upgrade() -> None:
    op.drop_index(NAME, table_name=TABLE)
    op.create_index(
        NAME, TABLE, ['employee_id', 'subject_table', 'subject_id'],
        unique=True, postgresql_where=WAITS, postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    # of several that wait for one card the oldest goes on; the others are taken back
    op.execute(
        "UPDATE change_request later SET status = 'withdrawn' WHERE status = 'proposed' AND EXISTS"
        " (SELECT 1 FROM change_request first WHERE first.employee_id = later.employee_id AND first.status = 'proposed'"
        " AND first.id < later.id)"
    )
    op.drop_index(NAME, table_name=TABLE)
    op.create_index(NAME, TABLE, ['employee_id'], unique=True, postgresql_where=WAITS)
