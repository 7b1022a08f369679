#!/usr/bin/python3
"""Every language of po/LINGUAS is complete: nothing untranslated, nothing fuzzy, nothing left
over, formats that fit. German and Russian belong to the house."""

import os
import re
import subprocess
import tempfile

import lint

REQUIRED = ["de", "ru"]
LINGUAS = "po/LINGUAS"
LIST = "po/POTFILES.in"

# What meson's i18n.gettext (preset: 'glib') gives to xgettext.
KEYWORDS = ["--from-code=UTF-8", "--keyword=_", "--keyword=N_", "--keyword=C_:1c,2",
            "--keyword=NC_:1c,2", "--keyword=g_dcgettext:2", "--keyword=g_dngettext:2,3",
            "--keyword=g_dpgettext2:2c,3", "--flag=N_:1:pass-c-format",
            "--flag=C_:2:pass-c-format", "--flag=NC_:2:pass-c-format",
            "--flag=g_strdup_printf:1:c-format", "--flag=g_string_printf:2:c-format",
            "--flag=g_string_append_printf:2:c-format", "--flag=g_set_error:4:c-format",
            "--flag=g_error_new:3:c-format", "--flag=g_print:1:c-format",
            "--flag=g_printerr:1:c-format"]


def run(root, *command):
    result = subprocess.run(command, cwd=root, capture_output=True, text=True,
                            env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": ""})
    return result.returncode, (result.stdout + result.stderr).strip()


def first_lines(text, limit=12):
    """What gettext's tools complain of, without their remarks on the way."""
    found = [line for line in text.split("\n") if "warning: this message is not used" not in line]
    more = f" | and {len(found) - limit} lines more" if len(found) > limit else ""
    return " | ".join(re.sub(r"\S*/lived\.pot:\d+: ", "", line) for line in found[:limit]) + more


def missing_texts(template, output):
    """The texts themselves, for a line number in a file that is gone tells nothing."""
    with open(template, encoding="utf-8") as stream:
        source = stream.read().split("\n")
    texts = []
    for number in map(int, re.findall(r"lived\.pot:(\d+): (?!warning)", output)):
        # The tool names a line of the entry; its text stands in one line or in those that follow.
        first = max(at for at in range(number) if source[at].startswith("msgid "))
        text = source[first][len("msgid "):]
        texts.append(text if text != '""' else source[first + 1])
    return f"{len(texts)} texts: " + ", ".join(texts[:8])


def check_language(root, language, template):
    name = f"po/{language}.po"
    if not os.path.exists(os.path.join(root, name)):
        yield f"{name}:1: missing"
        return
    content = lint.read(root, name)
    for number, line in lint.lines(content):
        if line.startswith("#~"):
            yield f"{name}:{number}: a translation of something that is gone"
            break
        if re.match(r"#,.*\bfuzzy\b", line):
            yield f"{name}:{number}: fuzzy"

    code, output = run(root, "msgfmt", "--check", "--output-file=/dev/null", name)
    if code != 0:
        yield f"{name}:1: {first_lines(output)}"
    code, output = run(root, "msgcmp", name, template)
    if code != 0:
        yield f"{name}:1: not complete: {missing_texts(template, output)}"
    # The other way round: what the program no longer says.
    code, output = run(root, "msgcmp", "--use-untranslated", template, name)
    if code != 0:
        yield f"{name}:1: more than the program says: {first_lines(output)}"


def check(root):
    root = str(root)
    languages = lint.read(root, LINGUAS).split() if os.path.exists(f"{root}/{LINGUAS}") else []
    for language in REQUIRED:
        if language not in languages:
            yield f"{LINGUAS}:1: {language} is missing"
    if languages != sorted(languages):
        yield f"{LINGUAS}:1: not in order"

    with tempfile.TemporaryDirectory() as folder:
        template = os.path.join(folder, "lived.pot")
        code, output = run(root, "xgettext", *KEYWORDS, f"--files-from={LIST}",
                           f"--output={template}")
        if code != 0 or not os.path.exists(template):
            yield f"{LIST}:1: xgettext: {first_lines(output)}"
            return
        for language in languages:
            yield from check_language(root, language, template)


def po(language, *entries):
    head = ('msgid ""\nmsgstr ""\n"Project-Id-Version: lived\\n"\n'
            f'"Last-Translator: x\\n"\n"Language-Team: x\\n"\n"PO-Revision-Date: 2024\\n"\n'
            f'"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n'
            '"Content-Type: text/plain; charset=UTF-8\\n"\n'
            '"Content-Transfer-Encoding: 8bit\\n"\n')
    return head + "".join(f'\n{entry}\n' for entry in entries)


HELLO = 'msgid "Hello"\nmsgstr "Hallo"'
COUNT = '#, c-format\nmsgid "%d turns"\nmsgstr "%d Runden"'
RU = po("ru", HELLO.replace("Hallo", "Привет"), COUNT)
GOOD = {LINGUAS: "de\nru\n", LIST: "client/a.c\n", "po/de.po": po("de", HELLO, COUNT),
        "po/ru.po": RU, "client/a.c": '_("Hello"); printf (_("%d turns"), n);\n'}

CASES = [
    ("complete languages pass", GOOD, None),
    ("an untranslated string", {**GOOD, "po/de.po": po("de", 'msgid "Hello"\nmsgstr ""', COUNT)},
     "de.po:1: not complete"),
    ("a missing string", {**GOOD, "po/ru.po": po("ru", HELLO)}, "ru.po:1: not complete"),
    ("a fuzzy string", {**GOOD, "po/de.po": po("de", "#, fuzzy\n" + HELLO, COUNT)}, "fuzzy"),
    ("a string too many", {**GOOD, "po/de.po": po("de", HELLO, COUNT, 'msgid "Bye"\nmsgstr "x"')},
     "more than the program says"),
    ("an obsolete string", {**GOOD, "po/de.po": po("de", HELLO, COUNT) + '\n#~ msgid "O"\n'
                            '#~ msgstr "o"\n'}, "something that is gone"),
    ("a format that does not fit",
     {**GOOD, "po/de.po": po("de", HELLO, COUNT.replace("%d Runden", "%s Runden"))}, "de.po:1:"),
    ("a language of the house left out", {**GOOD, LINGUAS: "de\n"}, "ru is missing"),
    ("a file left out", {**GOOD, LINGUAS: "de\nfr\nru\n"}, "po/fr.po:1: missing"),
]

if __name__ == "__main__":
    lint.main(check, CASES)
