#!/usr/bin/env python3
"""Verifies one signed image with stevedore and with cosign, in turn, and prints times and peak memory as ratios.

Usage: verify.py [--binary target/release/stevedore] [--rounds 25] [--cosign cosign,cosign2] [--limit 0.5]
Needs docker-registry and /usr/bin/time. A cosign that is not installed is left out; exits with 1 when a ratio is above the limit.

Every round runs every tool once, in changing order, so that a machine that slows down slows all of them. Times are the wall clock's, with the
start of the process; memory is what the kernel says was resident at most (ru_maxrss). The medians of the rounds are compared.
"""
import argparse, os, shutil, signal, statistics, subprocess, sys, tempfile

from kit import make_layout, measure, start_registry

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--binary", default="target/release/stevedore")
parser.add_argument("--rounds", type=int, default=25)
parser.add_argument("--cosign", default="cosign,cosign2")
parser.add_argument("--limit", type=float, default=0.5)
options = parser.parse_args()
ours = os.path.abspath(options.binary)
work = tempfile.mkdtemp(prefix="stevedore-verify-")
environment = {**os.environ, "COSIGN_PASSWORD": "", "HOME": work}


registry, host = start_registry(work + "/registry")
worst = 0
try:
    make_layout(work + "/image", 1, 1)
    subprocess.run([ours, "keygen", "-q", "--output-key-prefix", work + "/key"], env=environment, check=True, stdout=subprocess.DEVNULL)
    names = [name for name in options.cosign.split(",") if shutil.which(name)]
    for form in ("classic", "bundle"):
        image = f"{host}/{form}:v1"
        subprocess.run([ours, "copy", "-q", f"oci:{work}/image:v1", "docker://" + image], env=environment, check=True, stdout=subprocess.DEVNULL)
        sign = [ours, "sign", "--key", work + "/key.key", "--signature-format", form, "docker://" + image]
        subprocess.run(sign, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        commands = {"stevedore": [ours, "verify", "--key", work + "/key.pub", "docker://" + image]}
        for name in names:
            # cosign 2 reads no bundles of images.
            if form == "classic" or name != "cosign2":
                commands[name] = [name, "verify", "--key", work + "/key.pub", "--insecure-ignore-tlog", image]
        figures = {name: [] for name in commands}
        for number in range(options.rounds + 1):
            order = list(commands)
            for name in order if number % 2 else reversed(order):
                figure = measure(commands[name], work + "/figure", environment)
                # The first round fills caches.
                if number:
                    figures[name].append(figure)
        times = {name: statistics.median(figure[0] for figure in figures[name]) for name in figures}
        peaks = {name: statistics.median(figure[2] for figure in figures[name]) for name in figures}
        for name in figures:
            ratio = (times["stevedore"] / times[name], peaks["stevedore"] / peaks[name])
            if name != "stevedore":
                worst = max(worst, *ratio)
            print(f"{form:<8} {name:<10} {times[name] * 1000:7.1f} ms {peaks[name]:6.1f} MiB   ours: {ratio[0]:.2f} of the time, {ratio[1]:.2f} of the memory", flush=True)
finally:
    registry.send_signal(signal.SIGTERM)
    registry.wait()
    shutil.rmtree(work, ignore_errors=True)
sys.exit(worst > options.limit)
