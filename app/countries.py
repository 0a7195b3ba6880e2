"""Countries by the numeric codes of ОКСМ (ISO 3166-1), with their Russian names from CLDR."""

from __future__ import annotations

from collections.abc import Mapping

from babel import Locale
from babel.core import get_global

RUSSIA = "643"
#: codes from here on, and letters, are nobody's: CLDR keeps its own inventions there
_INVENTED = "900"


def _names() -> dict[str, str]:
    territories = Locale("ru").territories
    # several letters for one number: a country that exists no more
    letters = {code: found[0] for code, found in get_global("territory_aliases").items() if len(found) == 1}
    named = {code: territories[found] for code, found in letters.items() if code < _INVENTED and found in territories}
    newest = {name: code for code, name in sorted(named.items(), reverse=True)}
    kept = {code: name for code, name in named.items() if newest[name] == code or code == RUSSIA}
    return dict(sorted(kept.items(), key=lambda item: (item[0] != RUSSIA, item[1])))


#: code → name; Russia first, then by the alphabet
COUNTRIES: Mapping[str, str] = _names()
