"""Offers that wait for the operator are found by an index: they stand in the queue of decisions.

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        'ix_plan_offer_waiting', 'plan_offer', ['created_at', 'id'], postgresql_where=sa.text("status = 'late'")
    )


def downgrade() -> None:
    op.drop_index('ix_plan_offer_waiting', 'plan_offer')
