#!/usr/bin/python3
"""The D-Bus interfaces are the contract: each member is described, each argument named, and each
method says which errors it returns, by names that exist."""

import re
import xml.parsers.expat

import lint

ERROR_TABLE = "daemon/base/live-error.c"
ERROR_ENUM = "daemon/base/live-error.h"


class Reader:
    """Collects (kind, name, line, comment before it, arguments) from one interface file."""

    def __init__(self, text):
        self.members = []
        self.comment = ""
        self.current = None
        self.parser = xml.parsers.expat.ParserCreate()
        self.parser.CommentHandler = self.on_comment
        self.parser.StartElementHandler = self.on_start
        self.parser.EndElementHandler = self.on_end
        self.parser.Parse(text, True)

    def on_comment(self, text):
        self.comment = text

    def on_start(self, element, attributes):
        if element in ("interface", "method", "signal", "property"):
            line = self.parser.CurrentLineNumber
            self.current = (element, attributes["name"], line, self.comment, [])
            self.members.append(self.current)
            self.comment = ""
        elif element == "arg" and self.current:
            self.current[4].append(attributes.get("name", ""))

    def on_end(self, element):
        self.comment = ""


def error_names(root, known):
    """Code names of the enum in the contract's spelling: LIVE_ERROR_TOOL_EXISTS -> ToolExists."""
    if ERROR_ENUM not in known:
        return set()
    codes = re.findall(r"\bLIVE_ERROR_([A-Z_]+),", lint.read(root, ERROR_ENUM))
    return {"".join(word.capitalize() for word in code.split("_")) for code in codes}


def check_member(member, methods, errors):
    kind, name, _, comment, arguments = member
    heading, _, body = comment.strip().partition("\n")
    if kind == "property" and re.match(rf"{name}:\s+\S", comment.strip()):
        return
    if heading.strip() != f"{name}:":
        yield f"{kind} {name} has no description of its own before it"
        return
    for argument in arguments:
        if not re.search(rf"^\s*@{re.escape(argument)}:", body, re.MULTILINE):
            yield f"{name}: the argument {argument} is not described"
    prose = re.sub(r"^\s*@\w+:.*?(?=^\s*@|^\s*$|\Z)", "", body, flags=re.MULTILINE | re.DOTALL)
    if not re.sub(r"Errors:.*", "", prose, flags=re.DOTALL).strip() and kind != "interface":
        yield f"{name}: a description that says nothing"
    if kind != "method":
        return

    paragraph = re.search(r"^\s*Errors:(.*)\Z", body, re.MULTILINE | re.DOTALL)
    if not paragraph:
        yield f"{name}: the description does not end with Errors:"
        return
    if re.search(r"\n\s*\n", paragraph.group(1).strip()):
        yield f"{name}: something follows Errors:"
    text = re.sub(r"\([^)]*\)|\"[^\"]*\"", "", paragraph.group(1))
    for word in re.findall(r"\b[A-Z][A-Za-z]+\b", text):
        if errors and word not in errors and word not in methods and word != "None":
            yield f"{name}: there is no error {word}"


def check(root):
    known = set(lint.files(root))
    errors = error_names(root, known)
    for name in sorted(known):
        if not re.fullmatch(r"data/org\.lived\.Live1\.\w+\.xml", name) or "gschema" in name:
            continue
        try:
            members = Reader(lint.read(root, name)).members
        except xml.parsers.expat.ExpatError as error:
            yield f"{name}:1: {error}"
            continue
        methods = {member[1] for member in members if member[0] == "method"}
        for member in members:
            if member[0] == "interface":
                if "@short_description:" not in member[3]:
                    yield f"{name}:{member[2]}: the interface has no @short_description"
                continue
            for problem in check_member(member, methods, errors):
                yield f"{name}:{member[2]}: {problem}"


def interface(comment):
    return {
        "data/org.lived.Live1.X.xml":
            '<node><!-- org.x:\n @short_description: X -->\n<interface name="org.x">\n'
            f'<!--\n{comment}\n-->\n<method name="Go"><arg name="far" type="u"/></method>\n'
            '<!-- Mood: How it feels. --><property name="Mood" type="s" access="read"/>\n'
        "</interface></node>\n",
        ERROR_ENUM: "  LIVE_ERROR_TOOL_EXISTS,\n  LIVE_ERROR_BUSY,\n",
    }


CASES = [
    ("a described method passes",
     interface("Go:\n@far: How far.\n\nGoes.\n\nErrors: Busy, ToolExists (A Word)."), None),
    ("no description", interface("Stop:\nx\n\nErrors: Busy"), "has no description of its own"),
    ("an argument left out", interface("Go:\n\nGoes.\n\nErrors: Busy."), "argument far"),
    ("no errors", interface("Go:\n@far: How far.\n\nGoes."), "does not end with Errors:"),
    ("an unknown error", interface("Go:\n@far: How far.\n\nGoes.\n\nErrors: Bsuy."), "error Bsuy"),
    ("text after the errors",
     interface("Go:\n@far: How far.\n\nGoes.\n\nErrors: Busy.\n\nMore."), "follows Errors:"),
    ("no prose", interface("Go:\n@far: How far.\n\nErrors: Busy."), "says nothing"),
    ("broken XML", {"data/org.lived.Live1.X.xml": "<node>"}, "no element found"),
]

if __name__ == "__main__":
    lint.main(check, CASES)
