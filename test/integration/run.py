#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Integration tests: networks of real processes, driven from outside.

    test/integration/run.py --walrus build/release/walrus [--list] [--keep] [PATTERN...]

A line per test, then `N passed, N failed`; exit 1 on failures. PATTERN selects tests whose name
contains it."""
import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import network  # noqa: E402


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def short_name(test):
    return test.id().replace('test_', '', 1)


class Lines(unittest.TestResult):
    """One line per test as it ends; details of failures at once."""

    def __init__(self):
        super().__init__()
        self.passed = self.failed = 0
        self.begun = 0.0

    def startTest(self, test):
        super().startTest(test)
        self.begun = time.monotonic()
        self.bad = False

    def stopTest(self, test):
        super().stopTest(test)
        if not self.bad:
            self.passed += 1
            self.line('PASS', test)

    def line(self, word, test):
        print(f'{word} {short_name(test)} ({time.monotonic() - self.begun:.1f} s)', flush=True)

    def report(self, test, error):
        if not self.bad:
            self.failed += 1
            self.line('FAIL', test)
        self.bad = True
        print(''.join(traceback.format_exception(*error)), flush=True)

    def addError(self, test, err):
        if not hasattr(test, '_testMethodName'):  # setUpClass
            self.begun = time.monotonic()
            self.bad = False
        self.report(test, err)

    def addFailure(self, test, err):
        self.report(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.report(test, err)
            print(f'  in {subtest.id()}', flush=True)

    def addSkip(self, test, reason):
        self.report(test, (AssertionError, AssertionError(f'skipped: {reason}'), None))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--walrus', required=True, help='program to test')
    parser.add_argument('--list', action='store_true', help='only name the tests')
    parser.add_argument('--keep', action='store_true', help='keep the folders of the run')
    parser.add_argument('pattern', nargs='*', help='part of a test name')
    options = parser.parse_args()

    network.WALRUS = os.path.abspath(options.walrus)
    if not options.list and not os.access(network.WALRUS, os.X_OK):
        sys.exit(f'{network.WALRUS} is not a program: build it first')
    found = flatten(unittest.defaultTestLoader.discover(HERE, 'test_*.py', HERE))
    tests = [t for t in found
             if not options.pattern or any(p in short_name(t) for p in options.pattern)]
    if options.list:
        for test in tests:
            print(short_name(test))
        return
    if not tests:
        sys.exit('no test has such a name')
    network.SCRATCH = tempfile.mkdtemp(prefix='walrus-integration-')
    begun = time.monotonic()
    result = Lines()
    try:
        unittest.TestSuite(tests).run(result)
    finally:
        network._stop_all()
        if options.keep:
            print(f'kept: {network.SCRATCH}')
        else:
            shutil.rmtree(network.SCRATCH, ignore_errors=True)
    print(f'{time.monotonic() - begun:.0f} s')
    print(f'{result.passed} passed, {result.failed} failed')
    sys.exit(1 if result.failed else 0)


if __name__ == '__main__':
    main()
