"""Quotas are found by their place: the catalogue asks which of them count for a person.

Revision ID: 0010
Revises: 0009
"""

from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f('ix_group_quota_organization_id'), 'group_quota', ['organization_id'], unique=False)
    op.create_index(op.f('ix_group_quota_territory_id'), 'group_quota', ['territory_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_group_quota_territory_id'), table_name='group_quota')
    op.drop_index(op.f('ix_group_quota_organization_id'), table_name='group_quota')
