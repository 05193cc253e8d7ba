#!/usr/bin/env python3
"""Peak memory of copying one large layer in every direction; fails when a limit is passed.

Usage: memory.py [--binary target/release/stevedore] [--size MIB]      (default 2048; needs docker-registry, /usr/bin/time and 10 times the size on disk)

The limits are 25 MiB resident in any direction, 15 between a registry and a layout. Nothing here is a time.
"""
import argparse, hashlib, json, os, shutil, socket, subprocess, sys, tempfile, time, urllib.request

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--binary", default="target/release/stevedore")
arguments.add_argument("--size", type=int, default=2048, metavar="MIB")
options = arguments.parse_args()
binary = os.path.abspath(options.binary)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_registry(folder):
    port = free_port()
    config = os.path.join(folder, "config.yml")
    os.makedirs(folder)
    with open(config, "w") as file:
        json.dump({"version": 0.1, "log": {"level": "error", "accesslog": {"disabled": True}}, "storage": {"filesystem": {"rootdirectory": folder + "/data"}}, "http": {"addr": f"127.0.0.1:{port}"}}, file)
    process = subprocess.Popen(["docker-registry", "serve", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=1)
            return process, f"127.0.0.1:{port}"
        except OSError:
            time.sleep(0.1)
    sys.exit("docker-registry did not start")


def make_layout(folder, mib):
    os.makedirs(folder + "/blobs/sha256")

    def add(data):
        digest = hashlib.sha256(data).hexdigest()
        with open(f"{folder}/blobs/sha256/{digest}", "wb") as file:
            file.write(data)
        return {"digest": "sha256:" + digest, "size": len(data)}

    hasher, temporary = hashlib.sha256(), folder + "/layer"
    with open(temporary, "wb") as file, open("/dev/urandom", "rb") as random:
        for _ in range(mib):
            block = random.read(1 << 20)
            hasher.update(block)
            file.write(block)
    os.rename(temporary, f"{folder}/blobs/sha256/{hasher.hexdigest()}")
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:" + hasher.hexdigest(), "size": mib << 20}
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", **add(b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}')}
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = add(json.dumps({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": [layer]}).encode())
    entry = {"mediaType": kind, **manifest, "annotations": {"org.opencontainers.image.ref.name": "v1"}}
    with open(folder + "/index.json", "w") as file:
        json.dump({"schemaVersion": 2, "manifests": [entry]}, file)
    with open(folder + "/oci-layout", "w") as file:
        file.write('{"imageLayoutVersion":"1.0.0"}')


def peak(source, destination):
    # By way of the small `time`: the peak of a process that this one starts counts the memory of this one until its exec.
    figure = work + "/peak"
    command = ["/usr/bin/time", "--quiet", "-f", "%M", "-o", figure, binary, "copy", "-q", source, destination]
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0:
        sys.exit(f"copy {source} {destination} failed")
    with open(figure) as file:
        return int(file.read()) / 1024


work = tempfile.mkdtemp(prefix="stevedore-memory-")
registries = []
failed = False
try:
    for name in ("first", "second"):
        registries.append(start_registry(f"{work}/{name}"))
    (_, first), (_, second) = registries
    make_layout(work + "/start", options.size)
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
        used = peak(source, destination)
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
