"""Papers: receipts and acts of blanks, versions of templates, duplicates, handing over, batches of ФИС ФРДО, saved registries.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('template_file',
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_template_file'))
    )
    op.create_table('blank_act',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('year', sa.SmallInteger(), nullable=False),
    sa.Column('acted_on', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(length=1000), nullable=False),
    sa.Column('commission', sa.String(length=1000), nullable=True),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['ab_user.id'], name=op.f('fk_blank_act_created_by_id')),
    sa.ForeignKeyConstraint(['organizer_id'], ['organization.id'], name=op.f('fk_blank_act_organizer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_blank_act')),
    sa.UniqueConstraint('organizer_id', 'year', 'number', name=op.f('uq_blank_act_organizer_id_year_number'))
    )
    op.create_table('blank_receipt',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('certificate', 'diploma', 'training_note', 'study_period_note', name='certificatekind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('series', sa.String(length=20), nullable=False),
    sa.Column('first', sa.String(length=30), nullable=False),
    sa.Column('last', sa.String(length=30), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('document', sa.String(length=255), nullable=True),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("first ~ '^[0-9]+$' AND last ~ '^[0-9]+$' AND length(first) = length(last)", name=op.f('ck_blank_receipt_numbers')),
    sa.CheckConstraint('quantity BETWEEN 1 AND 10000', name=op.f('ck_blank_receipt_quantity')),
    sa.ForeignKeyConstraint(['created_by_id'], ['ab_user.id'], name=op.f('fk_blank_receipt_created_by_id')),
    sa.ForeignKeyConstraint(['organizer_id'], ['organization.id'], name=op.f('fk_blank_receipt_organizer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_blank_receipt'))
    )
    op.create_index(op.f('ix_blank_receipt_organizer_id'), 'blank_receipt', ['organizer_id'], unique=False)
    op.create_table('frdo_template',
    sa.Column('organizer_id', sa.Integer(), nullable=False),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('lists', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('uploaded_by_id', sa.Integer(), nullable=True),
    sa.Column('uploaded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['organizer_id'], ['organization.id'], name=op.f('fk_frdo_template_organizer_id')),
    sa.ForeignKeyConstraint(['uploaded_by_id'], ['ab_user.id'], name=op.f('fk_frdo_template_uploaded_by_id')),
    sa.PrimaryKeyConstraint('organizer_id', name=op.f('pk_frdo_template'))
    )
    op.create_table('print_setting',
    sa.Column('organizer_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('mode', sa.Enum('page', 'blank', name='printmode', native_enum=False, create_constraint=True, length=24), server_default='page', nullable=False),
    sa.Column('offset_x', sa.Numeric(precision=4, scale=1), server_default=sa.text('0'), nullable=False),
    sa.Column('offset_y', sa.Numeric(precision=4, scale=1), server_default=sa.text('0'), nullable=False),
    sa.CheckConstraint('abs(offset_x) <= 50 AND abs(offset_y) <= 50', name=op.f('ck_print_setting_offsets')),
    sa.ForeignKeyConstraint(['organizer_id'], ['organization.id'], name=op.f('fk_print_setting_organizer_id')),
    sa.PrimaryKeyConstraint('organizer_id', 'code', name=op.f('pk_print_setting'))
    )
    op.create_table('print_template',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.SmallInteger(), nullable=False),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('note', sa.String(length=1000), nullable=True),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['ab_user.id'], name=op.f('fk_print_template_created_by_id')),
    sa.ForeignKeyConstraint(['organizer_id'], ['organization.id'], name=op.f('fk_print_template_organizer_id')),
    sa.ForeignKeyConstraint(['sha256'], ['template_file.sha256'], name=op.f('fk_print_template_sha256')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_print_template'))
    )
    op.create_index(op.f('ix_print_template_organizer_id'), 'print_template', ['organizer_id'], unique=False)
    op.create_index('uq_print_template_active', 'print_template', ['code', sa.literal_column('coalesce(organizer_id, 0)')], unique=True, postgresql_where=sa.text('active'))
    op.create_index('uq_print_template_version', 'print_template', ['code', sa.literal_column('coalesce(organizer_id, 0)'), 'version'], unique=True)
    op.create_table('saved_registry',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('parameters', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('schedule', sa.Enum('never', 'daily', 'weekly', 'monthly', name='schedule', native_enum=False, create_constraint=True, length=24), server_default='never', nullable=False),
    sa.Column('next_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_saved_registry_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_registry')),
    sa.UniqueConstraint('user_id', 'code', 'title', name=op.f('uq_saved_registry_user_id_code_title'))
    )
    op.create_index('ix_saved_registry_next', 'saved_registry', ['next_on'], unique=False, postgresql_where=sa.text('next_on IS NOT NULL'))
    op.create_table('frdo_batch',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.SmallInteger(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('period_from', sa.Date(), nullable=False),
    sa.Column('period_to', sa.Date(), nullable=False),
    sa.Column('rows_count', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('formed', 'sent', 'answered', 'cancelled', name='frdobatchstatus', native_enum=False, create_constraint=True, length=24), server_default='formed', nullable=False),
    sa.Column('reason_text', sa.String(length=1000), nullable=True),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['ab_user.id'], name=op.f('fk_frdo_batch_created_by_id')),
    sa.ForeignKeyConstraint(['organizer_id'], ['organization.id'], name=op.f('fk_frdo_batch_organizer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_frdo_batch')),
    sa.UniqueConstraint('organizer_id', 'year', 'number', name=op.f('uq_frdo_batch_organizer_id_year_number'))
    )
    op.create_table('frdo_row',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('batch_id', sa.Integer(), nullable=False),
    sa.Column('certificate_id', sa.Integer(), nullable=False),
    sa.Column('row_number', sa.Integer(), nullable=False),
    sa.Column('values', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('answer', sa.Enum('none', 'accepted', 'rejected', name='frdoanswer', native_enum=False, create_constraint=True, length=24), server_default='none', nullable=False),
    sa.Column('answer_text', sa.String(length=1000), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['frdo_batch.id'], name=op.f('fk_frdo_row_batch_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['certificate_id'], ['certificate.id'], name=op.f('fk_frdo_row_certificate_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_frdo_row')),
    sa.UniqueConstraint('batch_id', 'certificate_id', name=op.f('uq_frdo_row_batch_id_certificate_id')),
    sa.UniqueConstraint('batch_id', 'row_number', name=op.f('uq_frdo_row_batch_id_row_number'))
    )
    op.create_index(op.f('ix_frdo_row_certificate_id'), 'frdo_row', ['certificate_id'], unique=False)
    op.add_column('blank', sa.Column('kind', sa.Enum('certificate', 'diploma', 'training_note', 'study_period_note', name='certificatekind', native_enum=False, create_constraint=True, length=24), server_default='certificate', nullable=False))
    op.add_column('blank', sa.Column('receipt_id', sa.Integer(), nullable=True))
    op.add_column('blank', sa.Column('act_id', sa.Integer(), nullable=True))
    op.add_column('blank', sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False))
    op.create_index(op.f('ix_blank_act_id'), 'blank', ['act_id'], unique=False)
    op.create_index('ix_blank_number', 'blank', ['number'], unique=False, postgresql_ops={'number': 'varchar_pattern_ops'})
    op.create_index(op.f('ix_blank_receipt_id'), 'blank', ['receipt_id'], unique=False)
    op.create_index('ix_blank_stock', 'blank', ['organizer_id', 'kind', 'series', 'number'], unique=False, postgresql_where=sa.text("status = 'stock'"))
    op.create_foreign_key(op.f('fk_blank_receipt_id'), 'blank', 'blank_receipt', ['receipt_id'], ['id'])
    op.create_foreign_key(op.f('fk_blank_act_id'), 'blank', 'blank_act', ['act_id'], ['id'])
    op.add_column('certificate', sa.Column('ground', sa.Enum('lost', 'damaged', 'exchanged', name='duplicateground', native_enum=False, create_constraint=True, length=24), nullable=True))
    op.add_column('certificate', sa.Column('handing', sa.Enum('person', 'proxy', 'post', name='handing', native_enum=False, create_constraint=True, length=24), nullable=True))
    op.add_column('certificate', sa.Column('handed_on', sa.Date(), nullable=True))
    op.add_column('certificate', sa.Column('handed_to', sa.String(length=255), nullable=True))
    op.create_index(op.f('ix_certificate_original_id'), 'certificate', ['original_id'], unique=False)
    op.add_column('employee', sa.Column('name_genitive', sa.String(length=255), nullable=True))
    op.add_column('employee', sa.Column('name_accusative', sa.String(length=255), nullable=True))
    op.add_column('registry', sa.Column('created_by_id', sa.Integer(), nullable=True))
    op.add_column('registry', sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('registry', sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('registry', sa.Column('decided_by_id', sa.Integer(), nullable=True))
    op.create_foreign_key(op.f('fk_registry_created_by_id'), 'registry', 'ab_user', ['created_by_id'], ['id'])
    op.create_foreign_key(op.f('fk_registry_decided_by_id'), 'registry', 'ab_user', ['decided_by_id'], ['id'])
    op.add_column('training', sa.Column('confirmed_by_id', sa.Integer(), nullable=True))
    op.add_column('training', sa.Column('imported', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('training', sa.Column('scan_id', sa.Integer(), nullable=True))
    op.create_foreign_key(op.f('fk_training_confirmed_by_id'), 'training', 'ab_user', ['confirmed_by_id'], ['id'])
    op.create_foreign_key(op.f('fk_training_scan_id'), 'training', 'stored_file', ['scan_id'], ['id'])


def downgrade() -> None:
    op.drop_constraint(op.f('fk_training_scan_id'), 'training', type_='foreignkey')
    op.drop_constraint(op.f('fk_training_confirmed_by_id'), 'training', type_='foreignkey')
    op.drop_column('training', 'scan_id')
    op.drop_column('training', 'imported')
    op.drop_column('training', 'confirmed_by_id')
    op.drop_constraint(op.f('fk_registry_decided_by_id'), 'registry', type_='foreignkey')
    op.drop_constraint(op.f('fk_registry_created_by_id'), 'registry', type_='foreignkey')
    op.drop_column('registry', 'decided_by_id')
    op.drop_column('registry', 'decided_at')
    op.drop_column('registry', 'sent_at')
    op.drop_column('registry', 'created_by_id')
    op.drop_column('employee', 'name_accusative')
    op.drop_column('employee', 'name_genitive')
    op.drop_index(op.f('ix_certificate_original_id'), table_name='certificate')
    op.drop_column('certificate', 'handed_to')
    op.drop_column('certificate', 'handed_on')
    op.drop_column('certificate', 'handing')
    op.drop_column('certificate', 'ground')
    op.drop_constraint(op.f('fk_blank_act_id'), 'blank', type_='foreignkey')
    op.drop_constraint(op.f('fk_blank_receipt_id'), 'blank', type_='foreignkey')
    op.drop_index('ix_blank_stock', table_name='blank', postgresql_where=sa.text("status = 'stock'"))
    op.drop_index(op.f('ix_blank_receipt_id'), table_name='blank')
    op.drop_index(op.f('ix_blank_act_id'), table_name='blank')
    op.drop_index('ix_blank_number', table_name='blank', postgresql_ops={'number': 'varchar_pattern_ops'})
    op.drop_column('blank', 'changed_at')
    op.drop_column('blank', 'act_id')
    op.drop_column('blank', 'receipt_id')
    op.drop_column('blank', 'kind')
    op.drop_index(op.f('ix_frdo_row_certificate_id'), table_name='frdo_row')
    op.drop_table('frdo_row')
    op.drop_table('frdo_batch')
    op.drop_index('ix_saved_registry_next', table_name='saved_registry', postgresql_where=sa.text('next_on IS NOT NULL'))
    op.drop_table('saved_registry')
    op.drop_index('uq_print_template_version', table_name='print_template')
    op.drop_index('uq_print_template_active', table_name='print_template', postgresql_where=sa.text('active'))
    op.drop_index(op.f('ix_print_template_organizer_id'), table_name='print_template')
    op.drop_table('print_template')
    op.drop_table('print_setting')
    op.drop_table('frdo_template')
    op.drop_index(op.f('ix_blank_receipt_organizer_id'), table_name='blank_receipt')
    op.drop_table('blank_receipt')
    op.drop_table('blank_act')
    op.drop_table('template_file')
