#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every relative link of every Markdown file leads to a file that is there, and to a heading that is in it."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def markdown():
    """Markdown files of the project, not of build folders."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, check=False,
                            capture_output=True, text=True)
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.split("\n") if name and (ROOT / name).exists()]
    return [path for path in ROOT.rglob("*.md") if not path.relative_to(ROOT).parts[0].startswith("build")]


def prose(text):
    """Without code blocks and code spans, in which brackets mean other things."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "code", text)


def anchors(path):
    headings = re.findall(r"^#+ +(.*)$", re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def main():
    files, links, broken = markdown(), 0, 0
    for path in files:
        for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", prose(path.read_text(encoding="utf-8"))):
            if re.match(r"[a-z]+:", target):
                continue
            links += 1
            name, _, anchor = target.partition("#")
            to = (path.parent / name).resolve() if name else path
            if not to.exists():
                problem = "there is no such file"
            elif anchor and to.suffix == ".md" and anchor not in anchors(to):
                problem = "there is no such heading"
            else:
                continue
            broken += 1
            print(f"{path.relative_to(ROOT)}: {target}: {problem}")
    print(f"{len(files)} files, {links} links, {broken} broken")
    return 1 if broken or links == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
