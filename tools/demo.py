#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A tour with real bytes: starts a local network, stores files, certifies them, reads them back from
the nodes and compares. Called by `./run demo [FILE]`; prints the commands that it runs."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WALRUS = ROOT / "build" / "release" / "walrus"
BLOB_MAX_100 = 149_286_452        # largest blob of a network with 100 shards
BLOB_MAX_1000 = 14_599_533_452    # largest blob of a network with 1000 shards
REAL_FILE_BYTES = 64 << 20


def fail(message, code=1):
    print(f"demo: {message}", file=sys.stderr)
    sys.exit(code)


def human(size):
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            return f"{size} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def real_file(target):
    """A tar archive of the compiler and the headers that built this program: real bytes, at least
    64 MiB, below the limit of 100 shards."""
    import tarfile
    with open(target, "wb") as out, tarfile.open(fileobj=out, mode="w|") as tar:
        for base in (WALRUS.parent, pathlib.Path("/usr/lib/gcc"), pathlib.Path("/usr/include"),
                     pathlib.Path("/usr/lib")):
            names = [WALRUS] if base == WALRUS.parent else sorted(base.rglob("*"))
            for name in names:
                if out.tell() >= REAL_FILE_BYTES:
                    break
                if not name.is_file() or name.is_symlink() or not os.access(name, os.R_OK):
                    continue
                if out.tell() + name.stat().st_size > BLOB_MAX_100 - (1 << 20):
                    continue
                tar.add(name, arcname=str(name.relative_to(name.anchor)), recursive=False)
    size = target.stat().st_size
    if size < REAL_FILE_BYTES:
        fail(f"found only {human(size)} of system files for the archive")


class Network:
    def __init__(self, home, shards):
        self.home = home
        self.shards = shards

    def run(self, *arguments, quiet=False):
        command = [str(WALRUS), *map(str, arguments)]
        if not quiet:
            print("$ walrus " + " ".join(map(str, arguments)), flush=True)
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              env={**os.environ, "WALRUS_NETWORK": str(self.home / "network.json")})
        if done.returncode != 0:
            fail(f"`walrus {arguments[0]}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def up(self):
        print(self.run("up", "--nodes", 10, "--shards", self.shards, "--home", self.home,
                       "--port-base", 0, "--background").strip())

    def down(self):
        self.run("down", "--home", self.home, quiet=True)


def tour(network, files, work):
    rows = []
    for path in files:
        size = path.stat().st_size
        started = time.monotonic()
        stored = json.loads(network.run("store", path, "--epochs", 5, "--permanent", "--json"))[0]
        store_seconds = time.monotonic() - started
        result = stored["blobStoreResult"]
        blob = result["newlyCreated"]["blobObject"] if "newlyCreated" in result else None
        if blob is None:
            fail(f"{path} was not newly stored: {json.dumps(result)}")
        blob_id = blob["blobId"]
        copy = work / "copy"
        started = time.monotonic()
        read = json.loads(network.run("read", blob_id, "--out", copy, "--json"))
        read_seconds = time.monotonic() - started
        equal = sha256(path) == sha256(copy)
        copy.unlink()
        report = stored.get("report", {})
        rows.append((path, size, blob, report, read, store_seconds, read_seconds, equal))
    return rows


def show(rows):
    for path, size, blob, report, read, store_seconds, read_seconds, equal in rows:
        seconds = report.get("seconds", {})

        def took(name):
            return f"{seconds[name]:.3f} s" if name in seconds else "-"
        print(f"\n  file                 {path.name}, {human(size)}")
        print(f"  blob id              {blob['blobId']}")
        print(f"  object id            {blob['id']}")
        print(f"  certificate          weight {report.get('certificateWeight', '-')} of "
              f"{report.get('shards', '-')} shards")
        print(f"  stored size          {human(blob['storage']['storageSize'])} (accounted, metadata included)")
        print(f"  encode               {took('encode')}")
        print(f"  register             {took('register')}")
        print(f"  upload               {took('upload')}")
        print(f"  certify              {took('certify')}")
        print(f"  store in all         {store_seconds:.3f} s, {human(size / store_seconds)}/s")
        print(f"  read                 {read_seconds:.3f} s, {human(size / read_seconds)}/s, "
              f"{read['slivers']['systematic']} systematic and {read['slivers']['parity']} parity slivers")
        print(f"  bytes read = stored  {'yes' if equal else 'NO'}")


def main():
    if len(sys.argv) > 2:
        fail("usage: ./run demo [FILE]", 2)
    if not WALRUS.exists():
        fail(f"{WALRUS} is not there: run ./run build")
    work = pathlib.Path(tempfile.mkdtemp(prefix="walrus-demo-"))
    shards = 100
    try:
        if len(sys.argv) == 2:
            path = pathlib.Path(sys.argv[1])
            if not path.is_file() or not os.access(path, os.R_OK):
                fail(f"{path} is not a readable file", 2)
            size = path.stat().st_size
            if size > BLOB_MAX_1000:
                fail(f"{path} has {size:,} bytes; the largest blob has {BLOB_MAX_1000:,} bytes (1000 shards)", 2)
            if size > BLOB_MAX_100:
                shards = 1000
                print(f"{path.name} has {size:,} bytes, more than the {BLOB_MAX_100:,} of 100 shards: "
                      "this network uses 1000 shards")
            files = [path]
        else:
            real_file(work / "compiler-and-headers.tar")
            (work / "empty.bin").write_bytes(b"")
            files = [ROOT / "LICENSE", work / "empty.bin", WALRUS, work / "compiler-and-headers.tar"]
        free = shutil.disk_usage(work).free
        need = sum(f.stat().st_size for f in files) * 7 + (1 << 28)
        if free < need:
            fail(f"{work} has {human(free)} free, the demo needs about {human(need)}; set TMPDIR")
        network = Network(work / "net", shards)
        network.up()
        try:
            rows = tour(network, files, work)
        finally:
            network.down()
        show(rows)
        if not all(row[-1] for row in rows):
            fail("a file came back different", 7)
        print(f"\n  {len(rows)} files stored on 10 nodes, certified, read back and equal.")
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()
