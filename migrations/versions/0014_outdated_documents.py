"""Facts of an issued document that were corrected after issuing.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('certificate', sa.Column('outdated', sa.String(length=1000), nullable=True))
    op.create_index('ix_certificate_outdated', 'certificate', ['organizer_id'], postgresql_where=sa.text('outdated IS NOT NULL'))


def downgrade() -> None:
    op.drop_index('ix_certificate_outdated', table_name='certificate')
    op.drop_column('certificate', 'outdated')
