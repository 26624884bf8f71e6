"""Headless Chromium driven over a pipe (Chrome DevTools Protocol), without any further package."""

import json
import os
import shutil
import subprocess

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe", "--hide-scrollbars",
)  # fmt: skip


class Browser:
    """One tab; ``problems`` collects what it writes to the console and what throws."""

    def __init__(self, commands, answers):
        self._commands, self._answers, self._n, self._session = commands, answers, 0, None
        self.problems, self._loaded = [], False
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method, **params):
        """Send a command and return its result; events that arrive before it are kept."""
        self._n += 1
        message = {"id": self._n, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        self._commands.flush()
        while (answer := self._read()).get("id") != self._n:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, url, *, width=1280, height=900):
        """Load a page in a window of this size (CSS pixels) and wait until it is there."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", **size)
        self._loaded = False
        self.send("Page.navigate", url=url)
        while not self._loaded:
            self._read()

    def run(self, script):
        """Return what a JavaScript expression is, as of a user's action."""
        arguments = {"expression": script, "returnByValue": True, "awaitPromise": True, "userGesture": True}
        result = self.send("Runtime.evaluate", **arguments)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def press(self, key):
        """Press and release a key, for example ``Enter``."""
        codes = {"Enter": (13, "\r"), "Tab": (9, ""), "Escape": (27, ""), "ArrowRight": (39, ""), " ": (32, " ")}
        code, text = codes[key]
        for kind in ("keyDown", "keyUp"):
            named = {"key": key, "windowsVirtualKeyCode": code, "nativeVirtualKeyCode": code}
            typed = {"text": text} if text and kind == "keyDown" else {}
            self.send("Input.dispatchKeyEvent", type=kind, **named, **typed)

    def _read(self):
        message = json.loads(b"".join(iter(lambda: self._answers.read(1), b"\0")))
        method = message.get("method")
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
            self.problems.append(message["params"])
        return message


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    """A :class:`Browser` for the tests of a module; they are skipped where there is no Chromium."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    ours_in, theirs_out = os.pipe()
    theirs_in, ours_out = os.pipe()

    def place_pipes():  # Chromium reads from 3 and writes to 4
        spare_in, spare_out = os.dup(theirs_in), os.dup(theirs_out)
        os.dup2(spare_in, 3)
        os.dup2(spare_out, 4)

    process = subprocess.Popen(
        [CHROMIUM, *_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"], preexec_fn=place_pipes,
        close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs_in), os.close(theirs_out)
    with os.fdopen(ours_out, "wb") as commands, os.fdopen(ours_in, "rb") as answers:
        try:
            found = Browser(commands, answers)
            yield found
            found.send("Browser.close")
        finally:
            process.terminate()
            process.wait(timeout=20)
