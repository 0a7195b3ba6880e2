"""What left the portal (batches for ФИС ФРДО, registries) knows which of its rows changed afterwards.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

_OPEN = sa.text('amended_at IS NOT NULL AND settled_at IS NULL')


def _amendments() -> list[sa.Column]:
    return [
        sa.Column('amended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('amended_why', sa.String(length=1000), nullable=True),
        sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    ]


def upgrade() -> None:
    for column in _amendments():
        op.add_column('frdo_row', column)
    op.add_column(
        'frdo_row',
        sa.Column('action', sa.Enum('add', 'change', 'annul', name='frdoaction', native_enum=False, create_constraint=True, length=24), server_default='add', nullable=False),
    )
    op.add_column('frdo_batch', sa.Column('corrects_id', sa.Integer(), nullable=True))
    op.create_foreign_key(op.f('fk_frdo_batch_corrects_id'), 'frdo_batch', 'frdo_batch', ['corrects_id'], ['id'])
    op.create_index(op.f('ix_frdo_batch_corrects_id'), 'frdo_batch', ['corrects_id'], unique=False)
    op.add_column('registry', sa.Column('corrects_id', sa.Integer(), nullable=True))
    op.create_foreign_key(op.f('fk_registry_corrects_id'), 'registry', 'registry', ['corrects_id'], ['id'])
    op.create_index(op.f('ix_registry_corrects_id'), 'registry', ['corrects_id'], unique=False)
    op.create_index('ix_frdo_row_amended', 'frdo_row', ['batch_id'], unique=False, postgresql_where=_OPEN)
    op.create_table(
        'registry_row',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('registry_id', sa.Integer(), nullable=False),
        sa.Column('enrolment_id', sa.Integer(), nullable=False),
        *_amendments(),
        sa.ForeignKeyConstraint(['registry_id'], ['registry.id'], name=op.f('fk_registry_row_registry_id'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_registry_row_enrolment_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_registry_row')),
        sa.UniqueConstraint('registry_id', 'enrolment_id', name=op.f('uq_registry_row_registry_id_enrolment_id')),
    )
    op.create_index(op.f('ix_registry_row_enrolment_id'), 'registry_row', ['enrolment_id'], unique=False)
    op.create_index('ix_registry_row_amended', 'registry_row', ['registry_id'], unique=False, postgresql_where=_OPEN)
    # whom the registries of before report: those whose training ended within their days, as their files were made
    op.execute(
        """
        INSERT INTO registry_row (registry_id, enrolment_id)
        SELECT r.id, e.id FROM registry r
        JOIN training_group g ON g.organizer_id = r.organizer_id AND g.ends_on BETWEEN r.period_from AND r.period_to
        JOIN enrolment e ON e.group_id = g.id AND e.status = 'trained'
        """
    )


def downgrade() -> None:
    op.drop_table('registry_row')
    op.drop_index('ix_frdo_row_amended', table_name='frdo_row')
    op.drop_column('registry', 'corrects_id')
    op.drop_column('frdo_batch', 'corrects_id')
    op.drop_column('frdo_row', 'action')
    for column in reversed(_amendments()):
        op.drop_column('frdo_row', column.name)
