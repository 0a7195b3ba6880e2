"""Trainings outside the portal: kind, document, scan, who told of them and who confirmed.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('training', sa.Column('kind', sa.Enum('advanced', 'retraining', name='programkind', native_enum=False, create_constraint=True, length=24), server_default='advanced', nullable=False))
    op.add_column('training', sa.Column('document_kind', sa.Enum('certificate', 'evidence', 'diploma', 'other', name='pastdocument', native_enum=False, create_constraint=True, length=24), nullable=True))
    op.add_column('training', sa.Column('source', sa.Enum('worker', 'staff', 'list', 'voucher', name='trainingsource', native_enum=False, create_constraint=True, length=24), server_default='staff', nullable=False))
    op.add_column('training', sa.Column('status', sa.Enum('pending', 'confirmed', 'rejected', name='trainingstatus', native_enum=False, create_constraint=True, length=24), server_default='pending', nullable=False))
    op.add_column('training', sa.Column('reason_text', sa.String(length=1000), nullable=True))
    op.add_column('training', sa.Column('entered_by_id', sa.Integer(), nullable=True))
    op.add_column('training', sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False))
    op.add_column('training', sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('training', sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('training', sa.Column('decided_by_id', sa.Integer(), nullable=True))
    # until now only lists of чеки came confirmed; what else was confirmed keeps it
    op.execute("UPDATE training SET status = 'confirmed' WHERE confirmed")
    op.execute("UPDATE training SET source = 'voucher' FROM voucher_block b WHERE b.training_id = training.id AND confirmed")
    op.execute("UPDATE training SET source = 'list' WHERE imported")
    op.execute("UPDATE training SET decided_by_id = confirmed_by_id")
    op.create_foreign_key(op.f('fk_training_entered_by_id'), 'training', 'ab_user', ['entered_by_id'], ['id'])
    op.create_foreign_key(op.f('fk_training_decided_by_id'), 'training', 'ab_user', ['decided_by_id'], ['id'])
    op.create_index(op.f('ix_training_scan_id'), 'training', ['scan_id'], unique=False)
    op.create_index('ix_training_waiting', 'training', ['submitted_at', 'id'], unique=False, postgresql_where=sa.text("status = 'pending'"))
    op.drop_constraint(op.f('fk_training_confirmed_by_id'), 'training', type_='foreignkey')
    op.drop_column('training', 'confirmed_by_id')
    op.drop_column('training', 'confirmed')
    op.drop_column('training', 'imported')


def downgrade() -> None:
    op.add_column('training', sa.Column('imported', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('training', sa.Column('confirmed', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('training', sa.Column('confirmed_by_id', sa.Integer(), nullable=True))
    op.create_foreign_key(op.f('fk_training_confirmed_by_id'), 'training', 'ab_user', ['confirmed_by_id'], ['id'])
    op.execute("UPDATE training SET confirmed = status = 'confirmed', imported = source = 'list', confirmed_by_id = decided_by_id")
    op.drop_index('ix_training_waiting', table_name='training', postgresql_where=sa.text("status = 'pending'"))
    op.drop_index(op.f('ix_training_scan_id'), table_name='training')
    op.drop_constraint(op.f('fk_training_decided_by_id'), 'training', type_='foreignkey')
    op.drop_constraint(op.f('fk_training_entered_by_id'), 'training', type_='foreignkey')
    for name in ('decided_by_id', 'decided_at', 'submitted_at', 'created_at', 'entered_by_id', 'reason_text', 'status', 'source', 'document_kind', 'kind'):
        op.drop_column('training', name)
