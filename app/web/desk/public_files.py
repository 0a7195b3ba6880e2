"""Files that programs ask for by well-known names: robots.txt, the map of the public pages, the icon."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, redirect, render_template, url_for
from flask_appbuilder import BaseView, expose

from app import addresses
from app.extensions import limiter
from app.services.courses.enrolment import public_courses
from app.web.courses.catalogue_view import rate
from app.web.frame.preview import whole_address

#: what search engines may read; the longest rule that fits an address counts (RFC 9309), «$» is the address's end
_OPEN = (
    f"{addresses.HOME}$", addresses.COURSES, f"{addresses.VERIFY}$",
    f"{addresses.REGISTER}$", addresses.HELP, "/static/",
)  # fmt: skip
#: lists that were searched, and files, are no pages of their own
_CLOSED = ("/", f"{addresses.COURSES}*?", f"{addresses.COURSES}*.ics$")


class PublicFilesView(BaseView):
    """No page, and nothing about a person."""

    route_base = ""
    default_view = "robots"

    @expose("/robots.txt")
    @limiter.limit(rate)
    def robots(self) -> Response:
        """Public pages are allowed, everything else is not; a portal with invented data is found by nobody."""
        lines = ["User-agent: *"]
        if not current_app.config["PORTAL"].demo:
            lines += [f"Allow: {path}" for path in _OPEN]
            lines += [f"Disallow: {path}" for path in _CLOSED]
            lines += ["", f"Sitemap: {whole_address('/sitemap.xml')}"]
        else:
            lines.append("Disallow: /")
        return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")

    @expose("/sitemap.xml")
    @limiter.limit(rate)
    def sitemap(self) -> Response:
        """Addresses of the front page, of the catalogue, and of each open group."""
        pages = [(whole_address(path), None) for path in (addresses.HOME, addresses.COURSES, addresses.VERIFY)]
        groups = [(whole_address(addresses.at("courses", pk)), day) for pk, day in public_courses.open_groups()]
        return Response(render_template("sitemap.xml", pages=[*pages, *groups]), content_type="application/xml")

    @expose("/favicon.ico")
    def icon(self) -> Any:
        """The icon for programs that read no page first."""
        return redirect(url_for("static", filename="favicon.ico", v=current_app.config["STATIC_VERSION"]))
