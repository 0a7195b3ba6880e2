"""Laws that let only some organizers run programs of some kinds, with the organizers of their closed lists.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def _words(name: str) -> sa.Column:
    return sa.Column(name, postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)


def upgrade() -> None:
    op.create_table(
        'organizer_rule',
        sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column('code', sa.String(length=40), nullable=False),
        sa.Column('title', sa.String(length=255), nullable=False),
        sa.Column('basis', sa.String(length=1000), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('valid_to', sa.Date(), nullable=True),
        _words('program_kinds'),
        _words('position_kinds'),
        _words('ownerships'),
        sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name=op.f('ck_organizer_rule_dates')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_organizer_rule')),
        sa.UniqueConstraint('code', name=op.f('uq_organizer_rule_code')),
    )
    op.create_table(
        'organizer_rule_organization_type',
        sa.Column('organizer_rule_id', sa.Integer(), nullable=False),
        sa.Column('organization_type_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['organization_type_id'], ['organization_type.id'],
            name=op.f('fk_organizer_rule_organization_type_organization_type_id')),
        sa.ForeignKeyConstraint(['organizer_rule_id'], ['organizer_rule.id'],
            name=op.f('fk_organizer_rule_organization_type_organizer_rule_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('organizer_rule_id', 'organization_type_id', name=op.f('pk_organizer_rule_organization_type')),
    )
    op.create_index(op.f('ix_organizer_rule_organization_type_organization_type_id'), 'organizer_rule_organization_type',
        ['organization_type_id'])
    op.create_table(
        'organizer_exception',
        sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column('rule_id', sa.Integer(), nullable=False),
        sa.Column('organization_id', sa.Integer(), nullable=False),
        sa.Column('ground', sa.String(length=1000), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('valid_to', sa.Date(), nullable=True),
        sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name=op.f('ck_organizer_exception_dates')),
        sa.ForeignKeyConstraint(['organization_id'], ['organization.id'],
            name=op.f('fk_organizer_exception_organization_id')),
        sa.ForeignKeyConstraint(['rule_id'], ['organizer_rule.id'], name=op.f('fk_organizer_exception_rule_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_organizer_exception')),
        sa.UniqueConstraint('rule_id', 'organization_id', 'valid_from',
            name=op.f('uq_organizer_exception_rule_id_organization_id_valid_from')),
    )
    op.create_index(op.f('ix_organizer_exception_organization_id'), 'organizer_exception', ['organization_id'])


def downgrade() -> None:
    op.drop_table('organizer_exception')
    op.drop_table('organizer_rule_organization_type')
    op.drop_table('organizer_rule')
