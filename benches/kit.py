"""What benchmarks share: a registry to measure against, an image of random bytes, and what a command takes."""
import hashlib, json, os, socket, subprocess, sys, time, urllib.request


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_registry(folder):
    """Starts docker-registry with its storage in a new folder; returns the process and HOST:PORT."""
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


def make_layout(folder, layers, mib):
    """Makes an OCI layout with the image v1 of so many layers of random bytes, each of this size; returns its digest."""
    blobs = folder + "/blobs/sha256/"
    os.makedirs(blobs)

    def add(kind, data):
        digest = hashlib.sha256(data).hexdigest()
        with open(blobs + digest, "wb") as file:
            file.write(data)
        return {"mediaType": kind, "digest": "sha256:" + digest, "size": len(data)}

    def add_layer():
        # Piece by piece: this process must not be the one that needs the most memory.
        hasher, temporary = hashlib.sha256(), folder + "/layer"
        with open(temporary, "wb") as file:
            for _ in range(mib):
                piece = os.urandom(1 << 20)
                hasher.update(piece)
                file.write(piece)
        os.rename(temporary, blobs + hasher.hexdigest())
        return {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:" + hasher.hexdigest(), "size": mib << 20}

    described = [add_layer() for _ in range(layers)]
    ids = ["sha256:" + hashlib.sha256(str(number).encode()).hexdigest() for number in range(layers)]
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ids}}
    config = add("application/vnd.oci.image.config.v1+json", json.dumps(config).encode())
    kind = "application/vnd.oci.image.manifest.v1+json"
    entry = add(kind, json.dumps({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": described}).encode())
    entry["annotations"] = {"org.opencontainers.image.ref.name": "v1"}
    with open(folder + "/index.json", "w") as file:
        json.dump({"schemaVersion": 2, "manifests": [entry]}, file)
    with open(folder + "/oci-layout", "w") as file:
        file.write('{"imageLayoutVersion":"1.0.0"}')
    return entry["digest"]


def measure(command, figure, environment=None):
    """Returns the seconds and the processor seconds that a command takes, and the most MiB that it holds; `figure` is a file to use."""
    # By way of the small `time`: the peak of a process that this one starts counts the memory of this one until its exec.
    timed = ["/usr/bin/time", "--quiet", "-f", "%e %U %S %M", "-o", figure] + command
    begin = time.monotonic()
    if subprocess.run(timed, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
        sys.exit("failed: " + " ".join(command))
    wall = time.monotonic() - begin
    with open(figure) as file:
        _, user, system, peak = file.read().split()
    return wall, float(user) + float(system), int(peak) / 1024
