#!/usr/bin/env python3
"""Copies one image with stevedore and with its peers, in turn, and prints times as ratios to ours.

Usage: peers.py [--binary target/release/stevedore] [--rounds 5] [--layers 6] [--mib 32] [--only WORDS] [--tools crane,oras]
Peers that are not installed (skopeo-new, skopeo, crane, oras) are left out. Needs docker-registry.

Every round runs every tool once, so that a machine that slows down slows all of them; the median of the rounds' ratios is printed.
Every tool reads what no tool has just written: the image is pushed once, before the first round.
"""
import argparse, os, shutil, statistics, subprocess, sys, tempfile

from kit import make_layout, measure, start_registry

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--binary", default="target/release/stevedore")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--layers", type=int, default=6)
parser.add_argument("--mib", type=int, default=32)
parser.add_argument("--only", default="", help="tasks whose title has these words")
parser.add_argument("--tools", default="skopeo,skopeo-new,crane,oras")
options = parser.parse_args()
ours = os.path.abspath(options.binary)
work = tempfile.mkdtemp(prefix="stevedore-peers-")


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.remove(path)


def tasks(host, empty):
    """Each task: a function from a tool and a fresh name to a command, or nothing where the tool cannot do it."""
    image = f"{host}/bench/image:v1"

    def pull(tool, name):
        out = f"{work}/{name}"
        return {
            "stevedore": [ours, "copy", "-q", f"docker://{image}", f"oci:{out}:v1"],
            "skopeo": ["skopeo", "--insecure-policy", "copy", "-q", "--src-tls-verify=false", f"docker://{image}", f"oci:{out}:v1"],
            "skopeo-new": ["skopeo-new", "--insecure-policy", "copy", "-q", "--src-tls-verify=false", f"docker://{image}", f"oci:{out}:v1"],
            "crane": ["crane", "pull", "--format", "oci", image, out],
            "oras": ["oras", "cp", "--from-plain-http", "--to-oci-layout", image, f"{out}:v1"],
        }[tool]

    def push(tool, name):
        source, target = f"{work}/image", f"{empty}/push/{name}:v1"
        return {
            "stevedore": [ours, "copy", "-q", f"oci:{source}:v1", f"docker://{target}"],
            "skopeo": ["skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", f"oci:{source}:v1", f"docker://{target}"],
            "skopeo-new": ["skopeo-new", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", f"oci:{source}:v1", f"docker://{target}"],
            "crane": ["crane", "push", source, target],
            "oras": ["oras", "cp", "--from-oci-layout", "--to-plain-http", f"{source}:v1", target],
        }[tool]

    def archive(tool, name):
        out = f"{work}/{name}"
        return {
            "stevedore": [ours, "copy", "-q", f"docker://{image}", f"docker-archive:{out}:{image}"],
            "skopeo": ["skopeo", "--insecure-policy", "copy", "-q", "--src-tls-verify=false", f"docker://{image}", f"docker-archive:{out}:{image}"],
            "skopeo-new": ["skopeo-new", "--insecure-policy", "copy", "-q", "--src-tls-verify=false", f"docker://{image}", f"docker-archive:{out}:{image}"],
            "crane": ["crane", "pull", image, out],
        }.get(tool)

    def across(tool, name):
        target = f"{host}/across/{name}:v1"
        return {
            "stevedore": [ours, "copy", "-q", f"docker://{image}", f"docker://{target}"],
            "skopeo": ["skopeo", "--insecure-policy", "copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false", f"docker://{image}", f"docker://{target}"],
            "skopeo-new": ["skopeo-new", "--insecure-policy", "copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false", f"docker://{image}", f"docker://{target}"],
            "crane": ["crane", "copy", image, target],
            "oras": ["oras", "cp", "--from-plain-http", "--to-plain-http", image, target],
        }[tool]

    def same(tool, _):
        return across(tool, "same")

    return [
        ("registry to layout", pull),
        ("registry to docker-archive", archive),
        ("layout to registry", push),
        ("repository to repository", across),
        ("again, nothing to do", same),
    ]


tools = ["stevedore"] + [tool for tool in options.tools.split(",") if shutil.which(tool)]
registries = [start_registry(work + "/full"), start_registry(work + "/empty")]
host, empty = (host for _, host in registries)
try:
    make_layout(work + "/image", options.layers, options.mib)
    subprocess.run([ours, "copy", "-q", f"oci:{work}/image:v1", f"docker://{host}/bench/image:v1"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([ours, "copy", "-q", f"docker://{host}/bench/image:v1", f"docker://{host}/across/same:v1"], check=True, stdout=subprocess.DEVNULL)
    print(f"{options.layers} layers of {options.mib} MiB, {options.rounds} rounds; medians; ratios are the peer's by ours, round by round")
    print(f"load average at the start: {os.getloadavg()[0]:.2f}")
    for title, command in tasks(host, empty):
        if options.only not in title:
            continue
        figures = {tool: [] for tool in tools if command(tool, tool)}
        for number in range(options.rounds + 1):
            for tool in figures:
                name = f"{tool}-{number}"
                figure = measure(command(tool, name), work + "/figure")
                if number > 0:  # the first is for warming up
                    figures[tool].append(figure)
                remove(f"{work}/{name}")
                # Whoever pushes finds none of the blobs there.
                shutil.rmtree(f"{work}/empty", ignore_errors=True)
                shutil.rmtree(f"{work}/full/docker/registry/v2/repositories/across/{name}", ignore_errors=True)
        print(f"\n{title}")
        for tool in figures:
            wall, cpu, peak = (statistics.median(each[at] for each in figures[tool]) for at in range(3))
            ratio = lambda at: statistics.median(theirs[at] / max(mine[at], 0.005) for theirs, mine in zip(figures[tool], figures["stevedore"]))
            print(f"  {tool:11} {wall:7.2f} s  cpu {cpu:6.2f} s  peak {peak:6.1f} MiB   wall x{ratio(0):.2f}  cpu x{ratio(1):.2f}  memory x{ratio(2):.2f}")
    print(f"\nload average at the end: {os.getloadavg()[0]:.2f}")
finally:
    for registry, _ in registries:
        registry.kill()
    shutil.rmtree(work, ignore_errors=True)
