"""The enrolment of a group ends not after its classes begin: what the form asks is now held by the table.

Groups entered before the form asked it took people after the first day. Their enrolment now ends on that day (and begins not
later); the journal tells of each. The portal closes such an open group at its next nightly work, as it does every other.

Revision ID: 0024
Revises: 0023
"""

from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

NAME = 'ck_training_group_enrolment'
JOURNAL = """
    INSERT INTO audit_entry (user_name, role, action, object_table, object_id, object_label, changes)
    SELECT 'Портал', 'Обновление портала', 'training_group.updated', 'training_group', id, 'группа ' || number,
        jsonb_build_object('Запись по', jsonb_build_array(to_char(enrol_until, 'DD.MM.YYYY'), to_char(starts_on, 'DD.MM.YYYY')))
    FROM training_group WHERE enrol_until > starts_on ORDER BY id
"""


def upgrade() -> None:
    op.execute(JOURNAL)
    op.execute('UPDATE training_group SET enrol_from = least(enrol_from, starts_on), enrol_until = starts_on WHERE enrol_until > starts_on')
    op.drop_constraint(op.f(NAME), 'training_group', type_='check')
    op.create_check_constraint(op.f(NAME), 'training_group', 'enrol_from <= enrol_until AND enrol_until <= starts_on')


def downgrade() -> None:
    op.drop_constraint(op.f(NAME), 'training_group', type_='check')
    op.create_check_constraint(op.f(NAME), 'training_group', 'enrol_from <= enrol_until AND enrol_until <= ends_on')
