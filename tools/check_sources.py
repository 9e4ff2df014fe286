#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the house rules that a compiler does not: includes against declared rooms, lengths,
banned words, format documents. Prints one line per violation; exit 1 if there is any."""
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent
problems = []


def report(path, line, text):
    problems.append(f"{path.relative_to(root)}:{line}: {text}")


rooms = {}
for cmake in sorted((root / "src").glob("*/CMakeLists.txt")):
    text = re.sub(r"#.*", "", cmake.read_text())
    match = re.search(r"walrus_library\(\s*(\w+)\s+LAYER\s+(\d+)([^)]*)\)", text, re.S)
    if not match:
        report(cmake, 1, "no walrus_library declaration")
        continue
    body = match.group(3)
    deps = re.search(r"\bDEPS\s+([\w\s]*?)(?=\s*(?:LINK|LINK_PUBLIC|SOURCES|$))", body, re.S)
    rooms[match.group(1)] = {
        "layer": int(match.group(2)),
        "pure": bool(re.search(r"\bPURE\b", body)),
        "deps": set(deps.group(1).split()) if deps else set(),
    }


def closure(room, seen=None):
    seen = seen if seen is not None else set()
    for dep in rooms[room]["deps"]:
        if dep in rooms and dep not in seen:
            seen.add(dep)
            closure(dep, seen)
    return seen


sources = [p for p in (root / "src").rglob("*") if p.suffix in (".cpp", ".hpp", ".c", ".h")]
banned_everywhere = [
    (re.compile(r"\b(FIXME|XXX)\b"), "banned word"),
    (re.compile(r"\bTODO\b(?!\(#\d+\))"), "TODO without an issue number"),
    (re.compile(r"(?<![\w_])assert\("), "assert: use WALRUS_CHECK"),
    (re.compile(r"^\s*using namespace (?!walrus|bcs|detail|std::literals|testing)"), "using namespace"),
]
banned_pure = [
    (re.compile(r"std::unordered_"), "unordered container in a pure room"),
    (re.compile(r"std::(this_thread|chrono::system_clock|random_device)"), "clock, thread or randomness in a pure room"),
]
banned_outside_io = [
    (re.compile(r"system_clock|steady_clock"), "clock outside io/"),
    (re.compile(r"std::random_device"), "randomness outside io/"),
    (re.compile(r"sleep_for|usleep\("), "sleep outside io/"),
]
for path in sorted(sources):
    room = path.relative_to(root / "src").parts[0]
    text = path.read_text()
    lines = text.split("\n")
    if "SPDX-License-Identifier: Apache-2.0" not in "\n".join(lines[:2]):
        report(path, 1, "no SPDX line")
    if path.suffix == ".hpp" and "#pragma once" not in text:
        report(path, 1, "no #pragma once")
    if len(lines) > 1000:
        report(path, len(lines), "more than 1000 lines: is this still one noun?")
    test = path.name.endswith(("_test.cpp", "_fuzz.cpp", "_bench.cpp"))
    for number, line in enumerate(lines, 1):
        if len(line.encode()) > 140:
            report(path, number, "line over 140 bytes")
        for pattern, why in banned_everywhere:
            if pattern.search(line) and not (test and why == "using namespace"):
                report(path, number, why)
        if room in rooms and not test:
            if rooms[room]["pure"]:
                for pattern, why in banned_pure:
                    if pattern.search(line):
                        report(path, number, why)
            if room != "io":
                for pattern, why in banned_outside_io:
                    if pattern.search(line):
                        report(path, number, why)
            if room == "ledger" and re.search(r"\b(float|double)\b", re.sub(r"//.*", "", line)):
                report(path, number, "floating point in the ledger")
        include = re.match(r'\s*#include "(\w+)/', line)
        if include and room in rooms and not test:
            used = include.group(1)
            if used in rooms and used != room and used not in closure(room):
                report(path, number, f"room {room} includes {used}/, which it does not declare")

for page in sorted((root / "docs" / "formats").glob("*.md")):
    named = subprocess.run(["grep", "-rlF", f"docs/formats/{page.name}", str(root / "src")],
                           capture_output=True, text=True, check=False)
    if not named.stdout:
        report(page, 1, "no source names this format page")

for problem in problems:
    print(problem)
print(f"check_sources: {len(sources)} files, {len(rooms)} rooms, {len(problems)} problems")
sys.exit(1 if problems else 0)
