#!/usr/bin/env python3
"""Peak memory of copying one large layer in every direction; fails when a limit is passed.

Usage: memory.py [--binary target/release/stevedore] [--size MIB]      (default 2048; needs docker-registry, /usr/bin/time and 10 times the size on disk)

The limits are 25 MiB resident in any direction, 15 between a registry and a layout. Nothing here is a time.
"""
import argparse, os, shutil, sys, tempfile

from kit import make_layout, measure, start_registry

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--binary", default="target/release/stevedore")
arguments.add_argument("--size", type=int, default=2048, metavar="MIB")
options = arguments.parse_args()
binary = os.path.abspath(options.binary)


work = tempfile.mkdtemp(prefix="stevedore-memory-")
registries = []
failed = False
try:
    for name in ("first", "second"):
        registries.append(start_registry(f"{work}/{name}"))
    (_, first), (_, second) = registries
    make_layout(work + "/start", 1, options.size)
    steps = [
        (f"oci:{work}/start:v1", f"docker://{first}/a:v1", 15),
        (f"docker://{first}/a:v1", f"docker://{second}/a:v1", 25),
        (f"docker://{second}/a:v1", f"oci:{work}/one:v1", 15),
        (f"oci:{work}/one:v1", f"oci-archive:{work}/two.tar:v1", 25),
        (f"oci-archive:{work}/two.tar:v1", f"dir:{work}/three", 25),
        (f"dir:{work}/three", f"docker-archive:{work}/four.tar:ex.com/a:v1", 25),
        (f"docker-archive:{work}/four.tar:ex.com/a:v1", f"static:{work}/five:a:v1", 25),
        (f"static:{work}/five:a:v1", f"oci:{work}/six:v1", 25),
        (f"docker://{first}/a:v1", f"docker-archive:{work}/seven.tar:ex.com/a:v1", 25),
    ]
    for source, destination, limit in steps:
        _, _, used = measure([binary, "copy", "-q", source, destination], work + "/figure")
        failed |= used > limit
        short = lambda text: text.replace(work + "/", "").replace(first, "R1").replace(second, "R2")
        print(f"{used:6.1f} MiB  (limit {limit})  {short(source)} -> {short(destination)}{'   TOO MUCH' if used > limit else ''}", flush=True)
        if source.startswith(("oci:" + work, "oci-archive:", "dir:", "static:")):
            path = source.split(":")[1]
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
finally:
    for process, _ in registries:
        process.kill()
    shutil.rmtree(work, ignore_errors=True)
sys.exit(failed)
