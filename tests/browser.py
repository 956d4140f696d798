"""A headless Chromium for tests, spoken to over a pipe: no driver, no sockets, no packages.

with Browser() as browser:
    page = browser.open(file.as_uri())
    page.click("#search")
    page.type("bookings")
    assert page.evaluate("document.activeElement.id") == "search"
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_KEYS = {"Enter": 13, "Tab": 9, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38}


def find_browser() -> str | None:
    """Return Chromium's path, None where there is none."""
    return next((path for path in map(shutil.which, _NAMES) if path), None)


AXE = Path(__file__).resolve().parents[1] / ".venv" / "axe" / "package" / "axe.min.js"
"""The accessibility checker axe-core, which `make axe` gets from npm."""


def _place(commands: int, answers: int) -> None:
    answers = os.dup(answers)  # 3 may be it
    os.dup2(commands, 3)
    os.dup2(answers, 4)


class Browser:
    """Starts Chromium and ends it; commands and answers are JSON that NUL bytes separate."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        commands, self._write = os.pipe()
        self._read, answers = os.pipe()
        self._process = subprocess.Popen(
            [
                find_browser() or "chromium",
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--remote-debugging-pipe",  # commands on 3, answers on 4
                f"--user-data-dir={self._folder.name}",
                "about:blank",
            ],
            pass_fds=(3, 4),
            preexec_fn=lambda: _place(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._number = 0
        self._buffer = b""
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)
        os.close(self._write)
        os.close(self._read)
        self._folder.cleanup()

    def send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send one command and return its result; events that come in between are kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self.events.append(answer)

    def open(
        self, url: str, *, width: int = 1280, height: int = 900, scheme: str = "light"
    ) -> Page:
        """Open a page in a new tab and wait until it is loaded."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.send(f"{domain}.enable")
        page.resize(width, height)
        page.send(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )
        page.send("Page.navigate", url=url)
        page.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")
        return page

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            chunk = os.read(self._read, 1 << 20)
            assert chunk, "Chromium has ended"
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)


class Page:
    """One tab."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.send(method, self._session, **parameters)

    def resize(self, width: int, height: int) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def evaluate(self, script: str) -> Any:
        """Return the value of a JavaScript expression; an exception fails the test."""
        answer = self.send(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, script: str, *, seconds: float = 15) -> None:
        """Wait until a JavaScript expression is true."""
        deadline = time.monotonic() + seconds
        while not self.evaluate(f"!!({script})"):
            assert time.monotonic() < deadline, f"never true: {script}"
            time.sleep(0.02)

    def click(self, selector: str) -> None:
        """Click the middle of the first element, as a mouse does."""
        box = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); "
            "e.scrollIntoView({block: 'center'}); const r = e.getClientRects()[0]; "
            "return [r.x + r.width / 2, r.y + r.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send(
                "Input.dispatchMouseEvent",
                type=kind,
                x=box[0],
                y=box[1],
                button="left",
                clickCount=1,
            )

    def type(self, text: str) -> None:
        """Type into the focused element."""
        for letter in text:
            self.send("Input.dispatchKeyEvent", type="char", text=letter)

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press and release one key, such as Enter, Tab or a letter."""
        code = _KEYS.get(key, ord(key[0].upper()))
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        pressed = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **pressed)
        self.send("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def screenshot(self, file: Path, *, whole: bool = False) -> None:
        """Write what the tab shows, or the whole page, as PNG."""
        options: dict[str, Any] = {}
        if whole:
            width, height = self.evaluate(
                "(r => [r.scrollWidth, r.scrollHeight])(document.documentElement)"
            )
            clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
            options = {"captureBeyondViewport": True, "clip": clip}
        file.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", **options)["data"]))

    def print_to(self, file: Path) -> None:
        """Write the page as it prints on A4, as PDF."""
        sheet = {"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": True}
        file.write_bytes(base64.b64decode(self.send("Page.printToPDF", **sheet)["data"]))

    def media(self, kind: str) -> None:
        """Lay the page out for `print` or `screen`."""
        self.send("Emulation.setEmulatedMedia", media=kind)

    def axe_violations(self) -> list[str]:
        """Return what axe-core finds wrong for people with disabilities, each with a place."""
        self.evaluate(AXE.read_text(encoding="utf-8") + ";0")
        found = self.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{rule['id']}: {rule['help']}: {node['target']} {node['failureSummary']}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    def requests(self) -> list[str]:
        """Return every address that was asked for so far."""
        return [e["params"]["request"]["url"] for e in self._events("Network.requestWillBeSent")]

    def complaints(self) -> list[str]:
        """Return errors of scripts and of the console so far."""
        found = [
            str(e["params"]["exceptionDetails"]) for e in self._events("Runtime.exceptionThrown")
        ]
        return found + [str(e["params"]["entry"]) for e in self._events("Log.entryAdded")]

    def _events(self, method: str) -> list[dict[str, Any]]:
        self.evaluate("1")  # what happened before this is in by now
        return [
            event
            for event in self._browser.events
            if event.get("method") == method and event.get("sessionId") == self._session
        ]
