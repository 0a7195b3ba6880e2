"""Tables of the portal and of FAB.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # on a server where the role may not create extensions the administrator creates them beforehand (README)
    op.execute('CREATE EXTENSION IF NOT EXISTS pg_trgm')
    op.execute('CREATE EXTENSION IF NOT EXISTS btree_gist')
    op.create_table('ab_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('label', sa.String(length=150), nullable=True),
    sa.Column('description', sa.String(length=512), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_group')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_group_name'))
    )
    op.create_table('ab_permission',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_permission')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_permission_name'))
    )
    op.create_table('ab_register_user',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('first_name', sa.String(length=64), nullable=False),
    sa.Column('last_name', sa.String(length=64), nullable=False),
    sa.Column('username', sa.String(length=128), nullable=False),
    sa.Column('password', sa.String(length=256), nullable=True),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('registration_date', sa.DateTime(), nullable=True),
    sa.Column('registration_hash', sa.String(length=256), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_register_user')),
    sa.UniqueConstraint('email', name=op.f('uq_ab_register_user_email')),
    sa.UniqueConstraint('username', name=op.f('uq_ab_register_user_username'))
    )
    op.create_table('ab_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_role')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_role_name'))
    )
    op.create_table('ab_view_menu',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=250), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_view_menu')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_view_menu_name'))
    )
    op.create_table('attestation_kind',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('is_category', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('term_months', sa.Integer(), nullable=True),
    sa.Column('since', sa.Date(), nullable=True),
    sa.Column('until', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attestation_kind')),
    sa.UniqueConstraint('code', name=op.f('uq_attestation_kind_code')),
    sa.UniqueConstraint('name', name=op.f('uq_attestation_kind_name'))
    )
    op.create_table('consent_text',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('required', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent_text')),
    sa.UniqueConstraint('purpose', 'number', name=op.f('uq_consent_text_purpose_number'))
    )
    op.create_table('education_level',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('frdo_value', sa.String(length=255), nullable=True),
    sa.Column('synonyms', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('ordering', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_education_level')),
    sa.UniqueConstraint('code', name=op.f('uq_education_level_code')),
    sa.UniqueConstraint('name', name=op.f('uq_education_level_name'))
    )
    op.create_table('employee',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('snils', sa.String(length=11), nullable=True),
    sa.Column('last_name', sa.String(length=100), nullable=False),
    sa.Column('first_name', sa.String(length=100), nullable=False),
    sa.Column('patronymic', sa.String(length=100), nullable=True),
    sa.Column('birth_date', sa.Date(), nullable=True),
    sa.Column('sex', sa.Enum('male', 'female', name='sex', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('citizenship', sa.String(length=3), server_default='643', nullable=False),
    sa.Column('email', sa.String(length=120), nullable=True),
    sa.Column('phone', sa.String(length=12), nullable=True),
    sa.Column('name_dative', sa.String(length=255), nullable=True),
    sa.Column('teaching_since', sa.Date(), nullable=True),
    sa.Column('working_since', sa.Date(), nullable=True),
    sa.Column('degree', sa.String(length=255), nullable=True),
    sa.Column('awards', sa.Text(), nullable=True),
    sa.Column('confirmed_actual_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('anonymized_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('sort', sa.Text(), sa.Computed("translate(lower(coalesce(last_name, '') || ' ' || coalesce(first_name, '') || ' ' || coalesce(patronymic, '')), 'ё', 'е')", persisted=True), nullable=False),
    sa.Column('search', postgresql.TSVECTOR(), sa.Computed("to_tsvector('simple'::regconfig, translate(lower(coalesce(last_name, '') || ' ' || coalesce(first_name, '') || ' ' || coalesce(patronymic, '') || ' ' || coalesce(snils, '')), 'ё', 'е'))", persisted=True), nullable=False),
    sa.CheckConstraint("birth_date BETWEEN DATE '1900-01-01' AND DATE '2100-01-01'", name=op.f('ck_employee_birth_date')),
    sa.CheckConstraint("citizenship ~ '^[0-9]{3}$'", name=op.f('ck_employee_citizenship')),
    sa.CheckConstraint("phone ~ '^[+]7[0-9]{10}$'", name=op.f('ck_employee_phone')),
    sa.CheckConstraint("snils ~ '^[0-9]{11}$'", name=op.f('ck_employee_snils')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_employee')),
    sa.UniqueConstraint('snils', name=op.f('uq_employee_snils'))
    )
    op.create_index('ix_employee_search', 'employee', ['search'], unique=False, postgresql_using='gin')
    op.create_index('ix_employee_sort', 'employee', ['sort', 'id'], unique=False)
    op.create_index('ix_employee_sort_birth_date', 'employee', ['sort', 'birth_date'], unique=False)
    op.create_index('ix_employee_sort_trgm', 'employee', ['sort'], unique=False, postgresql_using='gin', postgresql_ops={'sort': 'gin_trgm_ops'})
    op.create_table('frdo_reference',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('list_code', sa.String(length=40), nullable=False),
    sa.Column('value', sa.String(length=255), nullable=False),
    sa.Column('ordering', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_frdo_reference')),
    sa.UniqueConstraint('list_code', 'value', name=op.f('uq_frdo_reference_list_code_value'))
    )
    op.create_table('maintenance_window',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('announcement', sa.String(length=1000), nullable=False),
    sa.Column('status', sa.Enum('announced', 'active', 'ended', name='maintenancestatus', native_enum=False, create_constraint=True, length=24), server_default='announced', nullable=False),
    sa.Column('announced_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    postgresql.ExcludeConstraint((sa.text('tstzrange(starts_at, ends_at)'), '&&'), where=sa.text("status <> 'ended'"), using='gist', name='ex_maintenance_window_overlap'),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_maintenance_window_times')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_maintenance_window'))
    )
    op.create_table('municipality',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.Enum('city', 'district', name='municipalitykind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('oktmo', sa.String(length=11), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_municipality')),
    sa.UniqueConstraint('name', name=op.f('uq_municipality_name'))
    )
    op.create_table('news_item',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('kind', sa.Enum('news', 'law', 'courses', 'other_regions', 'manual', name='newskind', native_enum=False, create_constraint=True, length=24), server_default='news', nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('pinned', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('public', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('status', sa.Enum('draft', 'published', 'archived', name='newsstatus', native_enum=False, create_constraint=True, length=24), server_default='draft', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_news_item'))
    )
    op.create_index('ix_news_item_published', 'news_item', ['status', 'published_at'], unique=False)
    op.create_table('organization_type',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('short_name', sa.String(length=120), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organization_type')),
    sa.UniqueConstraint('code', name=op.f('uq_organization_type_code')),
    sa.UniqueConstraint('name', name=op.f('uq_organization_type_name'))
    )
    op.create_table('plan_campaign',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('year', sa.SmallInteger(), nullable=False),
    sa.Column('opens_on', sa.Date(), nullable=False),
    sa.Column('closes_on', sa.Date(), nullable=False),
    sa.Column('programs_until', sa.Date(), nullable=True),
    sa.CheckConstraint('opens_on <= closes_on', name=op.f('ck_plan_campaign_dates')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_campaign')),
    sa.UniqueConstraint('year', name=op.f('uq_plan_campaign_year'))
    )
    op.create_table('position',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.Enum('faculty', 'teaching', 'head', 'deputy', 'other', name='positionkind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('voucher_eligible', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('subject_required', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('synonyms', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_position')),
    sa.UniqueConstraint('name', name=op.f('uq_position_name'))
    )
    op.create_table('refusal_reason',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=40), nullable=False),
    sa.Column('text', sa.String(length=1000), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refusal_reason')),
    sa.UniqueConstraint('code', name=op.f('uq_refusal_reason_code'))
    )
    op.create_table('setting',
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_setting'))
    )
    op.create_table('subject',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('is_direction', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('synonyms', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subject')),
    sa.UniqueConstraint('name', name=op.f('uq_subject_name'))
    )
    op.create_table('territory',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('short_name', sa.String(length=120), nullable=False),
    sa.Column('kind', sa.Enum('ministry_body', 'city_department', name='territorykind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('head_name', sa.String(length=255), nullable=True),
    sa.Column('address', sa.String(length=255), nullable=True),
    sa.Column('phone', sa.String(length=120), nullable=True),
    sa.Column('email', sa.String(length=120), nullable=True),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_territory')),
    sa.UniqueConstraint('code', name=op.f('uq_territory_code')),
    sa.UniqueConstraint('name', name=op.f('uq_territory_name'))
    )
    op.create_table('voucher_rule',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('period_months', sa.Integer(), server_default=sa.text('36'), nullable=False),
    sa.Column('validity_months', sa.Integer(), server_default=sa.text('36'), nullable=False),
    sa.Column('decision_days', sa.Integer(), server_default=sa.text('5'), nullable=False),
    sa.Column('requires_confirmed_workplace', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('eligible_position_kinds', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('eligible_ownerships', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    postgresql.ExcludeConstraint((sa.text("daterange(valid_from, valid_to, '[]')"), '&&'), using='gist', name='ex_voucher_rule_overlap'),
    sa.CheckConstraint('period_months > 0 AND validity_months > 0 AND decision_days > 0', name=op.f('ck_voucher_rule_terms')),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name=op.f('ck_voucher_rule_dates')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voucher_rule')),
    sa.UniqueConstraint('title', name=op.f('uq_voucher_rule_title'))
    )
    op.create_table('workday_correction',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('is_working', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('reason', sa.String(length=255), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workday_correction')),
    sa.UniqueConstraint('day', name=op.f('uq_workday_correction_day'))
    )
    op.create_table('worker_heartbeat',
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_worker_heartbeat'))
    )
    op.create_table('ab_group_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.Column('role_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['group_id'], ['ab_group.id'], name=op.f('fk_ab_group_role_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], name=op.f('fk_ab_group_role_role_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_group_role')),
    sa.UniqueConstraint('group_id', 'role_id', name=op.f('uq_ab_group_role_group_id_role_id'))
    )
    op.create_index('idx_group_id', 'ab_group_role', ['group_id'], unique=False)
    op.create_index('idx_group_role_id', 'ab_group_role', ['role_id'], unique=False)
    op.create_table('ab_permission_view',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('permission_id', sa.Integer(), nullable=False),
    sa.Column('view_menu_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['permission_id'], ['ab_permission.id'], name=op.f('fk_ab_permission_view_permission_id')),
    sa.ForeignKeyConstraint(['view_menu_id'], ['ab_view_menu.id'], name=op.f('fk_ab_permission_view_view_menu_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_permission_view')),
    sa.UniqueConstraint('permission_id', 'view_menu_id', name=op.f('uq_ab_permission_view_permission_id_view_menu_id'))
    )
    op.create_index('idx_permission_id', 'ab_permission_view', ['permission_id'], unique=False)
    op.create_index('idx_view_menu_id', 'ab_permission_view', ['view_menu_id'], unique=False)
    op.create_table('ab_user',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('first_name', sa.String(length=64), nullable=False),
    sa.Column('last_name', sa.String(length=64), nullable=False),
    sa.Column('username', sa.String(length=128), nullable=False),
    sa.Column('password', sa.String(length=256), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=True),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('last_login', sa.DateTime(), nullable=True),
    sa.Column('login_count', sa.Integer(), nullable=True),
    sa.Column('fail_login_count', sa.Integer(), nullable=True),
    sa.Column('created_on', sa.DateTime(), nullable=True),
    sa.Column('changed_on', sa.DateTime(), nullable=True),
    sa.Column('created_by_fk', sa.Integer(), nullable=True),
    sa.Column('changed_by_fk', sa.Integer(), nullable=True),
    sa.Column('patronymic', sa.String(length=64), nullable=True),
    sa.Column('employee_id', sa.Integer(), nullable=True),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('must_change_password', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('session_epoch', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.ForeignKeyConstraint(['changed_by_fk'], ['ab_user.id'], name=op.f('fk_ab_user_changed_by_fk')),
    sa.ForeignKeyConstraint(['created_by_fk'], ['ab_user.id'], name=op.f('fk_ab_user_created_by_fk')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_ab_user_employee_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_user')),
    sa.UniqueConstraint('email', name=op.f('uq_ab_user_email')),
    sa.UniqueConstraint('employee_id', name=op.f('uq_ab_user_employee_id')),
    sa.UniqueConstraint('username', name=op.f('uq_ab_user_username'))
    )
    op.create_table('attestation',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('kind_id', sa.Integer(), nullable=False),
    sa.Column('position_id', sa.Integer(), nullable=True),
    sa.Column('subject_id', sa.Integer(), nullable=True),
    sa.Column('decision_date', sa.Date(), nullable=True),
    sa.Column('order_number', sa.String(length=120), nullable=True),
    sa.Column('order_date', sa.Date(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_until IS NULL OR valid_until >= valid_from', name=op.f('ck_attestation_dates')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_attestation_employee_id')),
    sa.ForeignKeyConstraint(['kind_id'], ['attestation_kind.id'], name=op.f('fk_attestation_kind_id')),
    sa.ForeignKeyConstraint(['position_id'], ['position.id'], name=op.f('fk_attestation_position_id')),
    sa.ForeignKeyConstraint(['subject_id'], ['subject.id'], name=op.f('fk_attestation_subject_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attestation'))
    )
    op.create_index(op.f('ix_attestation_employee_id'), 'attestation', ['employee_id'], unique=False)
    op.create_index(op.f('ix_attestation_kind_id'), 'attestation', ['kind_id'], unique=False)
    op.create_index('ix_attestation_valid_until', 'attestation', ['valid_until'], unique=False)
    op.create_table('former_name',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('last_name', sa.String(length=100), nullable=False),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('reason', sa.String(length=255), nullable=True),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_former_name_employee_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_former_name'))
    )
    op.create_index(op.f('ix_former_name_employee_id'), 'former_name', ['employee_id'], unique=False)
    op.create_table('notice',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.String(length=1000), nullable=False),
    sa.Column('href', sa.String(length=255), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_notice_employee_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice'))
    )
    op.create_index(op.f('ix_notice_employee_id'), 'notice', ['employee_id'], unique=False)
    op.create_index('ix_notice_unread', 'notice', ['employee_id'], unique=False, postgresql_where=sa.text('read_at IS NULL'))
    op.create_table('organization',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('full_name', sa.String(length=1000), nullable=False),
    sa.Column('short_name', sa.String(length=255), nullable=False),
    sa.Column('type_id', sa.Integer(), nullable=False),
    sa.Column('parent_id', sa.Integer(), nullable=True),
    sa.Column('territory_id', sa.Integer(), nullable=False),
    sa.Column('municipality_id', sa.Integer(), nullable=False),
    sa.Column('ownership', sa.Enum('regional', 'municipal', 'federal', 'private', name='ownership', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('inn', sa.String(length=12), nullable=True),
    sa.Column('kpp', sa.String(length=9), nullable=True),
    sa.Column('ogrn', sa.String(length=15), nullable=True),
    sa.Column('licence_number', sa.String(length=120), nullable=True),
    sa.Column('licence_date', sa.Date(), nullable=True),
    sa.Column('head_name', sa.String(length=255), nullable=True),
    sa.Column('head_position', sa.String(length=255), nullable=True),
    sa.Column('city', sa.String(length=120), nullable=True),
    sa.Column('address', sa.String(length=255), nullable=True),
    sa.Column('phone', sa.String(length=120), nullable=True),
    sa.Column('email', sa.String(length=120), nullable=True),
    sa.Column('website', sa.String(length=255), nullable=True),
    sa.Column('is_organizer', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('certificate_mask', sa.String(length=60), server_default='{number:04d}/{year}', nullable=False),
    sa.Column('secretary_name', sa.String(length=255), nullable=True),
    sa.Column('employer_agreement', sa.Enum('required', 'automatic', name='employeragreement', native_enum=False, create_constraint=True, length=24), server_default='required', nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('sort', sa.Text(), sa.Computed("translate(lower(coalesce(short_name, '')), 'ё', 'е')", persisted=True), nullable=False),
    sa.Column('search', postgresql.TSVECTOR(), sa.Computed("to_tsvector('simple'::regconfig, translate(lower(coalesce(short_name, '') || ' ' || coalesce(full_name, '') || ' ' || coalesce(inn, '')), 'ё', 'е'))", persisted=True), nullable=False),
    sa.CheckConstraint("inn ~ '^([0-9]{10}|[0-9]{12})$'", name=op.f('ck_organization_inn')),
    sa.CheckConstraint("kpp ~ '^[0-9]{4}[0-9A-Z]{2}[0-9]{3}$'", name=op.f('ck_organization_kpp')),
    sa.CheckConstraint("ogrn ~ '^([0-9]{13}|[0-9]{15})$'", name=op.f('ck_organization_ogrn')),
    sa.CheckConstraint('parent_id <> id', name=op.f('ck_organization_own_parent')),
    sa.ForeignKeyConstraint(['municipality_id'], ['municipality.id'], name=op.f('fk_organization_municipality_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['organization.id'], name=op.f('fk_organization_parent_id')),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], name=op.f('fk_organization_territory_id')),
    sa.ForeignKeyConstraint(['type_id'], ['organization_type.id'], name=op.f('fk_organization_type_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organization'))
    )
    op.create_index('ix_organization_inn_head', 'organization', ['inn'], unique=True, postgresql_where=sa.text('parent_id IS NULL'))
    op.create_index(op.f('ix_organization_municipality_id'), 'organization', ['municipality_id'], unique=False)
    op.create_index(op.f('ix_organization_parent_id'), 'organization', ['parent_id'], unique=False)
    op.create_index('ix_organization_search', 'organization', ['search'], unique=False, postgresql_using='gin')
    op.create_index('ix_organization_sort', 'organization', ['sort', 'id'], unique=False)
    op.create_index(op.f('ix_organization_territory_id'), 'organization', ['territory_id'], unique=False)
    op.create_index(op.f('ix_organization_type_id'), 'organization', ['type_id'], unique=False)
    op.create_table('qualification',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('level_id', sa.Integer(), nullable=False),
    sa.Column('institution', sa.String(length=255), nullable=True),
    sa.Column('speciality', sa.String(length=255), nullable=True),
    sa.Column('qualification_name', sa.String(length=255), nullable=True),
    sa.Column('series', sa.String(length=20), nullable=True),
    sa.Column('number', sa.String(length=30), nullable=True),
    sa.Column('year', sa.SmallInteger(), nullable=True),
    sa.Column('last_name', sa.String(length=100), nullable=True),
    sa.Column('is_pedagogical', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('is_main', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.CheckConstraint('year BETWEEN 1940 AND 2100', name=op.f('ck_qualification_year')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_qualification_employee_id')),
    sa.ForeignKeyConstraint(['level_id'], ['education_level.id'], name=op.f('fk_qualification_level_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_qualification'))
    )
    op.create_index(op.f('ix_qualification_employee_id'), 'qualification', ['employee_id'], unique=False)
    op.create_index(op.f('ix_qualification_level_id'), 'qualification', ['level_id'], unique=False)
    op.create_table('territory_municipality',
    sa.Column('territory_id', sa.Integer(), nullable=False),
    sa.Column('municipality_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['municipality_id'], ['municipality.id'], name=op.f('fk_territory_municipality_municipality_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], name=op.f('fk_territory_municipality_territory_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('territory_id', 'municipality_id', name=op.f('pk_territory_municipality'))
    )
    op.create_index(op.f('ix_territory_municipality_municipality_id'), 'territory_municipality', ['municipality_id'], unique=False)
    op.create_table('training',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('institution', sa.String(length=255), nullable=False),
    sa.Column('city', sa.String(length=120), nullable=True),
    sa.Column('hours', sa.Integer(), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=False),
    sa.Column('document_number', sa.String(length=120), nullable=True),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('confirmed', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.CheckConstraint('ended_on >= started_on', name=op.f('ck_training_dates')),
    sa.CheckConstraint('hours BETWEEN 1 AND 5000', name=op.f('ck_training_hours')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_training_employee_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_training'))
    )
    op.create_index(op.f('ix_training_employee_id'), 'training', ['employee_id'], unique=False)
    op.create_table('voucher_rule_block',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('rule_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.Enum('invariant', 'variable', name='blockkind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('hours_min', sa.Integer(), nullable=False),
    sa.Column('hours_max', sa.Integer(), nullable=False),
    sa.Column('required', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('ordering', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.CheckConstraint('0 < hours_min AND hours_min <= hours_max', name=op.f('ck_voucher_rule_block_hours')),
    sa.ForeignKeyConstraint(['rule_id'], ['voucher_rule.id'], name=op.f('fk_voucher_rule_block_rule_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voucher_rule_block')),
    sa.UniqueConstraint('rule_id', 'code', name=op.f('uq_voucher_rule_block_rule_id_code'))
    )
    op.create_index(op.f('ix_voucher_rule_block_rule_id'), 'voucher_rule_block', ['rule_id'], unique=False)
    op.create_table('ab_api_key',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(length=36), nullable=False),
    sa.Column('name', sa.String(length=256), nullable=False),
    sa.Column('key_hash', sa.String(length=256), nullable=False),
    sa.Column('lookup_hash', sa.String(length=256), nullable=True),
    sa.Column('key_prefix', sa.String(length=16), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('scopes', sa.Text(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_on', sa.DateTime(), nullable=True),
    sa.Column('expires_on', sa.DateTime(), nullable=True),
    sa.Column('revoked_on', sa.DateTime(), nullable=True),
    sa.Column('last_used_on', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_ab_api_key_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_api_key')),
    sa.UniqueConstraint('lookup_hash', name=op.f('uq_ab_api_key_lookup_hash')),
    sa.UniqueConstraint('uuid', name=op.f('uq_ab_api_key_uuid'))
    )
    op.create_index('idx_api_key_lookup_hash', 'ab_api_key', ['lookup_hash'], unique=True)
    op.create_index('idx_api_key_prefix', 'ab_api_key', ['key_prefix'], unique=False)
    op.create_index('idx_api_key_user_id', 'ab_api_key', ['user_id'], unique=False)
    op.create_table('ab_permission_view_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('permission_view_id', sa.Integer(), nullable=True),
    sa.Column('role_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['permission_view_id'], ['ab_permission_view.id'], name=op.f('fk_ab_permission_view_role_permission_view_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], name=op.f('fk_ab_permission_view_role_role_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_permission_view_role')),
    sa.UniqueConstraint('permission_view_id', 'role_id', name=op.f('uq_ab_permission_view_role_permission_view_id_role_id'))
    )
    op.create_index('idx_permission_view_id', 'ab_permission_view_role', ['permission_view_id'], unique=False)
    op.create_index('idx_role_id', 'ab_permission_view_role', ['role_id'], unique=False)
    op.create_table('ab_user_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['group_id'], ['ab_group.id'], name=op.f('fk_ab_user_group_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_ab_user_group_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_user_group')),
    sa.UniqueConstraint('user_id', 'group_id', name=op.f('uq_ab_user_group_user_id_group_id'))
    )
    op.create_index('idx_user_group_id', 'ab_user_group', ['group_id'], unique=False)
    op.create_index('idx_user_id', 'ab_user_group', ['user_id'], unique=False)
    op.create_table('ab_user_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('role_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], name=op.f('fk_ab_user_role_role_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_ab_user_role_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_user_role')),
    sa.UniqueConstraint('user_id', 'role_id', name=op.f('uq_ab_user_role_user_id_role_id'))
    )
    op.create_table('assignment',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=True),
    sa.Column('territory_id', sa.Integer(), nullable=True),
    sa.Column('basis', sa.String(length=255), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint("CASE WHEN role IN ('school', 'organizer') THEN organization_id IS NOT NULL AND territory_id IS NULL WHEN role = 'territory' THEN territory_id IS NOT NULL AND organization_id IS NULL ELSE organization_id IS NULL AND territory_id IS NULL END", name=op.f('ck_assignment_place')),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name=op.f('ck_assignment_dates')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_assignment_organization_id')),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], name=op.f('fk_assignment_territory_id')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_assignment_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assignment'))
    )
    op.create_index(op.f('ix_assignment_organization_id'), 'assignment', ['organization_id'], unique=False)
    op.create_index(op.f('ix_assignment_territory_id'), 'assignment', ['territory_id'], unique=False)
    op.create_index(op.f('ix_assignment_user_id'), 'assignment', ['user_id'], unique=False)
    op.create_index('uq_assignment_live', 'assignment', ['user_id', 'role', sa.literal_column('coalesce(organization_id, 0)'), sa.literal_column('coalesce(territory_id, 0)')], unique=True, postgresql_where=sa.text('valid_to IS NULL'))
    op.create_table('audit_entry',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('user_name', sa.String(length=255), nullable=False),
    sa.Column('role', sa.String(length=120), nullable=False),
    sa.Column('action', sa.String(length=120), nullable=False),
    sa.Column('object_table', sa.String(length=40), nullable=False),
    sa.Column('object_id', sa.Integer(), nullable=True),
    sa.Column('object_label', sa.String(length=255), nullable=False),
    sa.Column('changes', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('request_id', sa.String(length=40), nullable=True),
    sa.Column('address', sa.String(length=120), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_audit_entry_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry'))
    )
    op.create_index('ix_audit_entry_at', 'audit_entry', ['at'], unique=False)
    op.create_index('ix_audit_entry_object', 'audit_entry', ['object_table', 'object_id', 'id'], unique=False)
    op.create_index(op.f('ix_audit_entry_user_id'), 'audit_entry', ['user_id'], unique=False)
    op.create_table('blank',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=False),
    sa.Column('series', sa.String(length=20), nullable=False),
    sa.Column('number', sa.String(length=30), nullable=False),
    sa.Column('status', sa.Enum('stock', 'used', 'spoiled', name='blankstatus', native_enum=False, create_constraint=True, length=24), server_default='stock', nullable=False),
    sa.Column('reason_text', sa.String(length=1000), nullable=True),
    sa.ForeignKeyConstraint(['organizer_id'], ['organization.id'], name=op.f('fk_blank_organizer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_blank')),
    sa.UniqueConstraint('organizer_id', 'series', 'number', name=op.f('uq_blank_organizer_id_series_number'))
    )
    op.create_table('employment',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('position_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('main', 'secondary', name='employmentkind', native_enum=False, create_constraint=True, length=24), server_default='main', nullable=False),
    sa.Column('activity', sa.String(length=120), nullable=True),
    sa.Column('started_on', sa.Date(), nullable=False),
    sa.Column('position_since', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('status', sa.Enum('unconfirmed', 'confirmed', name='confirmationstatus', native_enum=False, create_constraint=True, length=24), server_default='unconfirmed', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    postgresql.ExcludeConstraint((sa.column('employee_id'), '='), (sa.text("daterange(started_on, ended_on, '[]')"), '&&'), where=sa.text("kind = 'main'"), using='gist', name='ex_employment_one_main'),
    sa.CheckConstraint('ended_on IS NULL OR ended_on >= started_on', name=op.f('ck_employment_dates')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_employment_employee_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_employment_organization_id')),
    sa.ForeignKeyConstraint(['position_id'], ['position.id'], name=op.f('fk_employment_position_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_employment')),
    sa.UniqueConstraint('id', 'employee_id', name=op.f('uq_employment_id_employee_id'))
    )
    op.create_index(op.f('ix_employment_employee_id'), 'employment', ['employee_id'], unique=False)
    op.create_index('ix_employment_live', 'employment', ['employee_id'], unique=False, postgresql_where=sa.text('ended_on IS NULL'))
    op.create_index('ix_employment_organization', 'employment', ['organization_id', 'employee_id'], unique=False)
    op.create_index(op.f('ix_employment_position_id'), 'employment', ['position_id'], unique=False)
    op.create_table('import_batch',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('rows', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('summary', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('status', sa.Enum('previewed', 'applied', 'cancelled', name='importstatus', native_enum=False, create_constraint=True, length=24), server_default='previewed', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_import_batch_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_batch'))
    )
    op.create_index(op.f('ix_import_batch_user_id'), 'import_batch', ['user_id'], unique=False)
    op.create_table('letter',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('recipient', sa.String(length=255), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('object_table', sa.String(length=40), nullable=True),
    sa.Column('object_id', sa.Integer(), nullable=True),
    sa.Column('status', sa.Enum('queued', 'sent', 'failed', 'aborted', name='letterstatus', native_enum=False, create_constraint=True, length=24), server_default='queued', nullable=False),
    sa.Column('attempts', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('last_error', sa.String(length=255), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('attempts >= 0', name=op.f('ck_letter_attempts')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_letter_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter'))
    )
    op.create_index('ix_letter_status', 'letter', ['status', 'id'], unique=False)
    op.create_index(op.f('ix_letter_user_id'), 'letter', ['user_id'], unique=False)
    op.create_table('number_series',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=True),
    sa.Column('year', sa.SmallInteger(), nullable=False),
    sa.Column('last', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.CheckConstraint('last >= 0', name=op.f('ck_number_series_last')),
    sa.ForeignKeyConstraint(['organizer_id'], ['organization.id'], name=op.f('fk_number_series_organizer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_number_series'))
    )
    op.create_index('uq_number_series', 'number_series', ['kind', sa.literal_column('coalesce(organizer_id, 0)'), 'year'], unique=True)
    op.create_table('program',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=30), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.Enum('advanced', 'retraining', name='programkind', native_enum=False, create_constraint=True, length=24), server_default='advanced', nullable=False),
    sa.Column('year', sa.SmallInteger(), nullable=False),
    sa.Column('hours', sa.Integer(), nullable=False),
    sa.Column('form', sa.Enum('full_time', 'mixed', 'correspondence', name='studyform', native_enum=False, create_constraint=True, length=24), server_default='full_time', nullable=False),
    sa.Column('distance', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('block', sa.Enum('invariant', 'variable', name='blockkind', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('annotation', sa.Text(), nullable=True),
    sa.Column('authors', sa.String(length=255), nullable=True),
    sa.Column('qualification_name', sa.String(length=255), nullable=True),
    sa.Column('area', sa.String(length=255), nullable=True),
    sa.Column('specialities_group', sa.String(length=255), nullable=True),
    sa.Column('funding', sa.String(length=255), nullable=True),
    sa.Column('status', sa.Enum('draft', 'submitted', 'returned', 'published', 'archived', name='programstatus', native_enum=False, create_constraint=True, length=24), server_default='draft', nullable=False),
    sa.Column('reason_text', sa.String(length=1000), nullable=True),
    sa.Column('previous_id', sa.Integer(), nullable=True),
    sa.Column('sort', sa.Text(), sa.Computed("translate(lower(coalesce(title, '')), 'ё', 'е')", persisted=True), nullable=False),
    sa.Column('search', postgresql.TSVECTOR(), sa.Computed("to_tsvector('simple'::regconfig, translate(lower(coalesce(title, '') || ' ' || coalesce(code, '')), 'ё', 'е'))", persisted=True), nullable=False),
    sa.CheckConstraint("CASE kind WHEN 'advanced' THEN hours BETWEEN 16 AND 249 ELSE hours >= 250 END", name=op.f('ck_program_hours')),
    sa.ForeignKeyConstraint(['organizer_id'], ['organization.id'], name=op.f('fk_program_organizer_id')),
    sa.ForeignKeyConstraint(['previous_id'], ['program.id'], name=op.f('fk_program_previous_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_program')),
    sa.UniqueConstraint('id', 'organizer_id', name=op.f('uq_program_id_organizer_id')),
    sa.UniqueConstraint('organizer_id', 'code', 'year', name=op.f('uq_program_organizer_id_code_year'))
    )
    op.create_index(op.f('ix_program_organizer_id'), 'program', ['organizer_id'], unique=False)
    op.create_index('ix_program_search', 'program', ['search'], unique=False, postgresql_using='gin')
    op.create_index('ix_program_sort', 'program', ['sort', 'id'], unique=False)
    op.create_table('registration',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('last_name', sa.String(length=100), nullable=False),
    sa.Column('first_name', sa.String(length=100), nullable=False),
    sa.Column('patronymic', sa.String(length=100), nullable=True),
    sa.Column('birth_date', sa.Date(), nullable=False),
    sa.Column('snils', sa.String(length=11), nullable=False),
    sa.Column('email', sa.String(length=120), nullable=False),
    sa.Column('phone', sa.String(length=12), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('position_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('employee_id', sa.Integer(), nullable=True),
    sa.Column('email_confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('status', sa.Enum('pending', 'confirmed', 'returned', name='registrationstatus', native_enum=False, create_constraint=True, length=24), server_default='pending', nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('reason_text', sa.String(length=1000), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_registration_employee_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_registration_organization_id')),
    sa.ForeignKeyConstraint(['position_id'], ['position.id'], name=op.f('fk_registration_position_id')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_registration_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration'))
    )
    op.create_index(op.f('ix_registration_organization_id'), 'registration', ['organization_id'], unique=False)
    op.create_index(op.f('ix_registration_user_id'), 'registration', ['user_id'], unique=False)
    op.create_index('uq_registration_pending', 'registration', ['snils'], unique=True, postgresql_where=sa.text("status IN ('pending', 'returned')"))
    op.create_table('report_form',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('definition', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('status', sa.Enum('draft', 'submitted', 'approved', 'retired', name='reportformstatus', native_enum=False, create_constraint=True, length=24), server_default='draft', nullable=False),
    sa.Column('reason_text', sa.String(length=1000), nullable=True),
    sa.Column('approved_by_id', sa.Integer(), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['approved_by_id'], ['ab_user.id'], name=op.f('fk_report_form_approved_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_form')),
    sa.UniqueConstraint('code', name=op.f('uq_report_form_code'))
    )
    op.create_table('stored_file',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('content_type', sa.String(length=120), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('path', sa.String(length=255), nullable=False),
    sa.Column('object_table', sa.String(length=40), nullable=False),
    sa.Column('object_id', sa.Integer(), nullable=True),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('size >= 0', name=op.f('ck_stored_file_size')),
    sa.ForeignKeyConstraint(['owner_id'], ['ab_user.id'], name=op.f('fk_stored_file_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stored_file')),
    sa.UniqueConstraint('path', name=op.f('uq_stored_file_path'))
    )
    op.create_index('ix_stored_file_object', 'stored_file', ['object_table', 'object_id'], unique=False)
    op.create_index(op.f('ix_stored_file_owner_id'), 'stored_file', ['owner_id'], unique=False)
    op.create_table('support_request',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('topic', sa.String(length=255), nullable=False),
    sa.Column('category', sa.String(length=40), nullable=False),
    sa.Column('status', sa.Enum('open', 'answered', 'closed', name='supportstatus', native_enum=False, create_constraint=True, length=24), server_default='open', nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['ab_user.id'], name=op.f('fk_support_request_author_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_support_request'))
    )
    op.create_index(op.f('ix_support_request_author_id'), 'support_request', ['author_id'], unique=False)
    op.create_table('access_request',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=True),
    sa.Column('territory_id', sa.Integer(), nullable=True),
    sa.Column('document_id', sa.Integer(), nullable=True),
    sa.Column('document_details', sa.String(length=255), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('status', sa.Enum('submitted', 'granted', 'rejected', 'revoked', name='accessrequeststatus', native_enum=False, create_constraint=True, length=24), server_default='submitted', nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('reason_text', sa.String(length=1000), nullable=True),
    sa.Column('assignment_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['assignment_id'], ['assignment.id'], name=op.f('fk_access_request_assignment_id')),
    sa.ForeignKeyConstraint(['document_id'], ['stored_file.id'], name=op.f('fk_access_request_document_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_access_request_organization_id')),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], name=op.f('fk_access_request_territory_id')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_access_request_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_access_request'))
    )
    op.create_index(op.f('ix_access_request_organization_id'), 'access_request', ['organization_id'], unique=False)
    op.create_index(op.f('ix_access_request_user_id'), 'access_request', ['user_id'], unique=False)
    op.create_table('background_job',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('parameters', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('status', sa.Enum('queued', 'running', 'done', 'failed', 'cancelled', name='jobstatus', native_enum=False, create_constraint=True, length=24), server_default='queued', nullable=False),
    sa.Column('done', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('total', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('message', sa.String(length=1000), nullable=True),
    sa.Column('file_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('0 <= done AND done <= total', name=op.f('ck_background_job_progress')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_background_job_file_id')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_background_job_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_background_job'))
    )
    op.create_index(op.f('ix_background_job_user_id'), 'background_job', ['user_id'], unique=False)
    op.create_table('consent',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('text_id', sa.Integer(), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('given_how', sa.String(length=40), nullable=False),
    sa.Column('address', sa.String(length=120), nullable=True),
    sa.Column('scan_id', sa.Integer(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_consent_employee_id')),
    sa.ForeignKeyConstraint(['scan_id'], ['stored_file.id'], name=op.f('fk_consent_scan_id')),
    sa.ForeignKeyConstraint(['text_id'], ['consent_text.id'], name=op.f('fk_consent_text_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent'))
    )
    op.create_index(op.f('ix_consent_employee_id'), 'consent', ['employee_id'], unique=False)
    op.create_index('uq_consent_live', 'consent', ['employee_id', 'text_id'], unique=True, postgresql_where=sa.text('withdrawn_at IS NULL'))
    op.create_table('employment_subject',
    sa.Column('employment_id', sa.Integer(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['employment_id'], ['employment.id'], name=op.f('fk_employment_subject_employment_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['subject_id'], ['subject.id'], name=op.f('fk_employment_subject_subject_id')),
    sa.PrimaryKeyConstraint('employment_id', 'subject_id', name=op.f('pk_employment_subject'))
    )
    op.create_index(op.f('ix_employment_subject_subject_id'), 'employment_subject', ['subject_id'], unique=False)
    op.create_table('program_module',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('hours', sa.Integer(), nullable=False),
    sa.Column('ordering', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.ForeignKeyConstraint(['program_id'], ['program.id'], name=op.f('fk_program_module_program_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_program_module'))
    )
    op.create_index(op.f('ix_program_module_program_id'), 'program_module', ['program_id'], unique=False)
    op.create_table('program_organization_type',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('organization_type_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_type_id'], ['organization_type.id'], name=op.f('fk_program_organization_type_organization_type_id')),
    sa.ForeignKeyConstraint(['program_id'], ['program.id'], name=op.f('fk_program_organization_type_program_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('program_id', 'organization_type_id', name=op.f('pk_program_organization_type'))
    )
    op.create_index(op.f('ix_program_organization_type_organization_type_id'), 'program_organization_type', ['organization_type_id'], unique=False)
    op.create_table('program_position',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('position_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['position_id'], ['position.id'], name=op.f('fk_program_position_position_id')),
    sa.ForeignKeyConstraint(['program_id'], ['program.id'], name=op.f('fk_program_position_program_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('program_id', 'position_id', name=op.f('pk_program_position'))
    )
    op.create_index(op.f('ix_program_position_position_id'), 'program_position', ['position_id'], unique=False)
    op.create_table('program_subject',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['program_id'], ['program.id'], name=op.f('fk_program_subject_program_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['subject_id'], ['subject.id'], name=op.f('fk_program_subject_subject_id')),
    sa.PrimaryKeyConstraint('program_id', 'subject_id', name=op.f('pk_program_subject'))
    )
    op.create_index(op.f('ix_program_subject_subject_id'), 'program_subject', ['subject_id'], unique=False)
    op.create_table('registry',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=False),
    sa.Column('period_from', sa.Date(), nullable=False),
    sa.Column('period_to', sa.Date(), nullable=False),
    sa.Column('rows_count', sa.Integer(), nullable=False),
    sa.Column('file_id', sa.Integer(), nullable=True),
    sa.Column('status', sa.Enum('formed', 'sent', 'accepted', 'returned', name='registrystatus', native_enum=False, create_constraint=True, length=24), server_default='formed', nullable=False),
    sa.Column('reason_text', sa.String(length=1000), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('period_to >= period_from', name=op.f('ck_registry_dates')),
    sa.CheckConstraint('rows_count >= 0', name=op.f('ck_registry_rows')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_registry_file_id')),
    sa.ForeignKeyConstraint(['organizer_id'], ['organization.id'], name=op.f('fk_registry_organizer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registry'))
    )
    op.create_index(op.f('ix_registry_organizer_id'), 'registry', ['organizer_id'], unique=False)
    op.create_table('support_message',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('request_id', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['ab_user.id'], name=op.f('fk_support_message_author_id')),
    sa.ForeignKeyConstraint(['request_id'], ['support_request.id'], name=op.f('fk_support_message_request_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_support_message'))
    )
    op.create_index(op.f('ix_support_message_request_id'), 'support_message', ['request_id'], unique=False)
    op.create_table('training_group',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=30), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('enrol_from', sa.Date(), nullable=False),
    sa.Column('enrol_until', sa.Date(), nullable=False),
    sa.Column('place', sa.String(length=255), nullable=False),
    sa.Column('schedule', sa.Text(), nullable=True),
    sa.Column('audience', sa.String(length=255), nullable=True),
    sa.Column('curator', sa.String(length=255), nullable=True),
    sa.Column('capacity', sa.Integer(), nullable=False),
    sa.Column('minimum', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('taken', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('status', sa.Enum('draft', 'open', 'closed', 'running', 'completed', 'cancelled', name='groupstatus', native_enum=False, create_constraint=True, length=24), server_default='draft', nullable=False),
    sa.Column('reason_text', sa.String(length=1000), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('0 < capacity AND 0 <= minimum AND minimum <= capacity', name=op.f('ck_training_group_capacity')),
    sa.CheckConstraint('0 <= taken AND taken <= capacity', name=op.f('ck_training_group_seats')),
    sa.CheckConstraint('enrol_from <= enrol_until AND enrol_until <= ends_on', name=op.f('ck_training_group_enrolment')),
    sa.CheckConstraint('starts_on <= ends_on', name=op.f('ck_training_group_dates')),
    sa.ForeignKeyConstraint(['organizer_id'], ['organization.id'], name=op.f('fk_training_group_organizer_id')),
    sa.ForeignKeyConstraint(['program_id', 'organizer_id'], ['program.id', 'program.organizer_id'], name=op.f('fk_training_group_program_id_organizer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_training_group')),
    sa.UniqueConstraint('organizer_id', 'number', name=op.f('uq_training_group_organizer_id_number'))
    )
    op.create_index(op.f('ix_training_group_program_id'), 'training_group', ['program_id'], unique=False)
    op.create_index('ix_training_group_status', 'training_group', ['status', 'starts_on'], unique=False)
    op.create_table('voucher_application',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('employment_id', sa.Integer(), nullable=False),
    sa.Column('rule_id', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('draft', 'submitted', 'returned', 'approved', 'rejected', 'withdrawn', name='applicationstatus', native_enum=False, create_constraint=True, length=24), server_default='draft', nullable=False),
    sa.Column('on_behalf_note', sa.String(length=1000), nullable=True),
    sa.Column('reason_text', sa.String(length=1000), nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['ab_user.id'], name=op.f('fk_voucher_application_created_by_id')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['ab_user.id'], name=op.f('fk_voucher_application_decided_by_id')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_voucher_application_employee_id')),
    sa.ForeignKeyConstraint(['employment_id', 'employee_id'], ['employment.id', 'employment.employee_id'], name=op.f('fk_voucher_application_employment_id_employee_id')),
    sa.ForeignKeyConstraint(['rule_id'], ['voucher_rule.id'], name=op.f('fk_voucher_application_rule_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voucher_application'))
    )
    op.create_index('ix_voucher_application_due', 'voucher_application', ['status', 'due_on'], unique=False)
    op.create_index(op.f('ix_voucher_application_employee_id'), 'voucher_application', ['employee_id'], unique=False)
    op.create_index('uq_voucher_application_live', 'voucher_application', ['employee_id'], unique=True, postgresql_where=sa.text("status IN ('draft', 'returned', 'submitted')"))
    op.create_table('group_meeting',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('topic', sa.String(length=255), nullable=True),
    sa.Column('place', sa.String(length=255), nullable=True),
    sa.Column('teacher', sa.String(length=255), nullable=True),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_group_meeting_times')),
    sa.ForeignKeyConstraint(['group_id'], ['training_group.id'], name=op.f('fk_group_meeting_group_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_group_meeting'))
    )
    op.create_index(op.f('ix_group_meeting_group_id'), 'group_meeting', ['group_id'], unique=False)
    op.create_table('plan_item',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('employment_id', sa.Integer(), nullable=False),
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('month', sa.SmallInteger(), nullable=True),
    sa.Column('status', sa.Enum('proposed', 'agreed', 'included', 'declined', name='planitemstatus', native_enum=False, create_constraint=True, length=24), server_default='proposed', nullable=False),
    sa.Column('reason_text', sa.String(length=1000), nullable=True),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('month BETWEEN 1 AND 12', name=op.f('ck_plan_item_month')),
    sa.ForeignKeyConstraint(['campaign_id'], ['plan_campaign.id'], name=op.f('fk_plan_item_campaign_id')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_plan_item_employee_id')),
    sa.ForeignKeyConstraint(['employment_id'], ['employment.id'], name=op.f('fk_plan_item_employment_id')),
    sa.ForeignKeyConstraint(['group_id'], ['training_group.id'], name=op.f('fk_plan_item_group_id')),
    sa.ForeignKeyConstraint(['program_id'], ['program.id'], name=op.f('fk_plan_item_program_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_item'))
    )
    op.create_index(op.f('ix_plan_item_employee_id'), 'plan_item', ['employee_id'], unique=False)
    op.create_index(op.f('ix_plan_item_program_id'), 'plan_item', ['program_id'], unique=False)
    op.create_index('uq_plan_item_live', 'plan_item', ['campaign_id', 'employee_id', 'program_id'], unique=True, postgresql_where=sa.text("status <> 'declined'"))
    op.create_table('survey',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=True),
    sa.Column('audience', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('anonymous', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.Column('opens_on', sa.Date(), nullable=True),
    sa.Column('closes_on', sa.Date(), nullable=True),
    sa.Column('requested_by_id', sa.Integer(), nullable=True),
    sa.Column('status', sa.Enum('requested', 'draft', 'published', 'closed', name='surveystatus', native_enum=False, create_constraint=True, length=24), server_default='draft', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('closes_on IS NULL OR closes_on >= opens_on', name=op.f('ck_survey_dates')),
    sa.ForeignKeyConstraint(['group_id'], ['training_group.id'], name=op.f('fk_survey_group_id')),
    sa.ForeignKeyConstraint(['requested_by_id'], ['ab_user.id'], name=op.f('fk_survey_requested_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey'))
    )
    op.create_index(op.f('ix_survey_group_id'), 'survey', ['group_id'], unique=False)
    op.create_table('voucher',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=True),
    sa.Column('rule_id', sa.Integer(), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=False),
    sa.Column('status', sa.Enum('active', 'used', 'expired', 'annulled', 'replaced', name='voucherstatus', native_enum=False, create_constraint=True, length=24), server_default='active', nullable=False),
    sa.Column('replaced_by_id', sa.Integer(), nullable=True),
    sa.Column('reason_text', sa.String(length=1000), nullable=True),
    sa.CheckConstraint('valid_until >= issued_on', name=op.f('ck_voucher_dates')),
    sa.ForeignKeyConstraint(['application_id'], ['voucher_application.id'], name=op.f('fk_voucher_application_id')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_voucher_employee_id')),
    sa.ForeignKeyConstraint(['replaced_by_id'], ['voucher.id'], name=op.f('fk_voucher_replaced_by_id')),
    sa.ForeignKeyConstraint(['rule_id'], ['voucher_rule.id'], name=op.f('fk_voucher_rule_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voucher')),
    sa.UniqueConstraint('application_id', name=op.f('uq_voucher_application_id')),
    sa.UniqueConstraint('number', name=op.f('uq_voucher_number'))
    )
    op.create_index(op.f('ix_voucher_employee_id'), 'voucher', ['employee_id'], unique=False)
    op.create_index('ix_voucher_valid_until', 'voucher', ['status', 'valid_until'], unique=False)
    op.create_index('uq_voucher_active', 'voucher', ['employee_id'], unique=True, postgresql_where=sa.text("status = 'active'"))
    op.create_table('survey_question',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('survey_id', sa.Integer(), nullable=False),
    sa.Column('ordering', sa.SmallInteger(), nullable=False),
    sa.Column('kind', sa.Enum('one', 'many', 'scale', 'text', 'number', name='questionkind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('text', sa.String(length=1000), nullable=False),
    sa.Column('options', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('required', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.ForeignKeyConstraint(['survey_id'], ['survey.id'], name=op.f('fk_survey_question_survey_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey_question')),
    sa.UniqueConstraint('survey_id', 'ordering', name=op.f('uq_survey_question_survey_id_ordering'))
    )
    op.create_table('survey_response',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('survey_id', sa.Integer(), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=True),
    sa.Column('token', sa.String(length=64), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_survey_response_employee_id')),
    sa.ForeignKeyConstraint(['survey_id'], ['survey.id'], name=op.f('fk_survey_response_survey_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey_response')),
    sa.UniqueConstraint('survey_id', 'token', name=op.f('uq_survey_response_survey_id_token'))
    )
    op.create_index(op.f('ix_survey_response_employee_id'), 'survey_response', ['employee_id'], unique=False)
    op.create_table('voucher_block',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('voucher_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.Enum('invariant', 'variable', name='blockkind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('hours_min', sa.Integer(), nullable=False),
    sa.Column('hours_max', sa.Integer(), nullable=False),
    sa.Column('ordering', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('status', sa.Enum('free', 'reserved', 'used', 'lapsed', name='blockstatus', native_enum=False, create_constraint=True, length=24), server_default='free', nullable=False),
    sa.ForeignKeyConstraint(['voucher_id'], ['voucher.id'], name=op.f('fk_voucher_block_voucher_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voucher_block')),
    sa.UniqueConstraint('voucher_id', 'code', name=op.f('uq_voucher_block_voucher_id_code'))
    )
    op.create_index(op.f('ix_voucher_block_voucher_id'), 'voucher_block', ['voucher_id'], unique=False)
    op.create_table('enrolment',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('employment_id', sa.Integer(), nullable=False),
    sa.Column('block_id', sa.Integer(), nullable=True),
    sa.Column('status', sa.Enum('waiting', 'applied', 'agreed', 'confirmed', 'trained', 'failed', 'no_show', 'expelled', 'rejected', 'withdrawn', name='enrolmentstatus', native_enum=False, create_constraint=True, length=24), server_default='applied', nullable=False),
    sa.Column('reason_text', sa.String(length=1000), nullable=True),
    sa.Column('result_on', sa.Date(), nullable=True),
    sa.Column('final_form', sa.String(length=120), nullable=True),
    sa.Column('final_mark', sa.String(length=120), nullable=True),
    sa.Column('protocol_number', sa.String(length=120), nullable=True),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['block_id'], ['voucher_block.id'], name=op.f('fk_enrolment_block_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['ab_user.id'], name=op.f('fk_enrolment_created_by_id')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_enrolment_employee_id')),
    sa.ForeignKeyConstraint(['employment_id', 'employee_id'], ['employment.id', 'employment.employee_id'], name=op.f('fk_enrolment_employment_id_employee_id')),
    sa.ForeignKeyConstraint(['group_id'], ['training_group.id'], name=op.f('fk_enrolment_group_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_enrolment'))
    )
    op.create_index(op.f('ix_enrolment_block_id'), 'enrolment', ['block_id'], unique=False)
    op.create_index(op.f('ix_enrolment_employee_id'), 'enrolment', ['employee_id'], unique=False)
    op.create_index('ix_enrolment_group_status', 'enrolment', ['group_id', 'status'], unique=False)
    op.create_index('uq_enrolment_block', 'enrolment', ['block_id'], unique=True, postgresql_where=sa.text("status IN ('agreed', 'applied', 'confirmed', 'trained')"))
    op.create_index('uq_enrolment_person', 'enrolment', ['employee_id', 'group_id'], unique=True, postgresql_where=sa.text("status NOT IN ('rejected', 'withdrawn')"))
    op.create_table('survey_answer',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('response_id', sa.Integer(), nullable=False),
    sa.Column('question_id', sa.Integer(), nullable=False),
    sa.Column('value', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.ForeignKeyConstraint(['question_id'], ['survey_question.id'], name=op.f('fk_survey_answer_question_id')),
    sa.ForeignKeyConstraint(['response_id'], ['survey_response.id'], name=op.f('fk_survey_answer_response_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey_answer')),
    sa.UniqueConstraint('response_id', 'question_id', name=op.f('uq_survey_answer_response_id_question_id'))
    )
    op.create_index(op.f('ix_survey_answer_question_id'), 'survey_answer', ['question_id'], unique=False)
    op.create_table('certificate',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('enrolment_id', sa.Integer(), nullable=False),
    sa.Column('employee_id', sa.Integer(), nullable=False),
    sa.Column('organizer_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('certificate', 'diploma', 'training_note', 'study_period_note', name='certificatekind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('year', sa.SmallInteger(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('blank_id', sa.Integer(), nullable=True),
    sa.Column('original_id', sa.Integer(), nullable=True),
    sa.Column('template_code', sa.String(length=40), nullable=False),
    sa.Column('template_version', sa.String(length=64), nullable=False),
    sa.Column('snapshot', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('check_code', sa.String(length=32), nullable=False),
    sa.Column('status', sa.Enum('issued', 'annulled', 'replaced', name='certificatestatus', native_enum=False, create_constraint=True, length=24), server_default='issued', nullable=False),
    sa.Column('reason_text', sa.String(length=1000), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('sequence > 0', name=op.f('ck_certificate_sequence')),
    sa.ForeignKeyConstraint(['blank_id'], ['blank.id'], name=op.f('fk_certificate_blank_id')),
    sa.ForeignKeyConstraint(['employee_id'], ['employee.id'], name=op.f('fk_certificate_employee_id')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_certificate_enrolment_id')),
    sa.ForeignKeyConstraint(['organizer_id'], ['organization.id'], name=op.f('fk_certificate_organizer_id')),
    sa.ForeignKeyConstraint(['original_id'], ['certificate.id'], name=op.f('fk_certificate_original_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate')),
    sa.UniqueConstraint('blank_id', name=op.f('uq_certificate_blank_id')),
    sa.UniqueConstraint('check_code', name=op.f('uq_certificate_check_code')),
    sa.UniqueConstraint('organizer_id', 'kind', 'year', 'number', name=op.f('uq_certificate_organizer_id_kind_year_number')),
    sa.UniqueConstraint('organizer_id', 'kind', 'year', 'sequence', name=op.f('uq_certificate_organizer_id_kind_year_sequence'))
    )
    op.create_index(op.f('ix_certificate_employee_id'), 'certificate', ['employee_id'], unique=False)
    op.create_index(op.f('ix_certificate_enrolment_id'), 'certificate', ['enrolment_id'], unique=False)
    op.create_index('uq_certificate_live', 'certificate', ['enrolment_id', 'kind'], unique=True, postgresql_where=sa.text("status = 'issued'"))


def downgrade() -> None:
    op.drop_index('uq_certificate_live', table_name='certificate', postgresql_where=sa.text("status = 'issued'"))
    op.drop_index(op.f('ix_certificate_enrolment_id'), table_name='certificate')
    op.drop_index(op.f('ix_certificate_employee_id'), table_name='certificate')
    op.drop_table('certificate')
    op.drop_index(op.f('ix_survey_answer_question_id'), table_name='survey_answer')
    op.drop_table('survey_answer')
    op.drop_index('uq_enrolment_person', table_name='enrolment', postgresql_where=sa.text("status NOT IN ('rejected', 'withdrawn')"))
    op.drop_index('uq_enrolment_block', table_name='enrolment', postgresql_where=sa.text("status IN ('agreed', 'applied', 'confirmed', 'trained')"))
    op.drop_index('ix_enrolment_group_status', table_name='enrolment')
    op.drop_index(op.f('ix_enrolment_employee_id'), table_name='enrolment')
    op.drop_index(op.f('ix_enrolment_block_id'), table_name='enrolment')
    op.drop_table('enrolment')
    op.drop_index(op.f('ix_voucher_block_voucher_id'), table_name='voucher_block')
    op.drop_table('voucher_block')
    op.drop_index(op.f('ix_survey_response_employee_id'), table_name='survey_response')
    op.drop_table('survey_response')
    op.drop_table('survey_question')
    op.drop_index('uq_voucher_active', table_name='voucher', postgresql_where=sa.text("status = 'active'"))
    op.drop_index('ix_voucher_valid_until', table_name='voucher')
    op.drop_index(op.f('ix_voucher_employee_id'), table_name='voucher')
    op.drop_table('voucher')
    op.drop_index(op.f('ix_survey_group_id'), table_name='survey')
    op.drop_table('survey')
    op.drop_index('uq_plan_item_live', table_name='plan_item', postgresql_where=sa.text("status <> 'declined'"))
    op.drop_index(op.f('ix_plan_item_program_id'), table_name='plan_item')
    op.drop_index(op.f('ix_plan_item_employee_id'), table_name='plan_item')
    op.drop_table('plan_item')
    op.drop_index(op.f('ix_group_meeting_group_id'), table_name='group_meeting')
    op.drop_table('group_meeting')
    op.drop_index('uq_voucher_application_live', table_name='voucher_application', postgresql_where=sa.text("status IN ('draft', 'returned', 'submitted')"))
    op.drop_index(op.f('ix_voucher_application_employee_id'), table_name='voucher_application')
    op.drop_index('ix_voucher_application_due', table_name='voucher_application')
    op.drop_table('voucher_application')
    op.drop_index('ix_training_group_status', table_name='training_group')
    op.drop_index(op.f('ix_training_group_program_id'), table_name='training_group')
    op.drop_table('training_group')
    op.drop_index(op.f('ix_support_message_request_id'), table_name='support_message')
    op.drop_table('support_message')
    op.drop_index(op.f('ix_registry_organizer_id'), table_name='registry')
    op.drop_table('registry')
    op.drop_index(op.f('ix_program_subject_subject_id'), table_name='program_subject')
    op.drop_table('program_subject')
    op.drop_index(op.f('ix_program_position_position_id'), table_name='program_position')
    op.drop_table('program_position')
    op.drop_index(op.f('ix_program_organization_type_organization_type_id'), table_name='program_organization_type')
    op.drop_table('program_organization_type')
    op.drop_index(op.f('ix_program_module_program_id'), table_name='program_module')
    op.drop_table('program_module')
    op.drop_index(op.f('ix_employment_subject_subject_id'), table_name='employment_subject')
    op.drop_table('employment_subject')
    op.drop_index('uq_consent_live', table_name='consent', postgresql_where=sa.text('withdrawn_at IS NULL'))
    op.drop_index(op.f('ix_consent_employee_id'), table_name='consent')
    op.drop_table('consent')
    op.drop_index(op.f('ix_background_job_user_id'), table_name='background_job')
    op.drop_table('background_job')
    op.drop_index(op.f('ix_access_request_user_id'), table_name='access_request')
    op.drop_index(op.f('ix_access_request_organization_id'), table_name='access_request')
    op.drop_table('access_request')
    op.drop_index(op.f('ix_support_request_author_id'), table_name='support_request')
    op.drop_table('support_request')
    op.drop_index(op.f('ix_stored_file_owner_id'), table_name='stored_file')
    op.drop_index('ix_stored_file_object', table_name='stored_file')
    op.drop_table('stored_file')
    op.drop_table('report_form')
    op.drop_index('uq_registration_pending', table_name='registration', postgresql_where=sa.text("status IN ('pending', 'returned')"))
    op.drop_index(op.f('ix_registration_user_id'), table_name='registration')
    op.drop_index(op.f('ix_registration_organization_id'), table_name='registration')
    op.drop_table('registration')
    op.drop_index('ix_program_sort', table_name='program')
    op.drop_index('ix_program_search', table_name='program', postgresql_using='gin')
    op.drop_index(op.f('ix_program_organizer_id'), table_name='program')
    op.drop_table('program')
    op.drop_index('uq_number_series', table_name='number_series')
    op.drop_table('number_series')
    op.drop_index(op.f('ix_letter_user_id'), table_name='letter')
    op.drop_index('ix_letter_status', table_name='letter')
    op.drop_table('letter')
    op.drop_index(op.f('ix_import_batch_user_id'), table_name='import_batch')
    op.drop_table('import_batch')
    op.drop_index(op.f('ix_employment_position_id'), table_name='employment')
    op.drop_index('ix_employment_organization', table_name='employment')
    op.drop_index('ix_employment_live', table_name='employment', postgresql_where=sa.text('ended_on IS NULL'))
    op.drop_index(op.f('ix_employment_employee_id'), table_name='employment')
    op.drop_table('employment')
    op.drop_table('blank')
    op.drop_index(op.f('ix_audit_entry_user_id'), table_name='audit_entry')
    op.drop_index('ix_audit_entry_object', table_name='audit_entry')
    op.drop_index('ix_audit_entry_at', table_name='audit_entry')
    op.drop_table('audit_entry')
    op.drop_index('uq_assignment_live', table_name='assignment', postgresql_where=sa.text('valid_to IS NULL'))
    op.drop_index(op.f('ix_assignment_user_id'), table_name='assignment')
    op.drop_index(op.f('ix_assignment_territory_id'), table_name='assignment')
    op.drop_index(op.f('ix_assignment_organization_id'), table_name='assignment')
    op.drop_table('assignment')
    op.drop_table('ab_user_role')
    op.drop_index('idx_user_id', table_name='ab_user_group')
    op.drop_index('idx_user_group_id', table_name='ab_user_group')
    op.drop_table('ab_user_group')
    op.drop_index('idx_role_id', table_name='ab_permission_view_role')
    op.drop_index('idx_permission_view_id', table_name='ab_permission_view_role')
    op.drop_table('ab_permission_view_role')
    op.drop_index('idx_api_key_user_id', table_name='ab_api_key')
    op.drop_index('idx_api_key_prefix', table_name='ab_api_key')
    op.drop_index('idx_api_key_lookup_hash', table_name='ab_api_key')
    op.drop_table('ab_api_key')
    op.drop_index(op.f('ix_voucher_rule_block_rule_id'), table_name='voucher_rule_block')
    op.drop_table('voucher_rule_block')
    op.drop_index(op.f('ix_training_employee_id'), table_name='training')
    op.drop_table('training')
    op.drop_index(op.f('ix_territory_municipality_municipality_id'), table_name='territory_municipality')
    op.drop_table('territory_municipality')
    op.drop_index(op.f('ix_qualification_level_id'), table_name='qualification')
    op.drop_index(op.f('ix_qualification_employee_id'), table_name='qualification')
    op.drop_table('qualification')
    op.drop_index(op.f('ix_organization_type_id'), table_name='organization')
    op.drop_index(op.f('ix_organization_territory_id'), table_name='organization')
    op.drop_index('ix_organization_sort', table_name='organization')
    op.drop_index('ix_organization_search', table_name='organization', postgresql_using='gin')
    op.drop_index(op.f('ix_organization_parent_id'), table_name='organization')
    op.drop_index(op.f('ix_organization_municipality_id'), table_name='organization')
    op.drop_index('ix_organization_inn_head', table_name='organization', postgresql_where=sa.text('parent_id IS NULL'))
    op.drop_table('organization')
    op.drop_index('ix_notice_unread', table_name='notice', postgresql_where=sa.text('read_at IS NULL'))
    op.drop_index(op.f('ix_notice_employee_id'), table_name='notice')
    op.drop_table('notice')
    op.drop_index(op.f('ix_former_name_employee_id'), table_name='former_name')
    op.drop_table('former_name')
    op.drop_index('ix_attestation_valid_until', table_name='attestation')
    op.drop_index(op.f('ix_attestation_kind_id'), table_name='attestation')
    op.drop_index(op.f('ix_attestation_employee_id'), table_name='attestation')
    op.drop_table('attestation')
    op.drop_table('ab_user')
    op.drop_index('idx_view_menu_id', table_name='ab_permission_view')
    op.drop_index('idx_permission_id', table_name='ab_permission_view')
    op.drop_table('ab_permission_view')
    op.drop_index('idx_group_role_id', table_name='ab_group_role')
    op.drop_index('idx_group_id', table_name='ab_group_role')
    op.drop_table('ab_group_role')
    op.drop_table('worker_heartbeat')
    op.drop_table('workday_correction')
    op.drop_table('voucher_rule')
    op.drop_table('territory')
    op.drop_table('subject')
    op.drop_table('setting')
    op.drop_table('refusal_reason')
    op.drop_table('position')
    op.drop_table('plan_campaign')
    op.drop_table('organization_type')
    op.drop_index('ix_news_item_published', table_name='news_item')
    op.drop_table('news_item')
    op.drop_table('municipality')
    op.drop_table('maintenance_window')
    op.drop_table('frdo_reference')
    op.drop_index('ix_employee_sort_trgm', table_name='employee', postgresql_using='gin', postgresql_ops={'sort': 'gin_trgm_ops'})
    op.drop_index('ix_employee_sort_birth_date', table_name='employee')
    op.drop_index('ix_employee_sort', table_name='employee')
    op.drop_index('ix_employee_search', table_name='employee', postgresql_using='gin')
    op.drop_table('employee')
    op.drop_table('education_level')
    op.drop_table('consent_text')
    op.drop_table('attestation_kind')
    op.drop_table('ab_view_menu')
    op.drop_table('ab_role')
    op.drop_table('ab_register_user')
    op.drop_table('ab_permission')
    op.drop_table('ab_group')
