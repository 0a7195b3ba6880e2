"""A text of a consent says in a few lines what it is about; the whole text stays what is agreed to.

The versions that came with the portal get their lines here; a version that the operator wrote has none and is shown whole.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


#: fingerprint of a text that came with the portal → its lines
LINES = {
    '114708b6c519695a0a2cb478a893f25bc41ecb48ba62383b96cfa51d225dd6b9': (
        'Кому: ГБУ ДПО СО «Региональный центр развития трудовых ресурсов», оператору портала.',
        'Зачем: вести вашу карточку, выдать чек, записать на курсы, выдать документы об обучении и отчитаться о них.',
        'Какие данные: имя, дата рождения, пол, гражданство, СНИЛС, почта, телефон, работа, образование, аттестация, обучение, награды.',
        'Кто их увидит: министерство и его управления, ваш работодатель, организаторы ваших курсов, ФИС ФРДО — каждый только нужное ему.',
        'Срок: до отзыва. Отозвать можно в любой день: кабинет закроется, а данные обезличат за 30 дней, кроме тех, что хранят по закону.',
    ),
    '15feb685ffc905e539366fee9286bb77cf4e2e6f7fa0ec2491acd7ec49362dad': (
        'Кому: ГБУ ДПО СО «Региональный центр развития трудовых ресурсов», оператору портала.',
        'Зачем: приглашать вас в опросы и мониторинги и учитывать ваши ответы.',
        'Какие данные: имя, почта, место работы, должность, предметы, ответы на неанонимные вопросы.',
        'Итоги опросов публикуются только обобщённо.',
        'Срок: до отзыва. Отказ и отзыв ни на что другое не влияют.',
    ),
    'a145440e8d826fdf46d590dc8a2d5a1802a7adddc8fce188896bab0c99bc0a04': (
        'Кому: ГБУ ДПО СО «Региональный центр развития трудовых ресурсов», оператору портала.',
        'Зачем: присылать новости портала, приглашения на курсы и мероприятия.',
        'Какие данные: имя, отчество, почта, место работы, должность, предметы.',
        'Письма о ваших заявках, чеках и курсах приходят и без этого согласия.',
        'Срок: до отзыва. Отказ и отзыв ни на что другое не влияют.',
    ),
}


def upgrade() -> None:
    op.add_column('consent_text', sa.Column('summary', sa.Text(), nullable=True))
    texts = sa.table('consent_text', sa.column('sha256'), sa.column('summary'))
    for fingerprint, lines in LINES.items():
        op.execute(texts.update().where(texts.c.sha256 == fingerprint).values(summary='\n'.join(lines)))


def downgrade() -> None:
    op.drop_column('consent_text', 'summary')
