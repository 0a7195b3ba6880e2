"""Countries by the numeric codes of ОКСМ (ISO 3166-1), with their Russian names from CLDR."""

from __future__ import annotations

import re
from collections.abc import Mapping

from babel import Locale
from babel.core import get_global

from app.text import name_key

RUSSIA = "643"
#: codes from here on, and letters, are nobody's: CLDR keeps its own inventions there
_INVENTED = "900"
#: countries of ОКСМ that the standard of other countries lacks
_OF_OKSM = {"895": "Абхазия", "896": "Южная Осетия"}
#: other names that people write, also the full ones of neighbours
_ALSO: Mapping[str, tuple[str, ...]] = {
    RUSSIA: ("Российская Федерация", "РФ"),
    "112": ("Белоруссия",),
    "417": ("Кыргызстан", "Киргизская Республика", "Кыргызская Республика"),
    "498": ("Молдавия",),
    "795": ("Туркмения",),
    "840": ("США", "Соединенные Штаты Америки"),
    "156": ("КНР", "Китайская Народная Республика"),
    "826": ("Соединенное Королевство",),
    "410": ("Южная Корея",),
    "408": ("Северная Корея",),
}


def _names() -> dict[str, str]:
    territories = Locale("ru").territories
    # several letters for one number: a country that exists no more
    letters = {code: found[0] for code, found in get_global("territory_aliases").items() if len(found) == 1}
    named = {code: territories[found] for code, found in letters.items() if code < _INVENTED and found in territories}
    newest = {name: code for code, name in sorted(named.items(), reverse=True)}
    kept = {code: name for code, name in named.items() if newest[name] == code or code == RUSSIA} | _OF_OKSM
    return dict(sorted(kept.items(), key=lambda item: (item[0] != RUSSIA, item[1])))


#: code → name; Russia first, then by the alphabet
COUNTRIES: Mapping[str, str] = _names()
_CODES: Mapping[str, str] = {
    name_key(name): code for code in COUNTRIES for name in (COUNTRIES[code], *_ALSO.get(code, ()))
}


def country_code(typed: str) -> str | None:
    """Return the code of a country by its code or its name («Россия», «РФ», «Республика Казахстан»), None if there is none.

    A workbook loses the zero of «036»: two digits and one are read too.
    """
    if typed.isascii() and typed.isdecimal():
        return code if (code := typed.zfill(3)) in COUNTRIES else None
    key = name_key(typed)
    return _CODES.get(key) or _CODES.get(re.sub(r"^республика | республика$", "", key))
