"""Setting up, switching off and resetting the second factor; the secret is stored encrypted, recovery codes as hashes."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from sqlalchemy import text

from app import models as m
from app.access import acting_as
from app.errors import Conflict, Forbidden, Invalid
from app.services.access import second_factor
from tests.services.makers import change, fetch, journal, make_actor, nothing_changes, rows
from tests.services.test_accounts import PASSWORD, code_of, make_user, with_factor


def test_the_factor_is_in_force_after_its_first_code(session: Any) -> None:
    user = make_user()
    assert second_factor.find_setup(user.id) is None
    second_factor.set_up(user.id)
    setup = second_factor.find_setup(user.id)
    assert setup is not None
    assert pyotp.parse_uri(setup.uri).secret == setup.secret
    with nothing_changes():
        for wrong in ("", "12345", "000000", "abcdef"):
            with pytest.raises(Invalid):
                second_factor.turn_on(user.id, wrong)
    codes = second_factor.turn_on(user.id, code_of(user))
    assert len(set(codes)) == second_factor.RECOVERY_CODES == second_factor.left_codes(user.id)
    assert fetch(m.Account, user.id).totp_since is not None
    assert second_factor.find_setup(user.id) is None
    with nothing_changes():
        for again in (lambda: second_factor.set_up(user.id), lambda: second_factor.turn_on(user.id, code_of(user))):
            with pytest.raises(Conflict):
                again()


def test_no_secret_lies_open(session: Any) -> None:
    user = make_user()
    second_factor.set_up(user.id)
    setup = second_factor.find_setup(user.id)
    assert setup is not None
    codes = second_factor.turn_on(user.id, code_of(user))
    stored = session.execute(text("SELECT totp_secret FROM ab_user WHERE id = :id"), {"id": user.id}).scalar_one()
    told = str([(e.changes, e.object_label) for e in rows(m.AuditEntry)]) + str([x.body for x in rows(m.Letter)])
    hashes = str([row.sha256 for row in rows(m.RecoveryCode)])
    for secret in (setup.secret, *codes, *(c.replace("-", "") for c in codes)):
        assert secret not in stored + told + hashes
    assert len(journal("ab_user.second_factor_on")) == 1


def test_switching_off_asks_for_the_password_and_a_code(session: Any) -> None:
    user = make_user()
    with_factor(user)
    with nothing_changes():
        for password, code in (("x", code_of(user)), (PASSWORD, "000000"), (PASSWORD, "")):
            with pytest.raises(Invalid):
                second_factor.turn_off(user.id, password=password, code=code)
        with pytest.raises(Conflict, match="обязателен"):
            second_factor.turn_off(user.id, password=PASSWORD, code=code_of(user), required=True)
    second_factor.turn_off(user.id, password=PASSWORD, code=code_of(user))
    now = fetch(m.Account, user.id)
    assert (now.totp_secret, now.totp_since, now.totp_step, second_factor.left_codes(user.id)) == (None, None, None, 0)
    assert [x.subject for x in rows(m.Letter)] == ["Второй шаг входа включён", "Второй шаг входа отключён"]


def test_new_recovery_codes_replace_the_old(session: Any) -> None:
    user = make_user()
    old = with_factor(user)
    new = second_factor.renew_codes(user.id, old[3])
    assert not set(old) & set(new)
    with nothing_changes(), pytest.raises(Invalid):
        second_factor.renew_codes(user.id, old[4])
    assert second_factor.left_codes(user.id) == 10


def test_an_administrator_resets_the_factor_of_another(session: Any) -> None:
    user = make_user()
    with_factor(user)
    epoch = user.session_epoch
    for role in ("operator", "ministry", "worker"):
        with acting_as(make_actor(role)), nothing_changes(), pytest.raises(Exception) as refusal:
            second_factor.reset(user.id)
        assert type(refusal.value).__name__ in ("Forbidden", "NotFound")
    admin = make_actor("admin")
    with acting_as(admin):
        second_factor.reset(user.id)
        with nothing_changes(), pytest.raises(Conflict):
            second_factor.reset(user.id)
    now = fetch(m.Account, user.id)
    assert (now.totp_since, now.session_epoch) == (None, epoch + 1)
    assert journal("ab_user.second_factor_reset")[0].user_id == admin.user_id
    assert rows(m.Letter)[-1].subject == "Второй шаг входа отключён администратором"


def test_after_a_change_of_the_portals_key_nobody_gets_in_by_a_code(session: Any, app: Any) -> None:
    from dataclasses import replace

    user = make_user()
    with_factor(user)
    code, settings = code_of(user), app.config["PORTAL"]
    app.config["PORTAL"] = replace(settings, secret_key="another-key-of-the-portal-0123456789-abcdef")
    try:
        with nothing_changes(), pytest.raises(Conflict, match="ключ портала сменился"):
            second_factor.renew_codes(user.id, code)
    finally:
        app.config["PORTAL"] = settings


def test_it_is_required_by_the_setting_and_the_role(app: Any) -> None:
    from dataclasses import replace

    settings = app.config["PORTAL"]
    with app.app_context():
        assert not second_factor.is_required(frozenset({"admin"}))
        app.config["PORTAL"] = replace(settings, second_factor=True)
        try:
            asked = {
                r
                for r in ("admin", "operator", "ministry", "school", "worker")
                if second_factor.is_required(frozenset({r}))
            }
        finally:
            app.config["PORTAL"] = settings
    assert asked == {"admin", "operator", "ministry"}


def test_another_role_may_not_reset(session: Any) -> None:
    user = make_user()
    change(user, totp_since=None)
    with acting_as(make_actor("operator")), nothing_changes(), pytest.raises(Forbidden):
        second_factor.reset(user.id)
