#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the built site.

  check.py links SITE               every link within the site leads to a file and an anchor, and nothing is fetched
                                    from elsewhere
  check.py browser SITE CHROMIUM    Chromium opens every page but those of the API reference, and of those the main
                                    ones: no script error, nothing that cannot be loaded, and no page wider than a phone

Each check is first made of a page that is broken on purpose, and fails if it does not notice.
"""
import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

TAG = re.compile(r"<[a-zA-Z][^<>]*>")
ATTRIBUTE = re.compile(r"\s(href|src|id|name)=\"([^\"]*)\"")


def read_page(path):
    """The anchors of a page, and its links, each with the tag that has it."""
    anchors = set()
    links = []
    for tag in TAG.findall(path.read_text(errors="replace")):
        for key, value in ATTRIBUTE.findall(tag):
            if key in ("id", "name"):
                anchors.add(html.unescape(value))
            else:
                links.append((tag, html.unescape(value)))
    return anchors, links


def dead_links(site):
    pages = {path.resolve(): read_page(path) for path in site.rglob("*.html")}
    for path, (_, links) in sorted(pages.items()):
        for tag, link in links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                if parts.scheme in ("http", "https", "") and not tag.startswith("<a "):
                    yield f"{path}: fetches {link}"
                continue
            target = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                yield f"{path}: {link} is not there"
            elif parts.fragment and target in pages and urllib.parse.unquote(parts.fragment) not in pages[target][0]:
                yield f"{path}: {link} has no such anchor"


class Browser:
    """Chromium without a window, steered through pipes by its DevTools protocol."""

    def __init__(self, program, profile):
        here_in, there_out = os.pipe()
        there_in, here_out = os.pipe()

        def hand_over():
            # The browser reads commands from descriptor 3 and writes to 4, which the pipes have taken if nobody has.
            commands, answers = os.dup(there_in), os.dup(there_out)
            os.dup2(commands, 3)
            os.dup2(answers, 4)

        # Without its sandbox, which containers do not allow; what it opens was made here.
        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-dev-shm-usage", "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=hand_over, pass_fds=(3, 4), stderr=subprocess.DEVNULL)
        os.close(there_in)
        os.close(there_out)
        self.input = os.fdopen(here_in, "rb")
        self.output = os.fdopen(here_out, "wb")
        self.count = 0
        self.errors = []
        self.loaded = False
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        # The width of a small phone.
        self.call("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True)

    def read(self):
        """The next message; what it says of errors is kept."""
        text = bytearray()
        while (byte := self.input.read(1)) != b"\0":
            if not byte:
                sys.exit("The browser ended before its time.")
            text += byte
        message = json.loads(text)
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "assert"):
            self.errors.append(str(parameters["args"][:1]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.errors.append(parameters["entry"]["text"])
        elif method == "Network.loadingFailed" and not parameters.get("canceled"):
            self.errors.append(parameters["errorText"])
        return message

    def call(self, method, **parameters):
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.output.write(json.dumps(message).encode() + b"\0")
        self.output.flush()
        while (answer := self.read()).get("id") != self.count:
            pass
        if "error" in answer:
            sys.exit(f"{method}: {answer['error']}")
        return answer["result"]

    def evaluate(self, expression):
        return self.call("Runtime.evaluate", expression=expression, awaitPromise=True)["result"].get("value")

    def open(self, path, narrow=True):
        """What is wrong with the page."""
        self.errors = []
        self.loaded = False
        self.call("Page.navigate", url=path.resolve().as_uri())
        while not self.loaded:
            self.read()
        # Two frames, so that what scripts do once the page is there has been done.
        self.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        if narrow and (width := self.evaluate("document.documentElement.scrollWidth")) > 360:
            self.errors.append(f"the page is {width} pixels wide on a phone of 360")
        return self.errors

    def close(self):
        self.call("Browser.close")
        self.process.wait()


BROKEN = """<!DOCTYPE html><title>Broken</title><a href="no_page.html">a</a><a href="#no_anchor">b</a>
<script src="https://example.invalid/script.js"></script>
<img src="no_image.png"/><div style="width: 1000px">wide</div>
<script>console.error("said"); no_such_function();</script>"""


def check_links(site):
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "broken.html").write_text(BROKEN)
        if len(found := list(dead_links(pathlib.Path(folder)))) != 4:
            sys.exit("The check is blind: of 4 bad links it saw\n" + "\n".join(found))
    return list(dead_links(site))


def check_browser(site, program):
    profile = tempfile.mkdtemp()
    browser = Browser(program, profile)
    try:
        broken = pathlib.Path(profile) / "broken.html"
        broken.write_text(BROKEN)
        found = "\n".join(browser.open(broken))
        for sign in ("said", "no_such_function is not defined", "ERR_FILE_NOT_FOUND", "pixels wide"):
            if sign not in found:
                sys.exit(f"The check is blind: it did not see '{sign}', but\n{found}")
        reference = site / "api"
        pages = [path for path in sorted(site.rglob("*.html")) if reference not in path.parents]
        errors = [f"{path}: {error}" for path in pages for error in browser.open(path)]
        main = [reference / name for name in ("index.html", "annotated.html", "namespaceplimsoll.html", "concepts.html",
                                              "classplimsoll_1_1QuantileThreshold.html", "structplimsoll_1_1Fit.html")]
        errors += [f"{path}: {error}" for path in main for error in browser.open(path, narrow=False)]
        print(f"{len(pages) + len(main)} pages")
        browser.close()
        return errors
    finally:
        browser.process.kill()
        browser.process.wait()
        shutil.rmtree(profile, ignore_errors=True)


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "links":
        errors = check_links(pathlib.Path(sys.argv[2]))
    elif len(sys.argv) == 4 and sys.argv[1] == "browser":
        errors = check_browser(pathlib.Path(sys.argv[2]), sys.argv[3])
    else:
        sys.exit(__doc__)
    if errors:
        sys.exit("\n".join(errors))


if __name__ == "__main__":
    main()
