#!/usr/bin/python3
"""Writes the manual pages that follow from other files, as reStructuredText on standard output:

    generate.py settings SCHEMA KEYS   lived-settings(5), from the GSettings schema and the table
                                       that names each setting's class of change
    generate.py dbus INTERFACE...      org.lived.Live1(5), from the documented interface files
"""

import re
import sys
import xml.etree.ElementTree
import xml.parsers.expat

CHANGES = {
    "LIVE": "at once",
    "RECONNECT": "at the next quiet point; the conversation keeps its context",
    "NEXT_CONVERSATION": "in the next conversation",
    "RESTART": "when the daemon is started again",
}


def escape(text):
    """What reStructuredText would read as markup."""
    return re.sub(r"([\\*`|_])", r"\\\1", text)


def heading(text, line):
    return f"{text}\n{line * len(text)}\n"


def page(name, summary, section):
    double, single = "=" * len(name), "-" * len(summary)
    return (f"{double}\n{name}\n{double}\n\n{single}\n{summary}\n{single}\n\n"
            f":Manual section: {section}\n:Manual group: lived\n")


def words(element, tag):
    found = element.find(tag)
    return " ".join((found.text or "").split()) if found is not None else ""


# lived-settings(5)

def describe_values(key):
    """Which values a setting takes."""
    choices = key.find("choices")
    if choices is not None:
        values = [choice.get("value") for choice in choices.findall("choice")]
        return "one of " + ", ".join(f"``{value}``" if value else "nothing" for value in values)
    limits = key.find("range")
    if limits is not None:
        low, high = limits.get("min"), limits.get("max")
        return f"{low} to {high}" if low and high else f"at least {low}" if low \
            else f"at most {high}"
    kinds = {"s": "text", "b": "true or false", "d": "a number", "as": "a list of texts",
             "i": "a whole number", "u": "a whole number, not negative"}
    return kinds.get(key.get("type"), f"a value of the type {key.get('type')}")


def read_changes(path):
    with open(path, encoding="utf-8") as stream:
        rows = re.findall(r'LIVE_SETTING \(\s*\w+,\s*"([\w-]+)",\s*"([\w-]+)".*?'
                          r"(LIVE_CHANGE_\w+)\s*\)", stream.read(), re.DOTALL)
    return {f"{group}.{key}": change.replace("LIVE_CHANGE_", "") for group, key, change in rows}


def write_settings(schema_path, keys_path):
    changes = read_changes(keys_path)
    yield page("lived-settings", "the settings of lived", 5)
    yield heading("DESCRIPTION", "=")
    yield ("Settings are kept in *$XDG_CONFIG_HOME/lived/settings.ini*, in which a setting\n"
           "``group.key`` is the line ``key=value`` below ``[group]``, its value as GVariant text\n"
           "(texts in quotes). The file may be edited by hand; the daemon watches it. **livectl\n"
           "config** lists and changes settings, and tells when a change is in force. Administrators\n"
           "give defaults in */etc/lived/defaults* and forbid changes in */etc/lived/locks*.\n")
    for schema in xml.etree.ElementTree.parse(schema_path).getroot().findall("schema"):
        group = schema.get("path").rstrip("/").rsplit("/", 1)[-1]
        keys = schema.findall("key")
        if keys:
            yield heading(group.upper(), "=")
        for key in keys:
            name = f"{group}.{key.get('name')}"
            yield heading(escape(name), "-")
            yield f"{escape(words(key, 'summary'))}. {escape(words(key, 'description'))}\n"
            yield (f"| Value: {describe_values(key)}\n"
                   f"| Default: ``{words(key, 'default')}``\n"
                   f"| A change is in force: {CHANGES[changes[name]]}\n")
    yield heading("SEE ALSO", "=")
    yield "**lived**\\(1), **livectl**\\(1)\n"


# org.lived.Live1(5)

class Interface:
    """One interface file: its members in order, each with the comment before it."""

    def __init__(self, path):
        self.name, self.comment, self.members, self.last = "", "", [], ""
        parser = xml.parsers.expat.ParserCreate()
        parser.CommentHandler = self.on_comment
        parser.StartElementHandler = self.on_start
        with open(path, "rb") as stream:
            parser.ParseFile(stream)

    def on_comment(self, text):
        self.last = "\n".join(line.strip() for line in text.strip().split("\n"))

    def on_start(self, element, attributes):
        if element == "interface":
            self.name, self.comment = attributes["name"], self.last
        elif element in ("method", "signal", "property"):
            self.members.append((element, attributes, self.last, []))
        elif element == "arg":
            self.members[-1][3].append(attributes)


def split_comment(comment):
    """({argument: text}, [paragraph], errors) of a member's comment."""
    body = re.sub(r"^[\w.]+:[ \n]*", "", comment)
    arguments, paragraphs, errors = {}, [], ""
    for block in re.split(r"\n\s*\n", body):
        for name, text in re.findall(r"^@(\w+):\s*(.*?)(?=^@|\Z)", block, re.MULTILINE | re.DOTALL):
            arguments[name] = " ".join(text.split())
        text = " ".join(block.split())
        if text.startswith("Errors:"):
            errors = text[len("Errors:"):].strip()
        elif text and not text.startswith("@"):
            paragraphs.append(text)
    return arguments, paragraphs, errors


def write_member(kind, attributes, comment, arguments):
    described, paragraphs, errors = split_comment(comment)
    if kind == "property":
        access = {"read": "read-only", "readwrite": "read and write"}[attributes["access"]]
        yield f"**{attributes['name']}** ``{attributes['type']}`` ({access})"
    else:
        given = [f"``{a['type']}`` *{escape(a['name'])}*" for a in arguments
                 if a.get("direction") != "out"]
        returned = [f"``{a['type']}`` *{escape(a['name'])}*" for a in arguments
                    if a.get("direction") == "out"]
        yield (f"**{attributes['name']}** ({', '.join(given)})"
               + (f" → ({', '.join(returned)})" if returned else ""))
    for paragraph in paragraphs:
        yield f"    {escape(paragraph)}\n"
    for name, text in described.items():
        yield f"    *{escape(name)}*: {escape(text)}\n"
    if errors:
        yield f"    Errors: {escape(errors)}\n"


def write_dbus(paths):
    interfaces = sorted((Interface(path) for path in paths), key=lambda interface: interface.name)
    yield page("org.lived.Live1", "the D-Bus service of lived", 5)
    yield heading("DESCRIPTION", "=")
    yield ("**lived**\\(1) offers its conversation on the user's session bus, under the name\n"
           "*org.lived.Live1*, by one object, */org/lived/Live1*, that carries all interfaces::\n\n"
           "    busctl --user call org.lived.Live1 /org/lived/Live1 org.lived.Live1.Session \\\n"
           "        SendText 'sa{sv}' hello 0\n\n"
           "An option that a method does not know is refused by name. A property change is told\n"
           "before any signal that follows from it. Texts that name a state or a reason are open: a\n"
           "client reads an unknown one as the first of its list. Turn numbers rise by one, and 0 is\n"
           "no turn. What a caller holds ends when it leaves the bus. The names of errors are to be\n"
           "read with *org.lived.Live1.Error.* before them.\n")
    for interface in interfaces:
        yield heading(interface.name, "=")
        described, paragraphs, _ = split_comment(interface.comment)
        for paragraph in [described["short_description"] + "."] + paragraphs:
            yield escape(paragraph) + "\n"
        for kind, title in (("method", "Methods"), ("property", "Properties"),
                            ("signal", "Signals")):
            members = [member for member in interface.members if member[0] == kind]
            if members:
                yield heading(title, "-")
            for member in members:
                yield "\n".join(write_member(*member)) + "\n"
    yield heading("SEE ALSO", "=")
    yield "**lived**\\(1), **livectl**\\(1), **busctl**\\(1)\n"


def main():
    what, arguments = sys.argv[1], sys.argv[2:]
    parts = write_settings(*arguments) if what == "settings" else write_dbus(arguments)
    print("\n".join(parts))


if __name__ == "__main__":
    main()
