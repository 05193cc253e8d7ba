#!/usr/bin/env python3
"""Verifies one signed image with stevedore and with cosign, in turn, and prints times and peak memory as ratios.

Usage: verify.py [--binary target/release/stevedore] [--rounds 25] [--cosign cosign,cosign2] [--limit 0.5]
Needs docker-registry. A cosign that is not installed is left out; exits with 1 when a ratio is above the limit.

Every round runs every tool once, in changing order, so that a machine that slows down slows all of them. Times are the wall clock's, with the
start of the process; memory is what the kernel says was resident at most (ru_maxrss). The medians of the rounds are compared.
"""
import argparse, hashlib, json, os, shutil, signal, socket, statistics, subprocess, sys, tempfile, time, urllib.request

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--binary", default="target/release/stevedore")
parser.add_argument("--rounds", type=int, default=25)
parser.add_argument("--cosign", default="cosign,cosign2")
parser.add_argument("--limit", type=float, default=0.5)
options = parser.parse_args()
ours = os.path.abspath(options.binary)
work = tempfile.mkdtemp(prefix="stevedore-verify-")
environment = {**os.environ, "COSIGN_PASSWORD": "", "HOME": work}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_registry():
    port = free_port()
    config = {"version": 0.1, "log": {"level": "error", "accesslog": {"disabled": True}}, "storage": {"filesystem": {"rootdirectory": f"{work}/registry"}}, "http": {"addr": f"127.0.0.1:{port}"}}
    with open(f"{work}/registry.yml", "w") as file:
        json.dump(config, file)
    process = subprocess.Popen(["docker-registry", "serve", f"{work}/registry.yml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=1)
            return process, f"127.0.0.1:{port}"
        except OSError:
            time.sleep(0.1)
    sys.exit("docker-registry did not start")


def make_layout(folder):
    os.makedirs(folder + "/blobs/sha256")

    def add(kind, data):
        digest = hashlib.sha256(data).hexdigest()
        with open(f"{folder}/blobs/sha256/{digest}", "wb") as file:
            file.write(data)
        return {"mediaType": kind, "digest": "sha256:" + digest, "size": len(data)}

    layer = add("application/vnd.oci.image.layer.v1.tar+gzip", os.urandom(1 << 20))
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "0" * 64]}}
    config = add("application/vnd.oci.image.config.v1+json", json.dumps(config).encode())
    kind = "application/vnd.oci.image.manifest.v1+json"
    entry = add(kind, json.dumps({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": [layer]}).encode())
    entry["annotations"] = {"org.opencontainers.image.ref.name": "v1"}
    with open(folder + "/index.json", "w") as file:
        json.dump({"schemaVersion": 2, "manifests": [entry]}, file)
    with open(folder + "/oci-layout", "w") as file:
        file.write('{"imageLayoutVersion":"1.0.0"}')
    return entry["digest"]


def run(command):
    """Returns the seconds and the mebibytes that a command takes."""
    begin = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit("failed: " + " ".join(command))
    return elapsed, usage.ru_maxrss / 1024


registry, host = start_registry()
worst = 0
try:
    digest = make_layout(work + "/image")
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
                figure = run(commands[name])
                # The first round fills caches.
                if number:
                    figures[name].append(figure)
        times = {name: statistics.median(figure[0] for figure in figures[name]) for name in figures}
        peaks = {name: statistics.median(figure[1] for figure in figures[name]) for name in figures}
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
