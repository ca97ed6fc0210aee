"""Headless Chromium, driven over a pipe by its DevTools protocol, as a person would use it: keys,
and what is on the page afterwards. No driver and no library: messages are JSON that ends with NUL.
"""

import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "These tests look at pages in Chromium, which is not here. Install it: apt-get install chromium"
)
PATIENCE = 60.0
KEYS = {"Enter": "\r", "Tab": "", "Escape": "", " ": " "}
CODES = {"Enter": 13, "Tab": 9, "Escape": 27, " ": 32}
CTRL, SHIFT = 2, 8


class PageError(AssertionError):
    """What the page threw, or that it did not come to what was waited for."""


def program() -> str:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    assert found, MISSING
    return found


class Browser:
    """One page. ``complaints`` are errors of its scripts and of its security policy."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._numbers = itertools.count(1)
        self._buffer = b""
        self.complaints: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Accessibility"):
            self.call(f"{domain}.enable")

    _session = ""
    _loaded = False

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = self._send(method, **params)
        while True:
            answer = self._read()
            if answer.get("id") == number:
                if "error" in answer:
                    raise PageError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])
            self._note(answer)

    def _send(self, method: str, **params: Any) -> int:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        return number

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._reading], [], [], PATIENCE)
            chunk = os.read(self._reading, 1 << 20) if ready else b""
            if not chunk:
                raise PageError("Chromium does not answer")
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(message))

    def _note(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        if event.get("method") == "Page.loadEventFired":
            self._loaded = True
        elif event.get("method") == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif event.get("method") == "Runtime.consoleAPICalled" and params["type"] == "error":
            self.complaints.append(
                " ".join(str(one.get("value", one.get("description"))) for one in params["args"])
            )
        elif event.get("method") == "Log.entryAdded" and params["entry"]["source"] == "security":
            self.complaints.append(params["entry"]["text"])
        elif event.get("method") == "Page.javascriptDialogOpening":
            # "Leave this page?": a person would say yes.
            self._send("Page.handleJavaScriptDialog", accept=True)

    def open(self, url: str) -> None:
        """Anew, even where only the part behind # differs, and loaded when this returns."""
        for each in ("about:blank", url):
            self._loaded = False
            self.call("Page.navigate", url=each)
            while not self._loaded:
                self._note(self._read())

    def evaluate(self, script: str) -> Any:
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise PageError(answer["exceptionDetails"]["exception"].get("description", script))
        return answer["result"].get("value")

    def until(self, script: str) -> Any:
        """The value of the script as soon as it is true."""
        give_up_at = time.monotonic() + PATIENCE
        wrapped = f"""new Promise((resolve) => {{
            const began = Date.now();
            const look = () => {{
                let found; try {{ found = ({script}); }} catch {{}}
                if (!found && Date.now() - began < 2000) requestAnimationFrame(look);
                else resolve(found instanceof Node || found || null);
            }}; look(); }})"""
        while time.monotonic() < give_up_at:
            if found := self.evaluate(wrapped):
                return found
        said = self.evaluate("document.body?.innerText.slice(0, 600)")
        raise PageError(f"never: {script}\n{said}\n{self.complaints}")

    def press(self, key: str, modifiers: int = 0) -> None:
        """One key; letters as they are, others by name."""
        text = KEYS.get(key, key) if not modifiers & CTRL else ""
        code = CODES.get(key, ord(key[0].upper()))
        common = {"key": key, "modifiers": modifiers, "windowsVirtualKeyCode": code}
        down = "keyDown" if text else "rawKeyDown"
        self.call("Input.dispatchKeyEvent", type=down, **common, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def write(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def choose(self, element: str, value: str) -> None:
        """One option of the list with this id."""
        self.evaluate(
            f"""(() => {{ const list = document.getElementById('{element}');
            list.value = '{value}'; list.dispatchEvent(new Event('change')); }})()"""
        )

    def offline(self, is_offline: bool) -> None:
        self.call("Network.enable")
        rates = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.call("Network.emulateNetworkConditions", offline=is_offline, **rates)

    def media(self, scheme: str) -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def size(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def screenshot(self, path: Path) -> None:
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))

    def accessibility(self) -> list[dict[str, Any]]:
        """What a screen reader is told: the nodes that it does not ignore."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [node for node in nodes if not node.get("ignored")]


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A browser of its own, ended at the end."""
    path = program()
    to_child, from_us = os.pipe()
    to_us, from_child = os.pipe()
    # Above 3 and 4, which Chromium reads and writes.
    theirs = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 10) for each in (to_child, from_child)]
    actions = [(os.POSIX_SPAWN_DUP2, theirs[0], 3), (os.POSIX_SPAWN_DUP2, theirs[1], 4)]
    log = os.open(profile / "chromium.log", os.O_WRONLY | os.O_CREAT, 0o600)
    actions += [(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
    options = [
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        *("--no-first-run", "--disable-background-networking", "--lang=en-US"),
        *("--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"),
    ]
    pid = os.posix_spawn(
        path, [path, *options], dict(os.environ), file_actions=actions, setpgroup=0
    )
    for each in (to_child, from_child, log, *theirs):
        os.close(each)
    try:
        browser = Browser(to_us, from_us)
        yield browser
    finally:
        for each in (from_us, to_us):
            os.close(each)
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
