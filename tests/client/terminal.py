"""A real terminal, tmux, with livectl in it, judged by what stands on the screen."""

import re
import subprocess

from harness import WithDaemon, program, wait_for


class WithTerminal(WithDaemon):
    def setUp(self):
        super().setUp()
        self.tmux_socket = f"{self.bus.folder}/tmux"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "60", "-y", "24",
                  "bash --norc --noprofile")
        self.tmux("send-keys", "PS1='$ '; clear", "Enter")
        self.see(r"^\$ $")

    def tearDown(self):
        self.tmux("kill-server")
        super().tearDown()

    def tmux(self, *args):
        return subprocess.run(["tmux", "-S", self.tmux_socket, *args], env=self.bus.env, check=True,
                              capture_output=True).stdout.decode()

    def screen(self):
        lines = [line.rstrip() for line in self.tmux("capture-pane", "-p").split("\n")]
        return re.sub(r"\n+$", "", "\n".join(lines)) + " "

    def see(self, pattern):
        """Waits for the pattern on the screen, whose trailing space is the cursor's."""
        found = []

        def look():
            found[:] = [self.screen()]
            return re.search(pattern, found[0], re.MULTILINE)
        try:
            return wait_for(pattern, look)
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen:\n{found[0]}") from None

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def livectl(self, *args):
        self.type(f"{program('livectl')} {' '.join(args)}; echo exit=$?", "Enter")
