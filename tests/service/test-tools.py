#!/usr/bin/python3
"""Tools over a real daemon and the simulator, on a bus of its own: registered, called, answered,
refused, killed. Providers are further connections of this process, or processes that can die."""

import json
import os
import subprocess
import sys

from tools_rig import NAME, PATH, PROVIDER_XML, SESSION, TOOLS, Gio, GLib, Rig, run


class Answers(Rig):
    def give(self, *offers, answer=None, **options):
        provider = self.provider(answer)
        for name in offers:
            self.assertIsNone(provider.register(name, **options))
        return provider

    def test_object_and_signal(self):
        self.give("lamp", answer=lambda *_: '{"on": true}')
        other = self.give("clock", signal=True)
        self.connect()
        self.model_calls("lamp", {"level": 3})
        self.assertEqual(self.wait_answers(1)[0]["response"], {"on": True})
        self.model_calls("clock")
        self.wait(lambda: other.of("ToolCall"), "ToolCall")
        call, name, arguments, context = other.of("ToolCall")[0]
        self.assertEqual((name, arguments, context["origin"]), ("clock", "{}", "model"))
        self.assertEqual(context["timeout-ms"], 20000)
        stranger = self.provider()
        self.assertIn("NotOwner", stranger.call("Respond", "(ssa{sv})", call, "1", {})[1])
        self.assertIsNone(other.call("Respond", "(ssa{sv})", call, "12", {})[1])
        self.assertIn("NotFound", other.call("Respond", "(ssa{sv})", call, "12", {})[1])
        self.assertEqual(self.wait_answers(2)[1]["response"], {"output": 12})
        self.assertFalse(self.user.of("ToolCall") or stranger.of("ToolCall"))
        self.wait(lambda: len(self.finished()) == 2, "ends")
        self.assertEqual(self.finished(), [("lamp", "ok"), ("clock", "ok")])
        self.assertEqual(len(self.answers()), 2)
        self.assertEqual(self.tools()["lamp"]["calls"], 1)

    def test_results(self):
        texts = {"big": "x" * 2 ** 20, "odd": "it is raining", "empty": ""}
        provider = self.give("say", answer=lambda _call, _name, arguments:
                             texts[json.loads(arguments)["what"]])
        self.give("broken", answer=lambda *_: RuntimeError("no paper"))
        self.connect()
        for what in texts:
            self.model_calls("say", {"what": what})
        self.model_calls("broken")
        self.model_calls("nobody")
        answers = [answer["response"] for answer in self.wait_answers(5)]
        cut = next(answer for answer in answers if "truncated" in answer)
        self.assertLess(len(json.dumps(cut)), 34000)
        self.assertIn("1048576", cut["note"])
        self.assertIn({"output": "it is raining"}, answers)
        self.assertIn({"output": ""}, answers)
        self.assertIn({"error": "no paper"}, answers)
        self.assertIn({"error": "There is no tool of this name."}, answers)
        self.assertEqual(self.state()["violation_list"], [])

    def test_silence_and_lateness(self):
        provider = self.give("slow", timeout_ms=GLib.Variant("u", 300))
        self.connect()
        self.model_calls("slow")
        self.assertIn("in time", self.wait_answers(1)[0]["response"]["error"])
        self.wait(lambda: provider.cancelled, "Cancel")
        call = provider.calls[0][0]
        self.assertEqual(provider.cancelled, [(call, "timeout")])
        provider.release(call, "{}")
        self.assertIn("NotFound", provider.call("Respond", "(ssa{sv})", call, "{}", {})[1])
        self.assertEqual(len(self.answers()), 1)
        self.assertEqual(self.statistic("tool-timeouts"), 1)

    def test_cancelled(self):
        provider = self.give("slow")
        self.connect()
        self.model_calls("slow")
        self.wait(lambda: provider.calls, "Invoke")
        call = provider.calls[0][0]
        self.inject({"send": {"toolCallCancellation": {"ids": [call]}}})
        self.wait(lambda: provider.cancelled, "Cancel")
        self.assertEqual(provider.cancelled, [(call, "interrupted")])
        provider.release(call, '{"late": 1}')
        self.wait(lambda: self.finished() == [("slow", "cancelled")], "the end")
        self.assertIn("NotFound", provider.call("Respond", "(ssa{sv})", call, "{}", {})[1])
        self.assertEqual(self.answers(), [])
        # Asked again by the server: it was done, and is not done twice.
        self.model_calls("slow")
        self.assertEqual(self.wait_answers(1)[0]["response"], {"late": 1})
        self.assertEqual(len(provider.calls), 1)

    def test_crowd_of_calls(self):
        provider = self.give("work")
        self.connect()
        self.inject(*[{"call": "work", "args": {"n": n}} for n in range(100)])
        self.wait(lambda: len(provider.calls) == 100, "100 calls")
        for call, _, arguments, _ in reversed(list(provider.calls)):
            provider.release(call, arguments)
        answers = self.wait_answers(100)
        self.assertEqual(sorted(answer["response"]["n"] for answer in answers), list(range(100)))
        self.assertEqual(len({answer["id"] for answer in answers}), 100)

    def test_taken_away(self):
        provider = self.give("gone")
        self.connect()
        self.model_calls("gone")
        self.wait(lambda: provider.calls, "Invoke")
        self.assertIn("NotOwner", self.user.call("UnregisterTool", "(s)", "gone")[1])
        self.assertIsNone(provider.call("UnregisterTool", "(s)", "gone")[1])
        self.assertIn("taken away", self.wait_answers(1)[0]["response"]["error"])
        self.assertEqual(self.tools(), {})

    def test_refusals(self):
        provider, other = self.give("mine"), self.provider()
        for declaration, words in (("{", "InvalidSchema"), ('{"name":"a b"}', "/name"),
                                   ('{"name":"a","parameters":{"properties":{"x":{"type":"no"}}}}',
                                    "/parameters/properties/x/type"), ('{"name":"mine"}', "ToolExists")):
            self.assertIn(words, other.call("RegisterTool", "(sa{sv})", declaration, {})[1])
        for key, value in (("colour", GLib.Variant("s", "red")), ("confirm", GLib.Variant("s", "x")),
                           ("timeout-ms", GLib.Variant("u", 600001)),
                           ("timeout-ms", GLib.Variant("u", 0)),
                           ("object-path", GLib.Variant("s", "/p"))):
            error = other.call("RegisterTool", "(sa{sv})", '{"name":"a"}', {key: value})[1]
            self.assertIn("InvalidArgument", error)
            self.assertIn(key, error)
        self.assertIsNone(provider.register("mine"))
        self.assertIn("NotFound", other.call("UnregisterTool", "(s)", "a")[1])

    def test_by_hand(self):
        self.give("add", answer=lambda _call, _name, arguments:
                  str(sum(json.loads(arguments)["of"])))
        reply, error = self.user.call("CallTool", "(ssa{sv})", "add", '{"of":[1,2,3]}', {})
        self.assertIsNone(error)
        self.assertEqual(json.loads(reply[0]), {"output": 6})
        self.assertIn("NotFound", self.user.call("CallTool", "(ssa{sv})", "no", "{}", {})[1])
        self.assertIn("InvalidArgument", self.user.call("CallTool", "(ssa{sv})", "add", "[", {})[1])
        slow, caller = self.give("slow"), self.provider()
        caller.bus.call(NAME, PATH, TOOLS, "CallTool",
                        GLib.Variant("(ssa{sv})", ("slow", "{}", {})), None,
                        Gio.DBusCallFlags.NONE, -1, None, None)
        self.wait(lambda: slow.calls, "Invoke")
        caller.close()
        self.wait(lambda: slow.cancelled, "Cancel")
        self.assertEqual(slow.cancelled[0][1], "caller-gone")
        calls = self.user.call("ListCalls", "(a{sv})", {})[0][0]
        self.assertEqual([(call["origin"], call["outcome"]) for call in calls],
                         [("caller", "ok"), ("caller", "cancelled")])


class Life(Rig):
    def test_killed(self):
        """Its process dies in the middle of a call."""
        code = f"""import gi, sys
from gi.repository import Gio, GLib
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
for i in Gio.DBusNodeInfo.new_for_xml({PROVIDER_XML!r}).interfaces:
    bus.register_object("/p", i, lambda *a: print("called", flush=True), None, None)
bus.call_sync({NAME!r}, {PATH!r}, {TOOLS!r}, "RegisterTool", GLib.Variant("(sa{{sv}})",
  ('{{"name":"mortal"}}', {{"object-path": GLib.Variant("o", "/p")}})), None, 0, -1, None)
print("ready", flush=True)
GLib.MainLoop().run()"""
        process = self.spawn([sys.executable, "-c", code], stdout=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        self.connect()
        self.model_calls("mortal")
        self.assertEqual(process.stdout.readline(), b"called\n")
        process.kill()
        self.assertIn("gone", self.wait_answers(1)[0]["response"]["error"])
        self.wait(lambda: self.finished() == [("mortal", "vanished")], "the end")
        self.wait(lambda: not self.tools(), "the tool to go")
        self.model_calls("mortal")
        self.assertIn("no tool", self.wait_answers(2)[1]["response"]["error"])

    def test_one_setup(self):
        """512 tools of 32 programs are one change, with the context kept."""
        self.connect()
        reply, error = self.user.call("Ask", "(sa{sv})", "my name is Ada", {}, interface=SESSION)
        self.assertIsNone(error)
        providers = [self.provider(lambda *_: '{"ok":1}') for _ in range(32)]
        box = []
        for number, provider in enumerate(providers):
            for nth in range(16):
                options = {"object-path": GLib.Variant("o", "/p")}
                declaration = json.dumps({"name": f"tool_{number}_{nth}"})
                provider.bus.call(NAME, PATH, TOOLS, "RegisterTool",
                                  GLib.Variant("(sa{sv})", (declaration, options)), None,
                                  Gio.DBusCallFlags.NONE, -1, None,
                                  lambda bus, result: box.append(bus.call_finish(result)))
        self.wait(lambda: len(box) == 512, "512 registrations")
        self.wait(lambda: self.tools()["tool_31_15"]["state"] == "available"
                  and all(tool["state"] == "available" for tool in self.tools().values()),
                  "the setup")
        self.assertEqual(self.statistic("connects"), 2)
        self.assertEqual(self.statistic("tool-setups"), 1)
        declared = self.state()["last_setup"]["tools"][0]["functionDeclarations"]
        self.assertEqual(len(declared), 512)
        self.assertIn("LimitExceeded", self.user.register("one_more"))
        self.model_calls("tool_7_7")
        self.assertEqual(self.wait_answers(1)[0]["response"], {"ok": 1})
        reply, error = self.user.call("Ask", "(sa{sv})", "what is my name", {}, interface=SESSION)
        self.assertIn("Ada", reply[0])
        for provider in providers:
            provider.close()
        self.wait(lambda: not self.tools(), "the tools to go")

    def test_through_a_loss(self):
        """The connection is cut during a call that the handle knows: the result still arrives."""
        provider = self.provider()
        self.assertIsNone(provider.register("slow"))
        self.connect()
        self.user.call("Ask", "(sa{sv})", "hello", {}, interface=SESSION)
        self.model_calls("slow")
        self.wait(lambda: provider.calls, "Invoke")
        self.inject({"go_away": "0.5s"})
        self.wait(lambda: self.statistic("connects") == 2, "the next connection")
        # 3.8 does not wait: its turn ended, and the handle that followed knows the call.
        self.assertEqual(provider.cancelled, [])
        provider.release(provider.calls[0][0], '{"after": "all"}')
        self.assertEqual(self.wait_answers(1)[0]["response"], {"after": "all"})
        self.wait(lambda: self.finished() == [("slow", "ok")], "the end")
        self.assertEqual(self.state()["violation_list"], [])


class Blocking(Rig):
    model = "gemini-2.5-flash-native-audio-latest"

    def test_lost_with_its_context(self):
        """No handle comes while a call blocks: after a loss nobody waits for the answer, and the
        provider and the world are told."""
        provider = self.provider()
        self.assertIsNone(provider.register("slow"))
        self.connect()
        self.user.call("Ask", "(sa{sv})", "hello", {}, interface=SESSION)
        self.model_calls("slow")
        self.wait(lambda: provider.calls, "Invoke")
        call, _, _, context = provider.calls[0]
        self.assertTrue(context["blocking"])
        self.inject({"abort": True})
        self.wait(lambda: provider.cancelled, "Cancel")
        self.assertEqual(provider.cancelled, [(call, "connection-lost")])
        self.wait(lambda: self.finished() == [("slow", "cancelled")], "the end")
        provider.release(call, "{}")
        self.wait(lambda: self.statistic("tool-results-late") == 1, "the late result")
        self.assertEqual(self.answers(), [])
        self.assertEqual(self.state()["violation_list"], [])


class Consent(Rig):
    def test_nobody_there(self):
        provider = self.provider(lambda *_: "{}")
        self.assertIsNone(provider.register("risky", confirm=GLib.Variant("s", "always")))
        self.connect()
        self.model_calls("risky")
        self.assertIn("nobody is there", self.wait_answers(1)[0]["response"]["error"])
        self.assertEqual(provider.calls, [])
        error = self.user.call("CallTool", "(ssa{sv})", "risky", "{}", {})[1]
        self.assertIn("PermissionDenied", error)

    def test_agents(self):
        provider = self.provider(lambda *_: "{}")
        provider.register("once", confirm=GLib.Variant("s", "first"))
        words = ["deny", "allow"]
        old = self.provider(decide=lambda *_: "deny")
        agent = self.provider(decide=lambda *_: words.pop(0) if words else None)
        for who in (old, agent):
            self.assertIsNone(who.call("RegisterAgent", "(o)", "/p")[1])
        self.connect()
        self.model_calls("once", {"a": 1})
        self.assertIn("did not allow", self.wait_answers(1)[0]["response"]["error"])
        self.assertEqual(agent.asked[0][1], "once")
        self.assertEqual(json.loads(agent.asked[0][2]), {"a": 1})
        self.assertEqual(agent.asked[0][3]["confirm"], "first")
        self.model_calls("once", {"a": 2})
        self.model_calls("once", {"a": 3})
        self.wait(lambda: len(provider.calls) == 2 or len(agent.asked) == 3, "the calls")
        self.wait_answers(2)
        self.assertEqual(old.asked, [])

    def test_withdrawn_and_passed_on(self):
        provider = self.provider(lambda *_: '{"did":"it"}')
        provider.register("risky", confirm=GLib.Variant("s", "always"))
        older = self.provider(decide=lambda *_: "allow")
        agent = self.provider(decide=lambda *_: None)
        for who in (older, agent):
            who.call("RegisterAgent", "(o)", "/p")
        self.connect()
        self.model_calls("risky", {"n": 1})
        self.wait(lambda: agent.asked, "the question")
        self.inject({"send": {"toolCallCancellation": {"ids": [agent.asked[0][0]]}}})
        self.wait(lambda: agent.cancelled, "the withdrawal")
        self.assertEqual(agent.cancelled[0][1], "interrupted")
        self.model_calls("risky", {"n": 2})
        self.wait(lambda: len(agent.asked) == 2, "the next question")
        agent.close()
        self.assertEqual(self.wait_answers(1)[0]["response"], {"did": "it"})
        self.assertEqual(len(older.asked), 1)
        self.assertIsNone(older.call("UnregisterAgent", "(o)", "/p")[1])
        self.assertIn("NotFound", older.call("UnregisterAgent", "(o)", "/p")[1])


PROVIDER = f"""import gi
from gi.repository import Gio, GLib
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
def on_call(bus, sender, path, interface, method, parameters, invocation):
    if method == "Invoke":
        invocation.return_value(GLib.Variant("(s)", ('{{"started": true}}',)))
for interface in Gio.DBusNodeInfo.new_for_xml({PROVIDER_XML!r}).interfaces:
    bus.register_object("/org/example/Files", interface, on_call, None, None)
Gio.bus_own_name_on_connection(bus, "org.example.Files", 0, None, None)
GLib.MainLoop().run()
"""


class Files(Rig):
    def write(self, name, **keys):
        keys = {"Name": name, "Description": "from a file", "BusName": "org.example.Files",
                "ObjectPath": "/org/example/Files", **keys}
        path = os.path.join(self.data, "lived", "tools.d", name + ".tool")
        with open(path, "w", encoding="utf-8") as file:
            file.write("[Tool]\n" + "".join(f"{key}={value}\n" for key, value in keys.items()))
        return path

    def wait_log(self, words):
        def look():
            with open(self.log.name, encoding="utf-8", errors="replace") as file:
                return words in file.read()

        self.wait(look, words)

    def test_started_by_its_first_call(self):
        script = os.path.join(self.dir, "provider.py")
        with open(script, "w", encoding="utf-8") as file:
            file.write(PROVIDER)
        with open(os.path.join(self.data, "dbus-1", "services", "org.example.Files.service"), "w",
                  encoding="utf-8") as file:
            file.write(f"[D-BUS Service]\nName=org.example.Files\n"
                       f"Exec={sys.executable} {script}\n")
        self.write("by_file", Parameters='{"type":"object","properties":{"x":{"type":"string"}}}')
        self.wait(lambda: "by_file" in self.tools(), "the file")
        tool = self.tools()["by_file"]
        self.assertEqual((tool["state"], tool["owner"]), ("activatable", "org.example.Files"))
        self.assertIn("ToolExists", self.user.register("by_file"))
        self.assertIn("NotOwner", self.user.call("UnregisterTool", "(s)", "by_file")[1])
        self.connect()
        self.model_calls("by_file", {"x": "y"})
        self.assertEqual(self.wait_answers(1)[0]["response"], {"started": True})
        self.wait(lambda: self.tools()["by_file"]["state"] == "available", "the program")

    def test_watched(self):
        path = self.write("coming")
        self.wait(lambda: "coming" in self.tools(), "the file")
        self.write("broken", Parameters="{")
        self.wait_log("broken.tool: /parameters")
        self.write("odd", Colour="red")
        self.wait_log("odd.tool: [Tool] Colour")
        self.assertEqual(list(self.tools()), ["coming"])
        self.write("coming", Hidden="true")
        self.wait(lambda: not self.tools(), "it to hide")
        self.write("coming", Confirm="always")
        self.wait(lambda: "coming" in self.tools(), "it to return")
        self.assertEqual(self.tools()["coming"]["confirm"], "always")
        os.unlink(path)
        self.wait(lambda: not self.tools(), "it to go")

    def test_program_that_does_not_start(self):
        self.write("lost")
        self.wait(lambda: "lost" in self.tools(), "the file")
        self.connect()
        self.model_calls("lost")
        self.assertIn("gone", self.wait_answers(1)[0]["response"]["error"])


if __name__ == "__main__":
    run()
