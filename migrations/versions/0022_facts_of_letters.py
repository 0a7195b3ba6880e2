"""Words that an operator has edited name the facts that came in place of phrases: who decides, which block, how long.

A field whose words now depend on which fact is there becomes a line for each of them; a line without its fact is left out.

Revision ID: 0022
Revises: 0021
"""

import re

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

#: kinds → pattern of the former field with the words that belong to it, what stands there now; several: a line for each
LINK, ACTS, BLOCKS = '{{ ссылка_действует }}', (
    '{{ согласует }}: согласует запись',
    '{{ подтвердит }}: подтвердит запись',
    'Вы: приходите на занятия, первый день — {{ первый_день }}',
), (
    '{{ занятый_блок }}: использован на этот курс',
    '{{ блок }}: снова свободен',
    '{{ сгоревший_блок }}: срок чека прошёл, блок сгорел',
    '{{ неоплаченный_блок }}: уже потрачен на другой курс, этот курс чеком не оплачен',
)
CHANGES = (
    (('recovery', 'registration_link'), r'\{\{\s*часов_действует\s*\}\}(\s*час(а|ов)?\b)?', (LINK,)),
    (('invitation',), r'\{\{\s*дней_действует\s*\}\}(\s*(дней|дня|день)\b)?', (LINK,)),
    (('registry_ready',), r'\{\{\s*дней_хранится\s*\}\}(\s*(дней|дня|день)\b)?', ('{{ файл_хранится }}',)),
    (('registration_known',), r'\{\{\s*что_указано\s*\}\}', ('ваш {{ что_совпало }}',)),
    (('access_granted',), r'\{\{\s*действует\s*\}\}', ('с {{ первый_день }}',)),
    (('group_changed',), r'\{\{\s*отозвать_до\s*\}\}', ('начала занятий ({{ начало }})',)),
    (('voucher_expiring',), r'\{\{\s*через\s*\}\}', ('через {{ осталось }}',)),
    (('change_proposed',), r'\{\{\s*что\s*\}\}', ('сведения',)),
    (('accepted_changed',), r'\{\{\s*сколько\s*\}\}', ('изменено: {{ записей }}',)),
    (('sent_changed',), r'\{\{\s*перечень\s*\}\}', ('{{ не_отправлены }}', '{{ пакеты }}', '{{ реестры }}')),
    (('enrolment_made', 'enrolment_moved', 'enrolment_promoted'), r'\{\{\s*дальше\s*\}\}', ACTS),
    (('result_corrected', 'result_retaken'), r'\{\{\s*чек\s*\}\}', BLOCKS),
)
WORDS = ('subject', 'body', 'html', 'button')


def renamed(code: str, name: str, words: str) -> str:
    """The words with the fields of today; a subject and a button are one line, which names the first of several."""
    for kinds, former, now in CHANGES:
        if code not in kinds:
            continue
        chosen = now if name in ('body', 'html') else now[:1]
        lines = []
        for line in words.split('\n'):
            named = re.search(former, line)
            lines += [re.sub(former, fact, line) for fact in chosen] if named else [line]
        words = '\n'.join(lines)
    return words


def upgrade() -> None:
    connection = op.get_bind()
    template = sa.table('letter_template', *(sa.column(name) for name in ('code', *WORDS)))
    codes = {code for kinds, _former, _now in CHANGES for code in kinds}
    for row in connection.execute(sa.select(template).where(template.c.code.in_(sorted(codes)))).mappings().all():
        values = {name: renamed(row['code'], name, row[name]) for name in WORDS if row[name]}
        if values:
            connection.execute(template.update().where(template.c.code == row['code']).values(**values))


def downgrade() -> None:
    pass
