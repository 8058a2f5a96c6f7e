#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the site: the API reference by Doxygen, the pages written in Markdown, and reports of the bundled score sets.

Fails, with a list, for a public symbol without documentation and for a link that leads nowhere.
"""
import argparse
import html
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import markdown
from markdown.extensions.toc import TocExtension
from markdown.treeprocessors import Treeprocessor

SITE = pathlib.Path(__file__).parent


def slug(text, separator):
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", separator)


# A header that lacks documentation wherever it may, and what is to be found in it.
BARE = """
#define PLIMSOLL_BARE 1
namespace bare_namespace { void unseen(); }
/// Documented.
namespace plimsoll {
class BareClass {};
/// Documented.
struct Documented {
  int bare_member = 0;
  void bare_method();
};
/// Documented.
enum class Words { bare_word, word /**< documented */ };
enum class BareEnumeration { word /**< documented */ };
void bare_function();
inline constexpr int bare_constant = 1;
using BareAlias = int;
template <typename T> concept BareConcept = true;
}
"""
BARE_NAMES = ["PLIMSOLL_BARE", "bare_namespace", "BareClass", "bare_member", "bare_method", "bare_word",
              "BareEnumeration", "bare_function", "bare_constant", "BareAlias", "BareConcept"]


def run_doxygen(doxygen, build, changes=""):
    """Runs Doxygen in the folder; returns what it says is not documented, or is wrong in the documentation."""
    log = build / "doxygen.log"
    log.unlink(missing_ok=True)
    failed = subprocess.run([doxygen, "-"], input=(build / "Doxyfile").read_text() + changes, text=True).returncode != 0
    text = log.read_text() if log.exists() else ""
    return text or "Doxygen failed." if failed else text


def documented(symbol):
    return any("".join(symbol.find(part).itertext()).strip() for part in ("briefdescription", "detaileddescription"))


def read_reference(xml):
    """What can be linked, by name: classes, concepts, and functions of namespaces as `name()`; and what has no
    documentation without a warning by Doxygen 1.9.4: enumerators, concepts, macros, empty classes, and namespaces."""
    links = {}
    bare = set()
    for path in sorted(xml.glob("*.xml")):
        for compound in ElementTree.parse(path).getroot().findall("compounddef"):
            name = compound.find("compoundname").text
            kind = compound.get("kind")
            if compound.get("prot") == "private":
                continue
            if kind in ("class", "struct", "concept") and "<" not in name:
                links[name] = compound.get("id") + ".html"
            if kind in ("class", "struct", "union", "concept", "namespace") and not documented(compound):
                bare.add(name)
            for member in compound.iter("memberdef"):
                member_name = member.find("name").text
                if kind == "namespace" and member.get("kind") == "function":
                    page, anchor = member.get("id").rsplit("_1", 1)
                    links.setdefault(f"{name}::{member_name}()", f"{page}.html#{anchor}")
                if member.get("kind") == "define" and "_DETAIL_" not in member_name and not documented(member):
                    bare.add(member_name)
                if member.get("prot") != "private":
                    for value in member.findall("enumvalue"):
                        if not documented(value):
                            bare.add(f"{name}::{member_name}::{value.find('name').text}")
    return {name.removeprefix("plimsoll::"): page for name, page in links.items()}, sorted(bare)


def build_reference(doxygen, build):
    """The API reference, and where the names are in it. Fails for a public symbol without documentation."""
    with tempfile.TemporaryDirectory() as scratch:
        (pathlib.Path(scratch) / "bare.hpp").write_text(BARE)
        said = run_doxygen(doxygen, build, f'INPUT = "{scratch}"\nOUTPUT_DIRECTORY = "{scratch}"\nGENERATE_HTML = NO\n')
        said += "\n".join(read_reference(pathlib.Path(scratch) / "xml")[1])
        blind = [name for name in BARE_NAMES if not re.search(rf"\b{name}\b", said)]
        if blind:
            sys.exit(f"The check is blind: it did not see {blind} in\n{said}")
    said = run_doxygen(doxygen, build)
    links, bare = read_reference(build / "xml")
    if said or bare:
        sys.exit("\n".join([said, *(f"{name} is not documented." for name in bare)]))
    # Doxygen 1.9.4 links the nested classes even where all of them are private, and none is shown.
    for page in (build / "html/api").glob("class*.html"):
        text = page.read_text()
        if 'href="#nested-classes"' in text and 'name="nested-classes"' not in text:
            page.write_text(re.sub(r'<a href="#nested-classes">Classes</a>( &#124;)?\s*', "", text))
    return links


class Page:
    """A page of the site: where it is in the repository and in the site, and what it is called."""

    def __init__(self, source, path):
        self.path = path
        self.text = (source / path).read_text()
        self.target = "index.html" if path == "README.md" else path.removesuffix(".md") + ".html"
        self.title = re.search(r"^# (.*)", self.text, re.M).group(1)


class Links(Treeprocessor):
    """Turns links to files of the repository into links within the site, and names of the reference into links."""

    def __init__(self, md, site, page):
        super().__init__(md)
        self.site = site
        self.page = page

    def run(self, root):
        for link in root.iter("a"):
            link.set("href", self.site.resolve(self.page, link.get("href")))
        for image in root.iter("img"):
            self.site.copy_image(self.page, image.get("src"))
        for parent in list(root.iter()):
            if parent.tag not in ("a", "pre"):
                self.link_names(parent)

    def link_names(self, parent):
        for index, child in enumerate(list(parent)):
            name = (child.text or "").removeprefix("plimsoll::")
            if child.tag == "code" and name in self.site.reference:
                link = ElementTree.Element("a")
                link.set("href", self.site.relative(self.page.target, "api/" + self.site.reference[name]))
                link.tail, child.tail = child.tail, None
                parent[index] = link
                link.append(child)


class Site:
    def __init__(self, source, output, reference):
        self.source = source
        self.output = output
        self.reference = reference
        paths = [*source.glob("*.md"), *source.glob("docs/**/*.md"), *source.glob("examples/**/*.md")]
        pages = [Page(source, path.relative_to(source).as_posix()) for path in sorted(paths)]
        self.pages = {page.path: page for page in pages}
        self.files = set()
        self.dead = []

    @staticmethod
    def relative(origin, target):
        path, _, anchor = target.partition("#")
        return os.path.relpath(path, os.path.dirname(origin) or ".") + (anchor and "#" + anchor)

    def resolve(self, page, link):
        path, _, anchor = link.partition("#")
        if not path or ":" in path:
            return link
        path = os.path.normpath(os.path.join(os.path.dirname(page.path), path))
        if path in self.pages:
            target = self.pages[path].target
        elif (self.source / path).is_file():
            self.files.add(path)
            target = path + ".html"
        elif (self.source / path).is_dir():
            inside = sorted(file for file in (self.source / path).rglob("*") if file.is_file())
            self.files.update(file.relative_to(self.source).as_posix() for file in inside if is_text(file))
            target = path + "/index.html"
            self.write_folder(path)
        else:
            self.dead.append(f"{page.path}: {link}")
            return link
        return self.relative(page.target, target) + (anchor and "#" + anchor)

    def copy_image(self, page, link):
        path = os.path.normpath(os.path.join(os.path.dirname(page.path), link))
        if not (self.source / path).is_file():
            self.dead.append(f"{page.path}: {link}")
            return
        (self.output / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.source / path, self.output / path)

    def navigation(self, target):
        """All pages: those that the README names in its order, then the rest."""
        readme = self.pages["README.md"].text

        def place(page):
            found = readme.find(f"({page.path}")
            return found if found >= 0 else len(readme), page.title.lower()

        def group(name, pages):
            lines = [f"<h2>{name}</h2>", "<ul>"]
            for title, path in pages:
                here = ' aria-current="page"' if path == target else ""
                lines.append(f'<li><a href="{self.relative(target, path)}"{here}>{html.escape(title)}</a></li>')
            return "\n".join([*lines, "</ul>"])

        pages = sorted(self.pages.values(), key=place)
        guide = [page for page in pages if page.path.startswith("docs/") and page.path.count("/") == 1]
        methods = [page for page in pages if page.path.startswith("docs/methods/")]
        project = [page for page in pages if "/" not in page.path and page.path != "README.md"]
        methods.sort(key=lambda page: (not page.path.endswith("README.md"), page.path))

        def entries(some):
            return [(page.title, page.target) for page in some]

        return "\n".join([
            group("plimsoll", [("Start", "index.html"), ("API reference", "api/index.html"),
                               ("Reports", "reports/index.html")]),
            group("Pages", entries(guide)),
            group("Methods", entries(methods)),
            group("Project", entries(project)),
        ])

    def write(self, target, title, body):
        text = (SITE / "page.html").read_text()
        for key, value in {
                "title": html.escape(title),
                "root": self.relative(target, "."),
                "body": body,
                "navigation": self.navigation(target),
        }.items():
            text = text.replace("{{" + key + "}}", value)
        path = self.output / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def write_page(self, page, more=""):
        headings = TocExtension(slugify=slug, toc_depth="2-3")
        md = markdown.Markdown(extensions=["tables", "fenced_code", "sane_lists", headings])
        md.treeprocessors.register(Links(md, self, page), "links", 0)
        body = md.convert(page.text)
        # A table may be wider than a phone: it scrolls by itself.
        body = body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
        self.write(page.target, page.title, body + more)

    def write_folder(self, path):
        target = path + "/index.html"
        rows = []
        for file in sorted(file for file in (self.source / path).rglob("*") if file.is_file()):
            name = file.relative_to(self.source / path).as_posix()
            entry = html.escape(name)
            if is_text(file):
                whole = f"{path}/{name}"
                page = self.pages[whole].target if whole in self.pages else whole + ".html"
                entry = f'<a href="{self.relative(target, page)}">{entry}</a>'
            rows.append(f"<li>{entry}</li>\n")
        self.write(target, path, f"<h1>{html.escape(path)}</h1>\n<ul>\n{''.join(rows)}</ul>")

    def write_file(self, path):
        text = html.escape((self.source / path).read_text())
        self.write(path + ".html", path, f"<h1>{html.escape(path)}</h1>\n<pre><code>{text}</code></pre>")


def is_text(path):
    return b"\0" not in path.read_bytes()[:4096]


def run(folder, *command):
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")


def write_reports(site, program):
    """A report of each bundled score set by the program, and a page with their figures. Returns those of one set."""
    sections = {}
    for data in sorted(path.parent for path in site.source.glob("examples/data/*/normal.npy")):
        name = data.name
        folder = site.output / "reports" / name
        folder.mkdir(parents=True)
        with tempfile.TemporaryDirectory() as scratch:
            shutil.copytree(data, scratch, dirs_exist_ok=True)  # so that the report names files and no folders
            line = f"{name}.json"
            run(scratch, program, "fit", "normal.npy", "--method", "tail", "-o", line)
            run(scratch, program, "report", line, "--normal", "normal.npy", "--test", "test.npy", "--labels",
                "test_labels.npy", "-o", folder / "report.html", "--svg", folder)
        figures = ""
        for figure in sorted(folder.glob("*.svg")):
            title = re.search(r"<title[^>]*>(.*?)</title>", figure.read_text()).group(1)
            figures += f'<figure><img src="../reports/{name}/{figure.name}" alt="{title}"/></figure>\n'
        sections[name] = (f'<p><a href="../reports/{name}/report.html">The whole report on {name}</a></p>\n'
                          f'<div class="figures">\n{figures}</div>')
    about = ("<h1>Reports</h1>\n<p>What <code>plimsoll report</code> draws of the lines that <code>plimsoll fit "
             '--method tail</code> fits to the <a href="../examples/data/README.html">bundled score sets</a>, in this '
             'version. <a href="../docs/report.html">What each figure shows</a>.</p>\n')
    body = "\n".join(f'<h2 id="{name}">{name}</h2>\n{section}' for name, section in sections.items())
    site.write("reports/index.html", "Reports", about + body)
    return next(iter(sections.values()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=pathlib.Path, required=True, help="the repository")
    parser.add_argument("--build", type=pathlib.Path, required=True, help="has the Doxyfile; html/ will be the site")
    parser.add_argument("--doxygen", required=True)
    parser.add_argument("--program", required=True, help="the program plimsoll")
    options = parser.parse_args()

    output = options.build.resolve() / "html"
    for old in (output, options.build / "xml"):
        shutil.rmtree(old, ignore_errors=True)
    output.mkdir(parents=True)
    site = Site(options.source, output, build_reference(options.doxygen, options.build))
    figures = write_reports(site, options.program)
    for page in site.pages.values():
        site.write_page(page, f"\n<h2>An example</h2>\n{figures}" if page.path == "docs/report.md" else "")
    for path in sorted(site.files - set(site.pages)):
        site.write_file(path)
    shutil.copy(SITE / "style.css", output)
    if site.dead:
        sys.exit("Links to what is not there:\n  " + "\n  ".join(site.dead))


if __name__ == "__main__":
    main()
