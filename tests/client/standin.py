"""The tools' side of the stand-in for the daemon: takes registrations, calls providers, asks agents.

It keeps the contract's rules that a provider or an agent can notice, and nothing else.
"""

import json

from gi.repository import GLib

from harness import Refusal, wait_for

PROVIDER = "org.lived.Live1.ToolProvider"
AGENT = "org.lived.Live1.ToolAgent"


class Call:
    """One call of a provider or an agent, answered some time."""

    def __init__(self, name):
        self.id = name
        self.value = None
        self.error = None

    def is_done(self):
        return self.value is not None or self.error is not None

    def wait(self):
        wait_for(f"the answer to {self.id}", self.is_done)
        return self

    def json(self):
        self.wait()
        assert self.error is None, self.error
        return json.loads(self.value)

    def failure(self):
        """The words of the error, without its name."""
        self.wait()
        assert self.error is not None, self.value
        return self.error.split(": ", 1)[1]


class Tools:
    def __init__(self, daemon):
        self.daemon = daemon
        self.tools = {}  # name -> {"owner", "declaration", "options"}
        self.registrations = []  # names, in order
        self.agents = []  # (owner, path), the newest last
        self.parts = []
        self.count = 0
        for method in ("RegisterTool", "UnregisterTool", "Respond", "RegisterAgent"):
            daemon.handlers[method] = getattr(self, method)

    @property
    def sender(self):
        return self.daemon.calls[-1][2]

    def RegisterTool(self, declaration_json, options):
        declaration = json.loads(declaration_json)
        old = self.tools.get(declaration["name"])
        if old and old["owner"] != self.sender:
            raise Refusal("ToolExists", "taken")
        self.tools[declaration["name"]] = {"owner": self.sender, "declaration": declaration,
                                           "options": options}
        self.registrations.append(declaration["name"])
        return ()

    def UnregisterTool(self, name):
        if name not in self.tools:
            raise Refusal("NotFound")
        del self.tools[name]
        return ()

    def Respond(self, call, result_json, options):
        self.parts.append((call, json.loads(result_json), options))
        return ()

    def RegisterAgent(self, path):
        self.agents.append((self.sender, path))
        return ()

    # What a test does

    def wait_for(self, *names):
        wait_for(f"the tools {names}", lambda: all(name in self.tools for name in names))
        return self.tools[names[0]]

    def send(self, owner, path, interface, method, *values):
        self.count += 1
        call = Call(f"c-{self.count}")
        types = {"Invoke": "(sssa{sv})", "Request": "(sssa{sv})"}

        def done(connection, result):
            try:
                call.value = connection.call_finish(result).unpack()[0]
            except GLib.Error as error:
                call.error = error.message.removeprefix("GDBus.Error:")
        self.daemon.connection.call(
            owner, path, interface, method, GLib.Variant(types[method], (call.id, *values)), None,
            0, 600000, None, done)
        return call

    def call(self, name, arguments=None, text=None, **context):
        tool = self.tools[name]
        context = {"origin": GLib.Variant("s", "model"),
                   "timeout-ms": GLib.Variant("u", tool["options"].get("timeout-ms", 20000)),
                   **context}
        return self.send(tool["owner"], tool["options"]["object-path"], PROVIDER, "Invoke", name,
                         text if text is not None else json.dumps(arguments or {}), context)

    def cancel(self, name, call, reason="interrupted"):
        tool = self.tools[name]
        self.tell(tool["owner"], tool["options"]["object-path"], PROVIDER, call, reason)

    def tell(self, owner, path, interface, call, reason):
        self.daemon.connection.call(owner, path, interface, "Cancel",
                                    GLib.Variant("(ss)", (call.id, reason)), None, 0, -1, None,
                                    lambda connection, result: connection.call_finish(result))

    def ask(self, tool, arguments, **details):
        owner, path = self.agents[-1]
        return self.send(owner, path, AGENT, "Request", tool, arguments,
                         {name: GLib.Variant("s" if isinstance(value, str) else "u", value)
                          for name, value in details.items()})

    def withdraw(self, call, reason="interrupted"):
        owner, path = self.agents[-1]
        self.tell(owner, path, AGENT, call, reason)
