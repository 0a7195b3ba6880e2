"""Words of letters that nobody edited are those of the code; kinds that said several things are several kinds.

What an operator has edited stays, also its fields «тема» and «текст», in each of the kinds that come in place of the former one;
so does the choice of a user not to get a kind. Events of a calendar know since when they are as they are.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

#: former kind → the kinds that say the same one by one
SPLIT = {
    'registration_link': ('registration_known', 'registration_received', 'registration_resent'),
    'security': (
        'password_changed',
        'sign_in_closed',
        'sign_in_opened',
        'recovery_code_used',
        'second_factor_on',
        'second_factor_off',
        'second_factor_reset',
        'recovery_codes_renewed',
    ),
    'access_revoked': ('access_ended',),
    'consent': (
        'consent_given',
        'consent_on_paper',
        'consent_withdrawn',
        'consents_withdrawn',
        'data_erased',
        'registration_removed',
    ),
    'voucher_expiring': ('voucher_expired',),
    'program_decided': ('program_published', 'program_returned', 'program_archived'),
    'enrolment_changed': (
        'enrolment_made',
        'enrolment_waiting',
        'enrolment_agreed',
        'enrolment_confirmed',
        'enrolment_withdrawn',
        'enrolment_moved',
        'enrolment_promoted',
        'offer_missed',
        'enrolment_closed',
    ),
    'enrolment_result': ('result_failed', 'result_no_show', 'result_expelled'),
    'group_changed': ('schedule_changed', 'group_closed', 'group_term_ended', 'group_running', 'group_completed'),
    'change_decided': ('change_accepted', 'change_declined'),
    'transfer': (
        'transfer_requested_side',
        'transfer_requested',
        'transfer_released_side',
        'transfer_released',
        'transfer_accepted',
        'transfer_declined_side',
        'transfer_declined',
        'transfer_withdrawn_side',
        'transfer_withdrawn',
        'transfer_confirmed_side',
        'transfer_confirmed',
    ),
    'card_changed': ('dismissed', 'training_confirmed', 'workplace_confirmed'),
    'data_reminder': ('change_proposed', 'training_added', 'training_rejected', 'terms_near', 'terms_passed'),
}
#: those that say nothing any more
GONE = (
    'general',
    'security',
    'consent',
    'program_decided',
    'enrolment_changed',
    'enrolment_result',
    'change_decided',
    'transfer',
    'card_changed',
    'data_reminder',
)
GREETING = '{{ приветствие }}\n\n'
BODY = f'{GREETING}{{{{ текст }}}}'
SUBJECT = '{{ тема }}'
#: former standard words that were more than a frame
SUBJECTS = (
    SUBJECT,
    'Выдан Именной образовательный чек № {{ номер_чека }}',
    'Заявка на Именной образовательный чек возвращена',
    'Чек № {{ номер_чека }} аннулирован',
    'Выдан документ об обучении № {{ номер }}',
)
BODIES = (
    BODY,
    f'{GREETING}Заявка на Именной образовательный чек одобрена. Номер чека: {{{{ номер_чека }}}}, действует по '
    '{{ действует_по }}. Теперь можно выбрать программу и записаться на курс.',
    f'{GREETING}Заявка на Именной образовательный чек возвращена. Причина: {{{{ причина }}}}\n\n'
    'Исправьте сведения и подайте её снова.',
    f'{GREETING}Именной образовательный чек № {{{{ номер_чека }}}} аннулирован. Причина: {{{{ причина }}}}',
)


def upgrade() -> None:
    op.alter_column('letter_template', 'subject', nullable=True)
    op.alter_column('letter_template', 'body', nullable=True)
    op.add_column('letter_template', sa.Column('button', sa.String(length=120), nullable=True))
    op.add_column('letter', sa.Column('calendar', sa.Text(), nullable=True))
    for table in ('training_group', 'group_meeting'):
        op.add_column(
            table, sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False)
        )
    template = sa.table('letter_template', *(sa.column(name) for name in ('code', 'subject', 'body', 'html')))
    op.execute(template.update().where(template.c.subject.in_(SUBJECTS)).values(subject=None))
    op.execute(template.update().where(template.c.body.in_(BODIES)).values(body=None))
    for former, kinds in SPLIT.items():
        for kind in kinds:
            op.execute(
                sa.text(
                    'INSERT INTO letter_template (code, title, subject, body, html, required)'
                    ' SELECT :kind, title, subject, body, html, required FROM letter_template WHERE code = :former'
                    ' AND (subject IS NOT NULL OR body IS NOT NULL OR html IS NOT NULL) ON CONFLICT DO NOTHING'
                ).bindparams(kind=kind, former=former)
            )
            op.execute(
                sa.text(
                    'INSERT INTO letter_refusal (user_id, template) SELECT user_id, :kind FROM letter_refusal'
                    ' WHERE template = :former ON CONFLICT DO NOTHING'
                ).bindparams(kind=kind, former=former)
            )
    for name, column in (('letter_template', 'code'), ('letter_refusal', 'template')):
        table = sa.table(name, sa.column(column))
        op.execute(table.delete().where(table.c[column].in_(GONE)))


def downgrade() -> None:
    op.execute(sa.text('UPDATE letter_template SET subject = :words WHERE subject IS NULL').bindparams(words=SUBJECT))
    op.execute(sa.text('UPDATE letter_template SET body = :words WHERE body IS NULL').bindparams(words=BODY))
    for table in ('group_meeting', 'training_group'):
        op.drop_column(table, 'changed_at')
    op.drop_column('letter', 'calendar')
    op.drop_column('letter_template', 'button')
    op.alter_column('letter_template', 'body', nullable=False)
    op.alter_column('letter_template', 'subject', nullable=False)
