#!/usr/bin/env python3
"""Mirroring many small images: how much parallel images gain where each request takes a while, and the memory of planning ten thousand.

Usage: sync.py [--binary target/release/stevedore] [--images 200] [--tags 10000] [--latency 50]      (needs docker-registry)

Fails when 8 jobs are not 4 times as fast as one, or the dry run holds more than 60 MiB. Only the ratio of the two times is printed.
"""
import argparse, hashlib, json, os, queue, shutil, socket, subprocess, sys, tempfile, threading, time, urllib.request

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--binary", default="target/release/stevedore")
arguments.add_argument("--images", type=int, default=200)
arguments.add_argument("--tags", type=int, default=10000)
arguments.add_argument("--latency", type=int, default=50, metavar="MS")
options = arguments.parse_args()
binary = os.path.abspath(options.binary)


def start_registry(folder):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    os.makedirs(folder)
    with open(folder + "/config.yml", "w") as file:
        json.dump({"version": 0.1, "log": {"level": "error", "accesslog": {"disabled": True}}, "storage": {"filesystem": {"rootdirectory": folder + "/data"}}, "http": {"addr": f"127.0.0.1:{port}"}}, file)
    process = subprocess.Popen(["docker-registry", "serve", folder + "/config.yml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=1)
            return process, port
        except OSError:
            time.sleep(0.1)
    sys.exit("docker-registry did not start")


def pump(source, sink, delay):
    """Passes bytes on after a delay, those that follow each other closely not one after the other."""
    waiting = queue.Queue()

    def write():
        while True:
            due, data = waiting.get()
            time.sleep(max(0, due - time.monotonic()))
            try:
                if not data:
                    return sink.shutdown(socket.SHUT_WR)
                sink.sendall(data)
            except OSError:
                return

    threading.Thread(target=write, daemon=True).start()
    while True:
        try:
            data = source.recv(65536)
        except OSError:
            data = b""
        waiting.put((time.monotonic() + delay, data))
        if not data:
            return


def start_proxy(port):
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def accept():
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=pump, args=(client, server, options.latency / 1000), daemon=True).start()
            threading.Thread(target=pump, args=(server, client, 0), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def make_layout(folder, images):
    os.makedirs(folder + "/blobs/sha256")
    entries = []

    def add(kind, data):
        digest = hashlib.sha256(data).hexdigest()
        with open(f"{folder}/blobs/sha256/{digest}", "wb") as file:
            file.write(data)
        return {"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + digest, "size": len(data)}

    for number in range(images):
        config = add("config.v1+json", json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}, "author": str(number)}).encode())
        layers = [add("layer.v1.tar+gzip", f"layer {number}".encode()), add("layer.v1.tar+gzip", b"the base of all")]
        manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": layers}).encode()
        entries.append({**add("manifest.v1+json", manifest), "annotations": {"org.opencontainers.image.ref.name": f"t{number}"}})
    with open(folder + "/index.json", "w") as file:
        json.dump({"schemaVersion": 2, "manifests": entries}, file)
    with open(folder + "/oci-layout", "w") as file:
        file.write('{"imageLayoutVersion":"1.0.0"}')


def sync(lines, *flags):
    """Returns the time and the most memory held, in MiB."""
    begin = time.monotonic()
    with open(work + "/mirror.txt", "w") as file:
        file.write(lines)
    process = subprocess.Popen([binary, "sync", "-q", *flags, work + "/mirror.txt"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit("sync failed")
    return time.monotonic() - begin, usage.ru_maxrss / 1024


work = tempfile.mkdtemp(prefix="stevedore-sync-")
registries = []
try:
    for name in ("first", "second"):
        registries.append(start_registry(f"{work}/{name}"))
    (_, first), (_, second) = registries
    make_layout(work + "/start", options.images)
    sync(f"oci:{work}/start:* docker://127.0.0.1:{first}/app\n")
    source, destination = start_proxy(first), start_proxy(second)
    times = {jobs: sync(f"docker://127.0.0.1:{source}/app:* docker://127.0.0.1:{destination}/jobs{jobs}\n", f"-j{jobs}")[0] for jobs in (1, 8)}
    ratio = times[1] / times[8]
    print(f"{options.images} images, {options.latency} ms a request: -j8 is {ratio:.1f} times as fast as -j1 (at least 4 wanted)", flush=True)
    lines = "".join(f"docker://127.0.0.1:{first}/app:t{n % options.images} docker://127.0.0.1:{second}/plan:t{n}\n" for n in range(options.tags))
    _, memory = sync(lines, "-j8", "--dry-run")
    print(f"{options.tags} tags planned: {memory:.1f} MiB resident (limit 60)")
    sys.exit(ratio < 4 or memory > 60)
finally:
    for process, _ in registries:
        process.kill()
    shutil.rmtree(work, ignore_errors=True)
