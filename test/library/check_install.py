#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the program and libwalrus-redstuff below a temporary folder, as `./run install` does, and checks
them from there: which libraries they need, which symbols the library exports, that the examples build against it with
pkg-config and find_package and print the blob id that `walrus blob-id` prints."""
import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser()
parser.add_argument("--build", required=True, help="build folder")
parser.add_argument("--source", required=True, help="project folder")
parser.add_argument("--cmake", default="cmake")
parser.add_argument("--cc", default="cc")
parser.add_argument("--cxx", default="c++")
options = parser.parse_args()
options.source = os.path.abspath(options.source)


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def require(condition, text):
    if not condition:
        sys.exit(text)


with tempfile.TemporaryDirectory(prefix="walrus-install-") as folder:
    prefix = os.path.join(folder, "prefix")
    run(options.cmake, "--install", options.build, "--prefix", prefix)
    walrus = os.path.join(prefix, "bin", "walrus")
    lib = os.path.join(prefix, "lib")
    library = os.path.join(lib, "libwalrus-redstuff.so")
    require("walrus" in run(walrus, "--version"), "the installed program does not tell its version")

    needed = re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "-d", library))
    known = {"libstdc++.so.6", "libm.so.6", "libgcc_s.so.1", "libc.so.6", "libpthread.so.0"}
    require(not {n for n in needed if n not in known and not n.startswith("ld-linux")},
            f"the library needs {needed}")
    exported = [line.split()[-1] for line in run("nm", "-D", "--defined-only", library).splitlines()]
    header = os.path.join(prefix, "include", "walrus", "redstuff.h")
    with open(header) as text:
        declared = set(re.findall(r"\b(walrus_rs_\w+)\(", text.read()))
    require(set(exported) == declared,
            f"exported and declared differ: {sorted(set(exported) ^ declared)}")

    environment = {**os.environ, "PKG_CONFIG_PATH": os.path.join(lib, "pkgconfig"),
                   "LD_LIBRARY_PATH": lib}
    flags = shlex.split(run("pkg-config", "--cflags", "--libs", "walrus-redstuff", env=environment))
    examples = os.path.join(options.source, "examples", "redstuff")
    strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1"]
    roundtrip = os.path.join(folder, "roundtrip")
    repair = os.path.join(folder, "repair")
    run(options.cc, "-std=c11", *strict, os.path.join(examples, "roundtrip.c"), *flags, "-o", roundtrip)
    run(options.cxx, "-std=c++20", *strict, os.path.join(examples, "repair.cpp"), *flags, "-o", repair)
    for size in (0, 1, 100_000):
        path = os.path.join(folder, "blob")
        with open(path, "wb") as blob:
            blob.write(bytes((i * i + i // 251) % 256 for i in range(size)))
        text = run(walrus, "blob-id", path, "--n-shards", "13")
        blob_id = re.search(r"Blob ID: (\S+)", text).group(1)
        for program in (roundtrip, repair):
            printed = run(program, path, env=environment).strip()
            require(printed == blob_id, f"{program} printed {printed}, not {blob_id}")

    # The same through CMake's packages.
    project = os.path.join(folder, "project")
    os.mkdir(project)
    with open(os.path.join(project, "CMakeLists.txt"), "w") as text:
        text.write("cmake_minimum_required(VERSION 3.25)\nproject(example C)\n"
                   "find_package(walrus-redstuff REQUIRED CONFIG)\n"
                   f"add_executable(roundtrip {examples}/roundtrip.c)\n"
                   "target_link_libraries(roundtrip PRIVATE walrus::walrus-redstuff)\n")
    run(options.cmake, "-S", project, "-B", os.path.join(project, "build"),
        f"-DCMAKE_PREFIX_PATH={prefix}")
    run(options.cmake, "--build", os.path.join(project, "build"))
    printed = run(os.path.join(project, "build", "roundtrip"), path).strip()
    require(printed == blob_id, f"the CMake example printed {printed}")
print("the library is complete")
