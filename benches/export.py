#!/usr/bin/env python3
"""Exports and flattens an image in a registry with stevedore and with crane, in turn.

Usage: export.py [--binary target/release/stevedore] [--rounds 3] [--image LAYOUT:TAG]
Without --image one of four layers is made of the files under /usr: about a gigabyte. Needs crane, docker-registry and GNU time.

Every round runs both, so that a machine that slows down slows both. The medians of the rounds' ratios are printed, by the clock and by the
processors' time (which a busy machine disturbs less), with the peak memory and the size of the flattened layer against that of crane's.
Fails when exporting takes more than 1/3 of crane's time, flattening more than 1/8, either more than 64 MiB, or the layer is over 1.03 of crane's.
"""
import argparse, json, os, resource, shutil, socket, statistics, subprocess, sys, tempfile, time, urllib.request

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--binary", default="target/release/stevedore")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--image")
options = parser.parse_args()
ours = os.path.abspath(options.binary)
missing = [tool for tool in ("crane", "docker-registry") if not shutil.which(tool)] + ["GNU time"] * (not os.path.exists("/usr/bin/time"))
if missing:
    sys.exit(f"SKIP: {', '.join(missing)} not installed")
work = tempfile.mkdtemp(prefix="stevedore-export-")


def start_registry():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    with open(f"{work}/registry.yml", "w") as file:
        file.write(f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n"
                   f"storage: {{filesystem: {{rootdirectory: {work}/registry}}}}\nhttp: {{addr: '{host}'}}\n")
    server = subprocess.Popen(["docker-registry", "serve", f"{work}/registry.yml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://{host}/v2/")
            return server, host
        except OSError:
            time.sleep(0.1)
    sys.exit("the registry did not start")


def make_image():
    """Four layers, each upon the others, the last one hiding some of the first."""
    layout = f"oci:{work}/image:1"
    added = [("/usr/share", "/usr/share"), ("/usr/lib", "/usr/lib"), ("/usr/include", "/usr/include")]
    base = []
    for source, target in added:
        run([ours, "-q", "build", *base, "--add", f"{source}:{target}", "-o", layout])
        base = ["--from", layout]
    run([ours, "-q", "build", *base, "--remove", "/usr/share/doc", "-o", layout])
    return layout


def run(command, **more):
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return done


def timed(command):
    """Returns seconds by the clock, seconds of the processors, and KiB."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = run(["/usr/bin/time", "-f", "%M", *command])
    elapsed, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return elapsed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, int(done.stderr.split()[-1])


def size(name):
    manifest = json.loads(subprocess.run(["crane", "manifest", name], capture_output=True, check=True).stdout)
    return sum(layer["size"] for layer in manifest["layers"])


def compare(what, theirs, own):
    walls, cpus, peaks = [], [], []
    for number in range(options.rounds):
        peer, mine = timed(theirs(number)), timed(own(number))
        walls.append(mine[0] / peer[0])
        cpus.append(mine[1] / peer[1])
        peaks.append(mine[2])
        print(f"{what}: crane {peer[0]:.2f} s ({peer[1]:.2f} s of processors, {peer[2] / 1024:.0f} MiB), stevedore {mine[0]:.2f} s "
              f"({mine[1]:.2f} s, {mine[2] / 1024:.0f} MiB), ratio {walls[-1]:.3f} (processors {cpus[-1]:.3f})", flush=True)
    print(f"{what}: median {statistics.median(walls):.3f} (processors {statistics.median(cpus):.3f}), at most {max(peaks) / 1024:.0f} MiB")
    return statistics.median(walls), max(peaks)


server, host = start_registry()
try:
    image = f"oci:{options.image}" if options.image else make_image()
    name = f"{host}/image"
    run([ours, "-q", "copy", image, f"docker://{name}:1"])
    shutil.rmtree(f"{work}/image", ignore_errors=True)
    export, export_peak = compare(
        "export", lambda _: ["crane", "export", f"{name}:1", "-"], lambda _: [ours, "-q", "export", f"docker://{name}:1"])
    # Under a name of its own each time: what a registry has is not sent again.
    flatten, flatten_peak = compare(
        "flatten",
        lambda number: ["crane", "flatten", f"{name}:1", "-t", f"{host}/crane{number}:1"],
        lambda number: [ours, "-q", "mutate", "--flatten", f"docker://{name}:1", "--to", f"docker://{host}/own{number}:1"])
    larger = size(f"{host}/own0:1") / size(f"{host}/crane0:1")
    print(f"the flattened layer has {larger:.3f} of the size of crane's")
    if export > 1 / 3 or flatten > 1 / 8 or max(export_peak, flatten_peak) > 64 << 10 or larger > 1.03:
        sys.exit("too slow, too much memory or too large")
finally:
    server.terminate()
    server.wait()
    shutil.rmtree(work, ignore_errors=True)
