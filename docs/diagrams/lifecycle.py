#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/diagrams/lifecycle-*.dot and docs/guide/lifecycles.md from the tables that the library itself runs on:
src/protocol/lifecycle.def for items and the table of pathway verbs in src/engine/verbs.c.

usage: lifecycle.py            write the files (then draw.py makes the pictures)
       lifecycle.py --check    fail, and say which, when a file is not what the tables give
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STYLE = """    rankdir=LR; nodesep=0.35; ranksep=0.9; bgcolor="white"; pad=0.15;
    node [shape=box, style="rounded,filled", fillcolor="white", fontname="Helvetica,Arial,sans-serif", fontsize=12];
    edge [fontname="Helvetica,Arial,sans-serif", fontsize=10, color="#555555"];
"""
NEWLINE = "\\n"  # as dot writes it
FLAGS = {
    "LIFECYCLE_REASON": "needs a reason",
    "LIFECYCLE_DECISION": "needs a decision, or the word that none is needed",
    "LIFECYCLE_ANSWERS": "stops the ladder",
    "LIFECYCLE_FINISHED_OK": "also when finished",
    "LIFECYCLE_ANYONE": "any role that takes part",
    "LIFECYCLE_ADDRESSEE": "only those to whom it goes",
    "LIFECYCLE_READS": "is an acknowledgement of what it says now",
}
NOTES = {
    "task": "Work for one owner.",
    "huddle": "A short meeting with a chair, people who must attend, evidence that is presented, and decisions.",
    "appointment": "A visit or another meeting with the person.",
    "update": "A message that somebody must receive, and perhaps answer.",
    "request": "A question that needs a decision from somebody else.",
    "barrier": "What stands in the way.",
    "alert": "Raised by an escalation. Acknowledging says that it was seen, owning gives one day, resolving ends the ladder.",
    "review": "Looking again, with questions to answer.",
    "route": "What happens if something goes wrong, agreed and written down beforehand; an escalation runs it.",
    "transport": "A ride. It is assumed until somebody confirms it.",
    "agreement": "What people have agreed on, until it is replaced or ends.",
    "responsibility": "Who answers for something, from when to when. It is offered to somebody else, also in another organization; "
                      "until it is taken over, the giver holds it.",
    "support": "Help that is given over a time.",
    "authorization": "A permission with a beginning and an end.",
    "taper": "Contact that becomes rarer step by step, as planned: paused and restored when a warning sign shows. It knows its step.",
    "improvement": "A change to how things are done: proposed, approved, briefed, in force, and looked at again.",
    "sample": "Some of many, drawn by lot for people to look at; whoever has the record can draw the same again.",
    "slot": "A place that is kept free for somebody who will need it. Rules give free ones to those who have waited longest. One that is "
            "closed or cancelled while it is given takes the grant back: the request waits again, since when it was made.",
}


# ---- reading -----------------------------------------------------------------------------------------------------------

def read_items():
    text = (ROOT / "src/protocol/lifecycle.def").read_text(encoding="utf-8")
    text = re.sub(r"//.*", "", text)
    states = {name: word for name, word in re.findall(r"^STATE\((\w+), \d+, \"([^\"]+)\"\)", text, re.M)}
    kinds = re.findall(r"^KIND\((\w+), \d+, \"([^\"]+)\", \w+, STATE_(\w+), ([\w |]+)\)", text, re.M)
    verbs = []
    for row in re.findall(r"^VERB\(([^\n]*)\)$", text, re.M):
        kind, verb, event, source, target, flags = [part.strip() for part in re.split(r",\s*(?![^(]*\))", row)]
        if source == "0":
            continue  # a step that this kind never takes
        verbs.append({"kind": kind, "verb": verb.strip('"') if verb != "NULL" else None,
                      "event": event.split("_", 1)[1].lower().replace("_", "-"),
                      "from": re.findall(r"S\((\w+)\)", source), "any": source == "ANY", "to": target,
                      "flags": set(flags.split(" | "))})
    return states, kinds, verbs


def read_pathway_verbs():
    text = (ROOT / "src/engine/verbs.c").read_text(encoding="utf-8")
    return [(verb, closed == "true") for verb, closed in
            re.findall(r"\{\"([\w-]+)\", EVENT_PATHWAY_\w+, (true|false)\}", text)]


# ---- drawing -----------------------------------------------------------------------------------------------------------

def kind_states(kind, verbs):
    """States of a kind in the order of its table, and those that end it."""
    name, _, initial, _ = kind
    own = [v for v in verbs if v["kind"] == name]
    found = [initial]
    for v in own:
        found += [s for s in v["from"] if s not in found]
        found += [v["to"]] if v["to"] != "NONE" and v["to"] not in found else []
    return found, {v["to"] for v in own if "LIFECYCLE_ENDS" in v["flags"]}


def edges(kind, verbs):
    """(from, to) -> labels."""
    found, ends = kind_states(kind, verbs)
    out = {}
    for v in verbs:
        if v["kind"] != kind[0] or v["to"] == "NONE":
            continue
        label = v["verb"] or f"({v['event']})"
        for source in v["from"] or [s for s in found if s not in ends and s != v["to"]]:
            out.setdefault((source, v["to"]), []).append(label)
    return out


def draw_kind(kind, states, verbs):
    found, ends = kind_states(kind, verbs)
    word = kind[1]
    out = ["// Made by docs/diagrams/lifecycle.py from src/protocol/lifecycle.def.", f"digraph \"{word}\" {{", STYLE.rstrip()]
    out.append('    begin [shape=circle, label="", width=0.18, fillcolor="black"];')
    for state in found:
        look = ', fillcolor="#dfe7f2"' if state == kind[2] else ""
        look += ', fillcolor="#eeeeee", peripheries=2' if state in ends else ""
        out.append(f'    {state.lower()} [label="{states[state]}"{look}];')
    out.append(f'    begin -> {kind[2].lower()} [label="opened"];')
    if "OPEN" in found:
        out.append('    again [shape=plaintext, style="", label="finished", fontcolor="#777777"];')
        out.append('    again -> open [label="reopen", style=dashed];')
    for (source, target), labels in edges(kind, verbs).items():
        out.append(f'    {source.lower()} -> {target.lower()} [label="{NEWLINE.join(labels)}"];')
    return "\n".join(out + ["}"]) + "\n"


def draw_pathway(verbs):
    stays = NEWLINE.join(verb for verb, closed in verbs if not closed and not verb.endswith("-pathway"))
    return "\n".join([
        "// Made by docs/diagrams/lifecycle.py from the table of pathway verbs in src/engine/verbs.c.",
        'digraph "pathway" {', STYLE.rstrip(),
        '    begin [shape=circle, label="", width=0.18, fillcolor="black"];',
        '    open [label="open", fillcolor="#dfe7f2"];',
        '    closed [label="closed", fillcolor="#eeeeee", peripheries=2];',
        '    begin -> open [label="open"];',
        f'    open -> open [label="{stays}"];',
        '    open -> closed [label="close-pathway\\n(no item is open)"];',
        '    closed -> open [label="reopen-pathway", style=dashed];', "}"]) + "\n"


# ---- the chapter -------------------------------------------------------------------------------------------------------

def table(rows, states):
    out = ["| verb | from | to | and |", "|---|---|---|---|"]
    for v in rows:
        verb = f"`{v['verb']}`" if v["verb"] else f"*{v['event']}*"
        source = "any" if v["any"] else ", ".join(states[s] for s in v["from"])
        target = "stays" if v["to"] == "NONE" else states[v["to"]]
        notes = [text for flag, text in FLAGS.items() if flag in v["flags"]]
        notes = ["by the library itself"] if "LIFECYCLE_ENGINE" in v["flags"] else notes
        notes += ["ends it"] if "LIFECYCLE_ENDS" in v["flags"] else []
        out.append(f"| {verb} | {source} | {target} | {'; '.join(notes)} |")
    return out


def chapter(states, kinds, verbs, pathway_verbs):
    out = ["<!-- Made by docs/diagrams/lifecycle.py from src/protocol/lifecycle.def. -->", "# Lifecycles", "",
           "What can happen to a pathway and to each kind of item. The library runs on the same tables. A verb is what a",
           "command says (`stepdown do start huddle`); one in italics is an event that the library writes by itself.", "",
           "In the pictures the blue state is where an item begins, and a double line means finished. Every item can also be",
           "given to somebody, accepted, suspended, cancelled and reopened; these verbs, the first table, are left out of them.",
           "", "## The pathway", "", "![A pathway's life](../diagrams/lifecycle-pathway.svg)", "",
           "A pathway closes only when none of its items is open, so nothing is left behind. The verbs in the loop are recorded",
           "and leave it open. On a closed pathway only `reopen-pathway` is possible.", "",
           "## Every item", ""]
    out += table([v for v in verbs if v["kind"] == "NONE"], states)
    out += ["", "Being overdue is not a state: overdue work stays workable, and what is finished late is marked late."]
    for kind in kinds:
        word = kind[1]
        interval = " It is an interval: it has a start and an end." if "LIFECYCLE_INTERVAL" in kind[3] else ""
        interval += " What it covers is the time during which somebody has accepted it." if "LIFECYCLE_HELD" in kind[3] else ""
        out += ["", f"## {word.capitalize()}", "", NOTES[word] + interval, "",
                f"![Life of {'an' if word[0] in 'aeiou' else 'a'} {word}](../diagrams/lifecycle-{word}.svg)", ""]
        out += table([v for v in verbs if v["kind"] == kind[0]], states)
    return "\n".join(out) + "\n"


def files():
    states, kinds, verbs = read_items()
    pathway_verbs = read_pathway_verbs()
    if len(kinds) != len(NOTES) or not pathway_verbs:
        sys.exit("lifecycle.py: the tables are not laid out as this script expects")
    made = {f"docs/diagrams/lifecycle-{kind[1]}.dot": draw_kind(kind, states, verbs) for kind in kinds}
    made["docs/diagrams/lifecycle-pathway.dot"] = draw_pathway(pathway_verbs)
    made["docs/guide/lifecycles.md"] = chapter(states, kinds, verbs, pathway_verbs)
    return made


def main():
    stale, check = 0, "--check" in sys.argv[1:]
    for name, text in files().items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale += 1
            if check:
                print(f"{name} is not what the tables give; run docs/diagrams/lifecycle.py")
            else:
                path.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
