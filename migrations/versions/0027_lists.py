"""Lists: rows high or low as the user wants, indexes that the ready tabs are counted by.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('list_preference', sa.Column('roomy', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_index('ix_enrolment_status', 'enrolment', ['status', 'id'])
    op.create_index('ix_certificate_gone', 'certificate', ['id'], postgresql_where=sa.text("status <> 'issued'"))


def downgrade() -> None:
    op.drop_index('ix_certificate_gone', table_name='certificate')
    op.drop_index('ix_enrolment_status', table_name='enrolment')
    op.drop_column('list_preference', 'roomy')
