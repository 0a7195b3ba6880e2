"""What the portal takes of Flask-AppBuilder: found in the code, compared with what the installed FAB has.

An upgrade that renames a hook or changes its parameters fails here, not in somebody's request. A hook that the portal begins to use
fails here too, until it stands in the table below and, with its reason, in ``docs/crud-engine.md``.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask_appbuilder
import pytest
from flask import Flask
from flask_appbuilder.menu import Menu, MenuItem
from flask_appbuilder.models.sqla.interface import SQLAInterface

from app import models as m
from app.web.frame.parts import Part
from app.web.frame.scoped_view import ScopedModelView
from tests.architecture.sources import ROOT, nodes, sources

FAB = "flask_appbuilder"
ATTRIBUTE = "attribute"

#: members of FAB's classes that classes of ours replace → their parameters
REPLACED = {
    "AppBuilder._add_admin_views": "(self)",
    "AppBuilder._add_global_static": "(self)",
    "BaseCRUDView._init_forms": "(self)",
    "BaseCRUDView._init_properties": "(self)",
    "BaseCRUDView.list_columns": ATTRIBUTE,
    "BaseModelView.datamodel": ATTRIBUTE,
    "BaseSecurityManager.create_limiter": "(self, app)",
    "BaseSecurityManager.has_access": "(self, permission_name, view_name)",
    "BaseSecurityManager.load_user": "(self, pk)",
    "BaseView.class_permission_name": ATTRIBUTE,
    "BaseView.default_view": ATTRIBUTE,
    "BaseView.route_base": ATTRIBUTE,
    "ModelView.__init__": "(self, **kwargs)",
    "ModelView.add": "(self)",
    "ModelView.delete": "(self, pk)",
    "ModelView.download": "(self, filename)",
    "ModelView.edit": "(self, pk)",
    "ModelView.list": "(self)",
    "ModelView.show": "(self, pk)",
    "SecurityManager.register_views": "(self)",
    "SecurityManager.user_model": ATTRIBUTE,
}
#: attributes that our views set on themselves for FAB to read
SET = {
    "add_form", "class_permission_name", "edit_form", "include_route_methods", "related_views", "_related_views", "route_base",
}  # fmt: skip
#: what the code imports of FAB → its parameters
IMPORTED = {
    "flask_appbuilder.AppBuilder": "(app=None, session=None, menu=None, indexview=None, "
    "base_template='appbuilder/baselayout.html', static_folder='static/appbuilder', static_url_path='/appbuilder', "
    "security_manager_class=None, update_perms=True)",
    "flask_appbuilder.BaseView": "()",
    "flask_appbuilder.Model": "(**kwargs)",
    "flask_appbuilder.ModelView": "(**kwargs)",
    "flask_appbuilder.expose": "(url='/', methods=('GET',))",
    "flask_appbuilder.forms.DynamicForm": "(*args, **kwargs)",
    "flask_appbuilder.models.sqla.base.SQLA": "",
    "flask_appbuilder.models.sqla.interface.SQLAInterface": "(obj, session=None)",
    "flask_appbuilder.security.sqla.manager.SecurityManager": "(appbuilder)",
    "flask_appbuilder.security.sqla.models.User": "(**kwargs)",
    "flask_appbuilder.utils.base.get_safe_redirect": "(url)",
}
#: what the code asks of the builder → its parameters
BUILDER = {
    "add_view": "(self, baseview, name, href='', icon='', label='', category='', category_icon='', category_label='', "
    "menu_cond=None)",
    "add_view_no_menu": "(self, baseview, endpoint=None, static_folder=None)",
    "baseviews": ATTRIBUTE,
    "get_url_for_index": ATTRIBUTE,
    "init_app": "(self, app, session)",
    "menu": ATTRIBUTE,
}
#: FAB's tables, which the migrations made and ``sync_roles`` fills
TABLES = {
    "ab_permission": {"id", "name"},
    "ab_view_menu": {"id", "name"},
    "ab_role": {"id", "name"},
    "ab_permission_view": {"id", "permission_id", "view_menu_id"},
    "ab_permission_view_role": {"id", "permission_view_id", "role_id"},
    "ab_user_role": {"id", "user_id", "role_id"},
    "ab_group": {"id", "name", "label", "description"},
    "ab_user_group": {"id", "user_id", "group_id"},
    "ab_group_role": {"id", "group_id", "role_id"},
}
USER = {"id", "first_name", "last_name", "username", "password", "active", "email", "last_login", "login_count"}


def _parameters(found: Any) -> str:
    """Parameters without their types, which FAB adds without changing what it takes."""
    signature = inspect.signature(found)
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def _told(found: Any) -> str:
    is_code = inspect.isfunction(found) or inspect.ismethod(found)
    return _parameters(found) if is_code else ATTRIBUTE


def _own_classes() -> Iterator[tuple[type[Any], list[type[Any]]]]:
    """Our classes built on FAB's, with those of FAB; a table's columns are SQLAlchemy's."""
    pages = sorted((ROOT / "app" / "web").rglob("*.py"))
    for path in [ROOT / "app" / "views.py", *pages]:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for found in vars(importlib.import_module(name)).values():
            if isinstance(found, type) and found.__module__ == name:
                yield found, [base for base in found.__mro__ if base.__module__.startswith(FAB)]


def test_what_we_replace_is_what_fab_has() -> None:
    found: dict[str, str] = {}
    for own, bases in _own_classes():
        for name in vars(own):
            if name.startswith("__") and name != "__init__":
                continue
            base = next((b for b in bases if name in vars(b)), None)
            if base is not None:
                found[f"{base.__name__}.{name}"] = _told(vars(base)[name])
    assert found == REPLACED


def test_a_step_of_the_set_up_is_a_step_of_fab() -> None:
    """FAB calls ``_init_…`` and nothing else does: one that FAB has no more would silently never run."""
    dead = {
        f"{own.__name__}.{name}"
        for own, bases in _own_classes()
        for name in vars(own)
        if name.startswith("_init_") and bases and not any(name in vars(base) for base in bases)
    }
    assert dead == set()


def test_what_we_set_is_what_fab_reads() -> None:
    known = {
        name for base in flask_appbuilder.ModelView.__mro__ if base.__module__.startswith(FAB) for name in vars(base)
    }
    stored = {
        node.attr
        for node in nodes(sources()["app/web/frame/view_base.py"])
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    assert stored & known == SET


def test_what_we_import_is_what_fab_gives() -> None:
    found = {
        f"{node.module}.{alias.name}"
        for tree in sources().values()
        for node in nodes(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(FAB)
        for alias in node.names
    }
    assert found == set(IMPORTED)
    for name, parameters in IMPORTED.items():
        module, _, member = name.rpartition(".")
        given = getattr(importlib.import_module(module), member)
        assert not parameters or _parameters(given) == parameters, name


def _is_the_builder(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id == "builder") or (
        isinstance(node, ast.Attribute) and node.attr == "appbuilder"
    )


def test_what_we_ask_of_the_builder_is_what_it_answers(app: Flask) -> None:
    asked = {
        node.attr
        for tree in sources().values()
        for node in nodes(tree)
        if isinstance(node, ast.Attribute) and _is_the_builder(node.value)
    }
    assert asked == set(BUILDER)
    builder = flask_appbuilder.AppBuilder
    for name, parameters in BUILDER.items():
        assert name in vars(app.appbuilder) or hasattr(builder, name), name
        assert _told(getattr(builder, name, None)) == parameters, name


def test_settings_of_fab_are_read_by_fab() -> None:
    text = (ROOT / "app" / "__init__.py").read_text("utf-8")
    keys = {
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and str(node.value).startswith("FAB_")
    }
    assert keys
    sources = "".join(p.read_text("utf-8") for p in Path(str(flask_appbuilder.__file__)).parent.rglob("*.py"))
    assert [key for key in keys if key not in sources] == []


class _Beside(Part):
    """A part with one page."""

    @flask_appbuilder.expose("/beside/<int:pk>", methods=["POST"])
    def beside(self, pk: int) -> str:
        return str(pk)

    beside._permission_name = "beside"  # type: ignore[attr-defined]


class _Probe(ScopedModelView):
    """A generated view that tells in which order FAB sets it up."""

    datamodel = SQLAInterface(m.Subject)
    list_columns = ["name"]
    sections = (("", ("name",)),)
    parts = (_Beside,)

    def __init__(self) -> None:
        self.steps: list[str] = []
        super().__init__()

    def _init_properties(self) -> None:
        self.steps.append("properties")
        super()._init_properties()

    def _init_forms(self) -> None:
        self.steps.append("forms")
        super()._init_forms()


# the handlers of the probe are the portal's: only those are served
_Beside.beside.__module__ = "app.web.frame.parts"


@pytest.fixture
def probe(app: Flask) -> _Probe:
    with app.app_context():
        return _Probe()


def test_fab_sets_a_view_up_by_our_steps(probe: _Probe) -> None:
    assert probe.steps == ["properties", "forms"]
    assert probe.get_uninit_inner_views() == [] == probe.get_init_inner_views()
    assert "can_list" in probe.base_permissions and "can_beside" in probe.base_permissions


def test_fab_makes_routes_of_what_is_exposed(probe: _Probe) -> None:
    """Also of the handlers that a part has put on the view; of FAB's own handlers none is served."""
    served = Flask("probe")
    served.register_blueprint(probe.create_blueprint(None))
    rules = {
        rule.endpoint: (rule.rule, (rule.methods or set()) - {"OPTIONS", "HEAD"})
        for rule in served.url_map.iter_rules()
    }
    assert rules["_Probe.list"] == ("/subject/list/", {"GET"})
    assert rules["_Probe.edit"] == ("/subject/edit/<int:pk>", {"GET", "POST"})
    assert rules["_Probe.beside"] == ("/subject/beside/<int:pk>", {"POST"})
    assert not [endpoint for endpoint in rules if endpoint.endswith((".download", ".action", ".action_post"))]


def test_every_view_answers_under_its_name_and_its_address(app: Flask) -> None:
    for view in app.appbuilder.baseviews:
        names = {name for name in dir(view) if hasattr(getattr(view, name), "_urls")}
        if view.include_route_methods is not None:
            names &= set(view.include_route_methods)
        prefix = f"{type(view).__name__}."
        assert view.endpoint == type(view).__name__
        assert view.blueprint.url_prefix == view.route_base
        assert {name.removeprefix(prefix) for name in app.view_functions if name.startswith(prefix)} == names


def test_the_menu_keeps_entries_in_order_with_their_condition() -> None:
    menu = Menu()
    menu.add_link("first", label="Первое", category="Раздел", baseview=object(), cond=lambda: False)
    menu.add_link("second", label="Второе", category="Раздел", href="/second")
    menu.add_link("own", label="Своё")
    section, own = menu.get_list()
    assert (section.label, section.baseview, own.label, own.childs) == ("Раздел", None, "Своё", [])
    assert [str(child.label) for child in section.childs] == ["Первое", "Второе"]
    assert [child.should_render() for child in section.childs] == [False, True]
    assert _parameters(MenuItem) == "(name, href='', icon='', label='', childs=None, baseview=None, cond=None)"


def test_tables_of_fab_are_those_of_the_migrations() -> None:
    tables = m.Base.metadata.tables
    assert {name for name in tables if name.startswith("ab_")} >= set(TABLES) | {"ab_user"}
    for name, columns in TABLES.items():
        assert set(tables[name].columns.keys()) == columns, name
    assert set(tables["ab_user"].columns.keys()) >= USER


def test_each_hook_is_explained() -> None:
    text = (ROOT / "docs" / "crud-engine.md").read_text("utf-8")
    used = {name.rpartition(".")[2] for name in [*REPLACED, *IMPORTED]} | set(BUILDER) | SET
    assert sorted(name for name in used if f"`{name}`" not in text) == []
