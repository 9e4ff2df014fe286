#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs codec-check on every variant of the codec's kernels, each by the best means that this machine
has: the processor itself, SIMDe (x86 variants in portable code), or an emulator. Prints one line per
variant, "codec VARIANT: native|simde|qemu, V/V vectors, P properties"; a variant that fails or cannot
be run is red. The last line is "N passed, N failed".

--quick leaves out the vectors of many shards; --flip VARIANT flips one bit in one kernel of a
variant; --check-flips does so for each variant in turn and expects exactly its line to turn red;
--simde-only runs the x86 variants' SIMDe forms, also where the processor has the instructions."""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys

X86 = ("avx2", "avx512", "gfni", "gfni-avx512")
VARIANTS = ("portable", *X86, "neon")
SKIPPED = 77
TIMEOUT_S = 900
RED, PLAIN = ("\033[31m", "\033[0m") if sys.stdout.isatty() else ("", "")


class Outcome:
    def __init__(self, variant, means, passed, total, text):
        self.variant, self.means, self.passed, self.total, self.text = variant, means, passed, total, text
        self.right = total > 0 and passed == total and "broken" not in text and "FAILED" not in text

    def line(self):
        text = f"codec {self.variant}: {self.means}, {self.text}"
        return text if self.right else f"{RED}{text}{PLAIN}"


def ways(options, variant):
    """(means, command) in order of preference."""
    if not options.simde_only and options.native:
        yield "native", [options.native]
    if variant in X86 and options.simde:
        yield "simde", [options.simde]
    if variant == "neon" and options.neon:
        emulator = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
        if emulator:
            yield "qemu", [emulator, options.neon]


def check(options, variant, flip=None, quick=False):
    environment = {**os.environ}
    environment.pop("WALRUS_TEST_FLIP", None)
    if flip:
        environment["WALRUS_TEST_FLIP"] = flip
    for means, command in ways(options, variant):
        if not os.path.exists(command[-1]):
            continue
        done = subprocess.run([*command, variant, options.file, *(["--quick"] if quick else [])],
                              capture_output=True, text=True, check=False, env=environment, timeout=TIMEOUT_S)
        if done.returncode == SKIPPED:
            continue
        last = done.stdout.strip().split("\n")[-1]
        counts = re.match(r"(\d+)/(\d+) vectors, (\d+) properties", last)
        if counts is None or int(counts[3]) == 0:
            return Outcome(variant, means, 0, 0, f"FAILED: exit {done.returncode} {last} {done.stderr.strip()}")
        text = last if done.returncode == 0 else f"FAILED: {last}"
        if done.returncode != 0 and flip is None:
            print(done.stdout, end="")
        return Outcome(variant, means, int(counts[1]), int(counts[2]), text)
    return Outcome(variant, "missing", 0, 0, "FAILED: neither this processor nor an emulated form runs it; "
                   "./run setup installs what is needed")


def run_all(options, variants, flip=None, quick=False):
    # The emulated one takes longest.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        jobs = {v: pool.submit(check, options, v, flip, quick) for v in reversed(variants)}
        return [jobs[v].result() for v in variants]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="encoding.json")
    parser.add_argument("--native", help="codec-check for this machine")
    parser.add_argument("--simde", help="codec-check with x86 kernels in portable code")
    parser.add_argument("--neon", help="codec-check for 64-bit ARM")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--flip", choices=VARIANTS)
    parser.add_argument("--check-flips", action="store_true")
    parser.add_argument("--simde-only", action="store_true")
    options = parser.parse_args()

    if options.check_flips:
        failed = 0
        for flip in VARIANTS:
            red = [o.variant for o in run_all(options, VARIANTS, flip, quick=True) if not o.right]
            if red != [flip]:
                print(f"a bit flipped in {flip} turns red: {', '.join(red) or 'nothing'}")
                failed += 1
        print(f"{len(VARIANTS) - failed} passed, {failed} failed")
        return 1 if failed else 0

    variants = X86 if options.simde_only else VARIANTS
    outcomes = run_all(options, variants, options.flip, options.quick)
    for outcome in outcomes:
        print(outcome.line())
    failed = sum(1 for o in outcomes if not o.right)
    print(f"{sum(o.passed for o in outcomes if o.right)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
