#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Throughput and latency of encode, store and read on this machine (`./run bench`). Networks of ten nodes
with 100 and 1000 shards on the disk of TMPDIR, then with 100 shards on a memory file system; the disk's own
sequential rate is measured in the same run. Whole commands are timed, process start included."""
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WALRUS = ROOT / "build" / "release" / "walrus"
SIZES = (("1 KiB", 1 << 10), ("1 MiB", 1 << 20), ("64 MiB", 64 << 20))


def run(network, *arguments):
    environment = {**os.environ, "WALRUS_NETWORK": str(network / "network.json")}
    done = subprocess.run([str(WALRUS), *map(str, arguments)], capture_output=True, text=True, check=False,
                          env=environment)
    if done.returncode != 0:
        sys.exit(f"bench: walrus {arguments[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def timed(call):
    start = time.monotonic()
    result = call()
    return time.monotonic() - start, result


def sequential_rate(folder):
    """Bytes per second of writing 512 MiB in 1 MiB pieces and syncing once; best of three."""
    block = os.urandom(1 << 20)
    path = folder / "rate"
    best = 0
    for _ in range(3):
        start = time.monotonic()
        with open(path, "wb", buffering=0) as file:
            for _ in range(512):
                file.write(block)
            os.fdatasync(file.fileno())
        best = max(best, (512 << 20) / (time.monotonic() - start))
        path.unlink()
    return best


def fsync_seconds(folder):
    path = folder / "sync"
    times = []
    with open(path, "wb", buffering=0) as file:
        for _ in range(100):
            file.write(b"x" * 4096)
            start = time.monotonic()
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - start)
    path.unlink()
    return statistics.median(times)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(folder, shards, reps, small):
    home = folder / f"net-{shards}"
    run(home, "up", "--nodes", 10, "--shards", shards, "--home", home, "--port-base", 0, "--background")
    source = folder / "source"
    target = folder / "target"
    try:
        for name, size in SIZES:
            stores, reads, encodes = [], [], []
            for _ in range(reps):
                source.write_bytes(os.urandom(size))
                seconds, out = timed(lambda: run(home, "store", source, "--epochs", 1, "--json"))
                stored = json.loads(out)[0]
                stores.append(seconds)
                encodes.append(stored["report"]["seconds"]["encode"])
                blob_id = stored["blobStoreResult"]["newlyCreated"]["blobObject"]["blobId"]
                seconds, _ = timed(lambda b=blob_id: run(home, "read", b, "--out", target, "--json"))
                reads.append(seconds)
                if target.read_bytes() != source.read_bytes():
                    sys.exit("bench: a blob came back different")
            row = [statistics.median(v) for v in (encodes, stores, reads)]
            print(f"  n={shards:<5} {name:>7}   " + "   ".join(
                f"{label} {v * 1000:9.1f} ms {size / v / 1e6:9.2f} MB/s"
                for label, v in zip(("encode", "store", "read"), row)), flush=True)
        if small:
            stores, reads = [], []
            for _ in range(small):
                source.write_bytes(os.urandom(10 << 10))
                seconds, out = timed(lambda: run(home, "store", source, "--epochs", 1, "--json"))
                stores.append(seconds)
                blob_id = json.loads(out)[0]["blobStoreResult"]["newlyCreated"]["blobObject"]["blobId"]
                seconds, _ = timed(lambda b=blob_id: run(home, "read", b, "--out", target, "--json"))
                reads.append(seconds)
            for label, values in (("store", stores), ("read", reads)):
                print(f"  n={shards:<5}  10 KiB   {label:<6} p50 {percentile(values, .5) * 1000:7.1f} ms   "
                      f"p99 {percentile(values, .99) * 1000:7.1f} ms   ({small} runs)", flush=True)
    finally:
        run(home, "down", "--home", home)
        shutil.rmtree(home, ignore_errors=True)


def main():
    quick = "--quick" in sys.argv[1:]
    reps, small = (3, 20) if quick else (5, 100)
    cpu = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    print(f"{cpu}, {os.cpu_count()} cores, {platform.system()} {platform.release()}")
    print(subprocess.run([str(WALRUS), "--version"], capture_output=True, text=True, check=True).stdout.strip())
    places = [("disk", pathlib.Path(tempfile.mkdtemp(prefix="walrus-bench-")), (100, 1000))]
    if os.access("/dev/shm", os.W_OK):
        places.append(("memory file system",
                       pathlib.Path(tempfile.mkdtemp(prefix="walrus-bench-", dir="/dev/shm")), (100,)))
    for name, folder, shard_counts in places:
        try:
            print(f"{name}: sequential write and sync {sequential_rate(folder) / 1e6:.0f} MB/s, "
                  f"fdatasync of 4 KiB {fsync_seconds(folder) * 1000:.2f} ms (median)")
            for shards in shard_counts:
                measure(folder, shards, reps, small if shards == 100 else small // 5)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


main()
