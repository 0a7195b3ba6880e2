"""The one normal form of what people type: how it is stored, compared, searched, sorted; which signs of a paper's code count.

Nothing here knows the database; ``app.text.sql`` says the same in SQL, by the same tables of characters.

- ``visible``: what is typed without characters that no one sees, composed (и + ̆ → й). The door of every request.
- ``cleaned``: the same, in one line with single blanks; ``cleaned_lines`` keeps the lines of longer texts.
- ``name_key``: equal for two spellings of one name. Unique keys, directories, lists from Excel.
- ``sort_key``: the alphabet of people: ё beside е, case does not count.
- ``words``: words of a search; none when there are only signs in it.
- ``code``: number or code of a paper as people copy it from the paper.
"""

from __future__ import annotations

import re
import unicodedata

# --- tables of characters --------------------------------------------------------------------------------------------

#: characters that no one sees: soft hyphen, zero-width blanks and joiners, direction marks, byte order mark
INVISIBLE = "\u00ad\u061c\u180e" + "".join(
    map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF))
)
#: blanks other than the usual one; the database's own idea of a blank depends on its locale
BLANKS = "\t\n\v\f\r\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
DASHES = "‐‑‒–—―−"
APOSTROPHES = "’‘ʼ`´′"
QUOTES = '"«»„“”‟'
#: Latin letters drawn like Cyrillic ones, small; upper case becomes small before
_ALIKE, _CYRILLIC = "abcehkmoptxyëё", "авсенкмортхуее"

#: (what is replaced, by what): what stands beyond the end of the second text is dropped
KEY_FROM = _ALIKE + DASHES + QUOTES + BLANKS + "'" + APOSTROPHES + INVISIBLE
KEY_TO = _CYRILLIC + "-" * len(DASHES) + " " * (len(QUOTES) + len(BLANKS))
SORT_FROM, SORT_TO = "ё", "е"
#: numbers of papers: blanks of any kind and quotation marks say nothing, look-alikes are one letter
CODE_FROM = _ALIKE + DASHES + " №" + BLANKS + QUOTES + "'" + APOSTROPHES + INVISIBLE
CODE_TO = _CYRILLIC + "-" * len(DASHES)
#: signs beside which blanks do not count, and what at the ends of a name says nothing; the same for PostgreSQL
TIGHT_SIGNS = r" ?([-.,;:/№()]) ?"
ENDS, CODE_ENDS = " .,;", ".,;:"


def _table(replaced: str, by: str) -> dict[int, int | None]:
    """A table that replaces as ``translate`` of PostgreSQL does: characters beyond the end of ``by`` are dropped."""
    return {ord(char): ord(by[place]) if place < len(by) else None for place, char in enumerate(replaced)}


_KEY, _SORT, _CODE = _table(KEY_FROM, KEY_TO), _table(SORT_FROM, SORT_TO), _table(CODE_FROM, CODE_TO)
_CHECK_CODE = {
    **_table(_CYRILLIC[: len("abcehkmoptxy")], "abcehkmoptxy"),
    **_table(DASHES, "-" * len(DASHES)),
    **_table(" №" + BLANKS + QUOTES + "'" + APOSTROPHES, ""),
}
_UNSEEN = re.compile(f"[{INVISIBLE}\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_DASHES = str.maketrans(dict.fromkeys(DASHES, "-"))
_TIGHT = re.compile(TIGHT_SIGNS)
_WORD = re.compile(r"-?\w+")


# --- stored ----------------------------------------------------------------------------------------------------------


def visible(typed: str) -> str:
    """Return the text composed (NFC), without invisible and control characters; blanks and line breaks stay."""
    return unicodedata.normalize("NFC", _UNSEEN.sub("", typed))


def cleaned(typed: str) -> str:
    """Return a line of text as it is stored: what can be seen, single blanks, none at the ends."""
    return " ".join(visible(typed).split())


def cleaned_lines(typed: str) -> str:
    """Return a text of several lines as it is stored: what can be seen, no blanks at the ends of lines and of the text."""
    lines = visible(typed).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def plain_dashes(typed: str) -> str:
    """Return the text with every dash as a hyphen."""
    return typed.translate(_DASHES)


# --- compared, sorted, searched --------------------------------------------------------------------------------------


def name_key(name: str) -> str:
    """Return the form in which two spellings of one name are equal; for comparing only, never for showing.

    Small letters, ё → е, dashes are one, quotation marks and apostrophes dropped, blanks collapsed and dropped around
    signs, Latin look-alikes turned to Cyrillic (in all words, so that «CОШ» and «СОШ» are equal in either case).
    """
    folded = re.sub(" +", " ", unicodedata.normalize("NFC", name).lower().translate(_KEY))
    return _TIGHT.sub(r"\1", folded).strip(ENDS)


def sort_key(text: str) -> str:
    """Return what sorts a text among others: ё beside е, case does not count."""
    return unicodedata.normalize("NFC", text).lower().translate(_SORT)


def words(typed: str) -> list[str]:
    """Return the words of a search, small, ё as е; a number keeps the minus before it («СЗ-30» is sought both ways)."""
    return _WORD.findall(sort_key(visible(typed)))


def code(typed: str) -> str:
    """Return what counts of a paper's number as people copy it: «№ пк-2026 / 0001.» → «пк-2026/0001».

    Blanks, quotation marks, «№» (also as «No», «N») and a full stop at the end are dropped; case, dashes and Latin
    look-alikes do not count.
    """
    bare = re.sub(r"^\s*n[o°º]?[\s.]+", "", unicodedata.normalize("NFC", typed).lower())
    return bare.translate(_CODE).strip(CODE_ENDS)


def check_code(typed: str) -> str:
    """Return the unguessable code of a paper as it is compared: small, without what surrounds it; an address gives its end.

    Codes are Latin letters, digits, «-» and «_»; Cyrillic look-alikes come from typing what is printed.
    """
    last = cleaned(typed).rstrip("/").rpartition("/")[2].lower().translate(_CHECK_CODE)
    return last.strip(CODE_ENDS)


# --- said to be absent -----------------------------------------------------------------------------------------------

_NOTHING = frozenset(
    "нет|не имеет|не имею|не имеется|отсутствует|отсутствуют|нет данных|не указано|не указан|не указана|без отчества|"
    "б/о|н/д|none|null".translate(_KEY).split("|")
)


def says_nothing(typed: str) -> bool:
    """Whether the text only says that there is nothing: empty, signs alone («-», «—», «…»), «нет», «не имеет»."""
    bare = name_key(typed)
    return not any(char.isalnum() for char in bare) or bare in _NOTHING
