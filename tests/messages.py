"""``python3 -m tests.messages``: bring the catalogues of translations up to date.

It reads every marked text of the package into ``wagtail_m365/locale/*/LC_MESSAGES/django.po``
and compiles each catalogue. What it leaves untranslated is listed, and fails the tests.
It needs GNU gettext (Debian: ``apt install gettext``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import chdir
from pathlib import Path

from example_site import environment

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "wagtail_m365"
#: The languages of the catalogues; whoever adds one adds it here.
LANGUAGES = ("de", "es", "fr", "ja", "nl")
PLURALS = {
    **dict.fromkeys(("de", "es", "nl"), "nplurals=2; plural=(n != 1);"),
    "fr": "nplurals=2; plural=(n > 1);",
    "ja": "nplurals=1; plural=0;",
}
_HEADER = """\
# Translation of wagtail_m365.
# This file is distributed under the licence of the package.
msgid ""
msgstr ""
"Project-Id-Version: wagtail_m365\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"
"""
#: The test kit speaks to developers, in English.
NOT_FOR_PEOPLE = ("testing/*",)


def catalogue(language: str, package: Path = PACKAGE) -> Path:
    return package / "locale" / language / "LC_MESSAGES" / "django.po"


def update(package: Path, languages: Sequence[str]) -> None:
    """Write what is marked in the package into its catalogues."""
    from django.core.management import call_command
    from django.core.management.commands import makemessages

    class Command(makemessages.Command):
        # A guess that looks like a translation is worse than none.
        msgmerge_options = [
            *makemessages.Command.msgmerge_options,
            "--no-fuzzy-matching",
        ]

    (package / "locale").mkdir(exist_ok=True)
    for language in languages:
        if not (path := catalogue(language, package)).exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            header = _HEADER.format(language=language, plurals=PLURALS[language])
            path.write_text(header, encoding="utf-8")
    with chdir(package):
        call_command(
            Command(),
            locale=list(languages),
            ignore_patterns=list(NOT_FOR_PEOPLE),
            add_location="file",
            no_wrap=True,
            no_obsolete=True,
            verbosity=0,
        )
    for language in languages:
        _write_header(language, package)


def _write_header(language: str, package: Path) -> None:
    """Say the language and its plural forms, and no hour: it would differ each time."""
    path = catalogue(language, package)
    _, _, entries = path.read_text(encoding="utf-8").partition("\n\n")
    header = _HEADER.format(language=language, plurals=PLURALS[language])
    path.write_text(f"{header}\n{entries}", encoding="utf-8")


def compile_catalogue(source: Path, target: Path) -> None:
    """Compile, and refuse placeholders that the translation does not keep."""
    command = ["msgfmt", "--check-format", "-o", str(target), str(source)]
    subprocess.run(command, check=True)


def untranslated(path: Path) -> Iterator[str]:
    """The texts without a translation that counts, plural forms included."""
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        entries = list(read_po(file))
    for entry in entries:
        said = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        if entry.id and (entry.fuzzy or not all(said)):
            yield entry.id[0] if isinstance(entry.id, tuple) else entry.id


def main() -> int:
    environment.ensure(("django", "babel"), "dev", "tests.messages")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    update(PACKAGE, LANGUAGES)
    left = 0
    for language in LANGUAGES:
        path = catalogue(language)
        compile_catalogue(path, path.with_suffix(".mo"))
        missing = list(untranslated(path))
        left += len(missing)
        print(f"{language}: {len(missing)} untranslated")
        for text in missing:
            print(f"    {text}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
