#!/usr/bin/env python3
"""Builds an image of a large tree with stevedore, and packs the same tree with GNU tar and pigz, in turn.

Usage: build.py [--binary target/release/stevedore] [--rounds 3] [--tree DIR] [--files 60000] [--mib 1024]
Without --tree one is made of the files under /usr, again and again until it has so many and is that large. Needs pigz and GNU time.

Every round runs both, so that a machine that slows down slows both; the median of the rounds' ratios is printed, by the clock and by the
processors' time (which a busy machine disturbs less), with the peak memory and the size of the layer against that of the peer's file. Fails
above 0.7 of the time, 64 MiB, or 1.03 of the size.
"""
import argparse, json, os, resource, shutil, statistics, subprocess, sys, tempfile, time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--binary", default="target/release/stevedore")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--tree")
parser.add_argument("--files", type=int, default=60000)
parser.add_argument("--mib", type=int, default=1024)
options = parser.parse_args()
ours = os.path.abspath(options.binary)
missing = [tool for tool in ("pigz", "tar") if not shutil.which(tool)] + ["GNU time"] * (not os.path.exists("/usr/bin/time"))
if missing:
    sys.exit(f"SKIP: {', '.join(missing)} not installed")
work = tempfile.mkdtemp(prefix="stevedore-build-")


def make_tree(root):
    files = size = turn = 0
    while files < options.files and turn < 50:
        for folder, folders, names in os.walk("/usr"):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                if files >= options.files or os.path.islink(path) or not os.path.isfile(path):
                    continue
                length = os.path.getsize(path)
                if length > 3_000_000 or (size + length > options.mib << 20 and length > 2000):
                    continue
                target = f"{root}/{turn}{path}"
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copyfile(path, target)
                files, size = files + 1, size + length
        turn += 1
    print(f"{files} files, {size / 1e6:.0f} MB")
    return root


def timed(command):
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run = subprocess.run(["/usr/bin/time", "-f", "%M", *command], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(run.stderr)
    elapsed, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    processors = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return elapsed, processors, int(run.stderr.split()[-1]), run.stdout


try:
    tree = options.tree or make_tree(f"{work}/tree")
    ratios, peaks = [], []
    for number in range(options.rounds):
        peer, peer_processors, _, _ = timed(["sh", "-c", f"tar --sort=name -C '{tree}' -cf - . | pigz -6 -p2 > '{work}/peer.gz'"])
        own, processors, peak, out = timed([ours, "-q", "--json", "build", "--dir", tree, "-o", f"oci:{work}/{number}:1"])
        layer = json.loads(out)["images"][0]["layers"][0]["size"]
        size = layer / os.path.getsize(f"{work}/peer.gz")
        shutil.rmtree(f"{work}/{number}")
        ratios.append(own / peer)
        peaks.append(peak)
        print(f"tar | pigz {peer:.2f} s, build {own:.2f} s, ratio {own / peer:.2f} (processors {processors / peer_processors:.2f}), "
              f"{peak / 1024:.0f} MiB, size {size:.3f}", flush=True)
    ratio, peak = statistics.median(ratios), max(peaks)
    print(f"median {ratio:.2f}, at most {peak / 1024:.0f} MiB")
    if ratio > 0.7 or peak > 64 << 10 or size > 1.03:
        sys.exit("too slow, too much memory or too large")
finally:
    shutil.rmtree(work, ignore_errors=True)
