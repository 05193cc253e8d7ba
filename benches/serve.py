#!/usr/bin/env python3
"""`stevedore serve` beside its peers in one run: nginx for big blobs, docker-registry for small manifests and for pushes.

Usage: serve.py [--binary target/release/stevedore] [--only blob,manifest,push,big] [--rounds 5] [--blob-mib 1024]
                [--seconds 5] [--image LAYOUT[:TAG]] [--big-gib 10]

blob      GETs of one blob: throughput and CPU time of the server, as ratios to nginx with sendfile.   Limits: >= 0.8, <= 2
manifest  GETs of a manifest by 16 connections that are kept (wrk), as a ratio to docker-registry.     Limit:  >= 15
push      an image into an empty store (crane, and our own client), as a ratio to docker-registry.     Limit:  <= 1
big       --big-gib up and down again through one server, the most memory it ever held.                Limit:  < 64 MiB

Peers run in turn, round by round, so that a machine that slows down slows all of them; medians of the rounds' ratios are printed. What
needs a tool that is not installed (nginx, docker-registry, wrk, crane) is skipped in a line that says so. Without --image the push is of
six layers of 64 MiB. Fails when a limit is passed.
"""
import argparse, hashlib, json, os, shutil, signal, socket, statistics, subprocess, sys, tempfile, time, urllib.request

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--binary", default="target/release/stevedore")
parser.add_argument("--only", default="blob,manifest,push,big")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--blob-mib", type=int, default=1024)
parser.add_argument("--seconds", type=int, default=5)
parser.add_argument("--image", help="an OCI layout to push, and its tag")
parser.add_argument("--layer-mib", type=int, default=64, help="the size of each of six layers, where there is no --image")
parser.add_argument("--big-gib", type=float, default=10)
options = parser.parse_args()
ours = os.path.abspath(options.binary)
work = tempfile.mkdtemp(prefix="stevedore-serve-")
os.chmod(work, 0o755)
KIND = "application/vnd.oci.image.manifest.v1+json"
passed = []


def limit(what, good):
    if not good:
        passed.append(what)
    return "" if good else "  LIMIT PASSED"


def installed(*tools):
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        print(f"SKIP: {', '.join(missing)} not installed")
    return not missing


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A server that runs, with the processes that make it up."""

    def __init__(self, name, command, port):
        self.name, self.port, self.host = name, port, f"127.0.0.1:{port}"
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": work})
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://{self.host}/v2/", timeout=5).read()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit(f"{name} did not start")

    def processes(self):
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return [str(self.process.pid), *children]

    def cpu(self):
        """Seconds of CPU time so far."""
        ticks = 0
        for each in self.processes():
            with open(f"/proc/{each}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def peak(self):
        """The most memory that was ever resident, in MiB."""
        with open(f"/proc/{self.process.pid}/status") as file:
            line = next(line for line in file if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def stevedore(store):
    port = free_port()
    command = [ours, "serve", "--store", store, "--addr", f"127.0.0.1:{port}", "--anonymous-push", "--access-log", "none"]
    return Server("stevedore", command, port)


def docker_registry(store):
    port = free_port()
    # As the package configures it, with its cache, and with as little logging as ours.
    config = {
        "version": 0.1, "log": {"level": "error", "accesslog": {"disabled": True}}, "http": {"addr": f"127.0.0.1:{port}"},
        "storage": {"cache": {"blobdescriptor": "inmemory"}, "filesystem": {"rootdirectory": store}, "delete": {"enabled": True}},
    }
    with open(f"{store}.yml", "w") as file:
        json.dump(config, file)
    return Server("docker-registry", ["docker-registry", "serve", f"{store}.yml"], port)


def nginx(root):
    port = free_port()
    scratch = "".join(f"{name}_temp_path {work}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(f"{work}/nginx.conf", "w") as file:
        file.write(f"daemon off; worker_processes 2; pid {work}/nginx.pid; events {{}} http {{ access_log off; sendfile on; tcp_nopush on; {scratch}"
                   f'server {{ listen 127.0.0.1:{port}; root "{root}"; location = /v2/ {{ return 200 "{{}}"; }} }} }}')
    return Server("nginx", ["nginx", "-c", f"{work}/nginx.conf", "-e", "stderr"], port)


def request(server, method, path, headers=(), body=b""):
    """Sends a request; returns the status, the fields and the connection, of which the content is not read yet, with what came of it."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    head = [f"{method} {path} HTTP/1.1", f"Host: {server.host}", "Connection: close", *headers]
    if body or method != "GET":
        head.append(f"Content-Length: {len(body)}")
    connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)
    return answer(connection)


def answer(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(4096)
        if not piece:
            sys.exit(f"the connection ended: {data!r}")
        data += piece
    head, rest = data.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    return int(lines[0].split()[1]), fields, connection, rest


def download(server, path, expected, check=None):
    """Reads a whole answer into one buffer, over and over; returns the seconds."""
    begin = time.monotonic()
    status, fields, connection, rest = request(server, "GET", path)
    size = len(rest)
    if check:
        check.update(rest)
    buffer = memoryview(bytearray(1 << 20))
    while count := connection.recv_into(buffer):
        size += count
        if check:
            check.update(buffer[:count])
    if status != 200 or size != expected or int(fields["content-length"]) != expected:
        sys.exit(f"{server.name}: {path}: status {status}, {size} bytes of {expected}")
    return time.monotonic() - begin


def upload(server, repository, pieces):
    """Streams a blob by one PATCH without a length; returns its digest."""
    _, fields, connection, _ = request(server, "POST", f"/v2/{repository}/blobs/uploads/")
    connection.close()
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(f"PATCH {path_of(fields)} HTTP/1.1\r\nHost: {server.host}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    sha = hashlib.sha256()
    for piece in pieces:
        sha.update(piece)
        connection.sendall(b"%x\r\n" % len(piece))
        connection.sendall(piece)
        connection.sendall(b"\r\n")
    connection.sendall(b"0\r\n\r\n")
    status, fields, connection, rest = answer(connection)
    if status != 202:
        sys.exit(f"PATCH: {status} {rest!r}")
    digest, location = "sha256:" + sha.hexdigest(), path_of(fields)
    status, _, _, rest = request(server, "PUT", f"{location}{'&' if '?' in location else '?'}digest={digest}")
    if status != 201:
        sys.exit(f"PUT: {status} {rest!r}")
    return digest


def path_of(fields):
    location = fields["location"]
    return location[location.index("/v2/"):]


def random_pieces(size):
    """Pieces of together that many bytes, each another one, without the cost of making them random."""
    base = os.urandom(1 << 20)
    for number in range(-(-size // len(base))):
        piece = number.to_bytes(8, "big") + base[8:]
        yield piece[:size - number * len(base)]


def compare_blobs():
    if not installed("nginx"):
        return
    size = options.blob_mib << 20
    server = stevedore(f"{work}/blobs")
    digest = upload(server, "app", random_pieces(size))
    data = f"{work}/blobs/docker/registry/v2/blobs/sha256/{digest[7:9]}/{digest[7:]}/data"
    # Below a directory that only root may enter there is nothing for nginx.
    os.makedirs(f"{work}/files/v2")
    os.link(data, f"{work}/files/blob")
    os.chmod(f"{work}/files/blob", 0o644)
    peer = nginx(f"{work}/files")
    figures = []
    for number in range(options.rounds + 1):
        one = []
        for each, path in ((server, f"/v2/app/blobs/{digest}"), (peer, "/blob")):
            before = each.cpu()
            wall = download(each, path, size)
            one.append((wall, each.cpu() - before))
        if number:  # the first is for warming up
            figures.append(one)
    for number, each in enumerate((server, peer)):
        wall, cpu = (statistics.median(one[number][at] for one in figures) for at in range(2))
        print(f"  {each.name:16} {size / wall / 1e9:6.2f} GB/s  cpu {cpu:5.2f} s")
    speed = statistics.median(theirs[0] / mine[0] for mine, theirs in figures)
    cost = statistics.median(mine[1] / max(theirs[1], 0.01) for mine, theirs in figures)
    print(f"  throughput x{speed:.2f} of nginx{limit('blob throughput', speed >= 0.8)}, CPU x{cost:.2f}{limit('blob CPU', cost <= 2)}")
    server.stop()
    peer.stop()


def small_image(server):
    config = b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'
    layer = b"x" * 1000
    descriptors = [{"mediaType": kind, "digest": upload(server, "app", [data]), "size": len(data)} for kind, data in
                   (("application/vnd.oci.image.config.v1+json", config), ("application/vnd.oci.image.layer.v1.tar+gzip", layer))]
    manifest = json.dumps({"schemaVersion": 2, "mediaType": KIND, "config": descriptors[0], "layers": descriptors[1:]}).encode()
    status, _, _, rest = request(server, "PUT", "/v2/app/manifests/v1", [f"Content-Type: {KIND}"], manifest)
    if status != 201:
        sys.exit(f"PUT: {status} {rest!r}")
    return "sha256:" + hashlib.sha256(manifest).hexdigest()


def rate(server, path):
    command = ["wrk", "-t2", "-c16", f"-d{options.seconds}s", "-H", f"Accept: {KIND}", f"http://{server.host}{path}"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output:
        sys.exit(f"{server.name} answered with errors:\n{output}")
    return float(next(line for line in output.splitlines() if line.startswith("Requests/sec")).split()[1])


def compare_manifests():
    if not installed("docker-registry", "wrk"):
        return
    servers = [stevedore(f"{work}/small"), docker_registry(f"{work}/small-peer")]
    digests = [small_image(server) for server in servers]
    for what, path in (("by tag", "/v2/app/manifests/v1"), ("by digest", f"/v2/app/manifests/{digests[0]}")):
        figures = [[rate(server, path) for server in servers] for _ in range(options.rounds)]
        mine, theirs = (statistics.median(one[number] for one in figures) for number in range(2))
        ratio = statistics.median(one[0] / one[1] for one in figures)
        print(f"  {what:10} stevedore {mine:8.0f}/s  docker-registry {theirs:8.0f}/s  x{ratio:.1f}{limit(f'manifests {what}', ratio >= 15)}")
    for server in servers:
        server.stop()


def make_layout(folder):
    os.makedirs(folder + "/blobs/sha256")

    def add(kind, pieces):
        sha, size, scratch = hashlib.sha256(), 0, f"{folder}/scratch"
        with open(scratch, "wb") as file:
            for piece in pieces:
                sha.update(piece)
                size += len(piece)
                file.write(piece)
        os.rename(scratch, f"{folder}/blobs/sha256/{sha.hexdigest()}")
        return {"mediaType": kind, "digest": "sha256:" + sha.hexdigest(), "size": size}

    layers = [add("application/vnd.oci.image.layer.v1.tar+gzip", random_pieces(options.layer_mib << 20)) for _ in range(6)]
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [f"sha256:{number:064x}" for number in range(6)]}}
    config = add("application/vnd.oci.image.config.v1+json", [json.dumps(config).encode()])
    entry = add(KIND, [json.dumps({"schemaVersion": 2, "mediaType": KIND, "config": config, "layers": layers}).encode()])
    entry["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
    with open(folder + "/index.json", "w") as file:
        json.dump({"schemaVersion": 2, "manifests": [entry]}, file)
    with open(folder + "/oci-layout", "w") as file:
        file.write('{"imageLayoutVersion":"1.0.0"}')


def compare_pushes():
    if not installed("docker-registry"):
        return
    if options.image:
        folder, _, tag = options.image.partition(":")
    else:
        folder, tag = f"{work}/image", ""
        make_layout(folder)
    tag = tag or "latest"
    clients = {"stevedore copy": lambda to: [ours, "copy", "-q", "--all", f"oci:{folder}:{tag}", f"docker://{to}"]}
    if installed("crane"):
        clients["crane push"] = lambda to: ["crane", "push", folder, to]
    for name, command in clients.items():
        figures = []
        for number in range(options.rounds + 1):
            one = []
            for start in (stevedore, docker_registry):
                store = f"{work}/push"
                server = start(store)
                begin = time.monotonic()
                done = subprocess.run(command(f"{server.host}/team/app:v1"), stdin=subprocess.DEVNULL, capture_output=True, text=True)
                one.append((time.monotonic() - begin, server.cpu()))
                server.stop()
                if done.returncode:
                    sys.exit(f"{name} failed: {done.stderr}")
                shutil.rmtree(store)
                # What one server has yet to write to the disk must not slow the next.
                os.sync()
            if number:
                figures.append(one)
        (mine, my_cpu), (theirs, their_cpu) = ([statistics.median(one[number][at] for one in figures) for at in range(2)] for number in range(2))
        ratio = statistics.median(one[0][0] / one[1][0] for one in figures)
        print(f"  {name:15} into stevedore {mine:6.2f} s (cpu {my_cpu:.2f} s)  into docker-registry {theirs:6.2f} s (cpu {their_cpu:.2f} s)  "
              f"x{ratio:.2f}{limit(f'push by {name}', ratio <= 1.0)}")


def measure_big():
    size = int(options.big_gib * (1 << 30))
    server = stevedore(f"{work}/big")
    begin = time.monotonic()
    digest = upload(server, "app", random_pieces(size))
    up, sha = time.monotonic() - begin, hashlib.sha256()
    down = download(server, f"/v2/app/blobs/{digest}", size, sha)
    if "sha256:" + sha.hexdigest() != digest:
        sys.exit("other bytes came back")
    peak = server.peak()
    print(f"  {options.big_gib:g} GiB up in {up:.1f} s, down in {down:.1f} s; at most {peak:.1f} MiB resident{limit('memory', peak < 64)}")
    server.stop()


parts = {"blob": (f"GET of {options.blob_mib} MiB", compare_blobs), "manifest": ("GETs of a manifest", compare_manifests),
         "push": (f"push of {options.image or f'6 x {options.layer_mib} MiB'}", compare_pushes), "big": ("what is big", measure_big)}
try:
    for name in options.only.split(","):
        title, run = parts[name]
        print(title, flush=True)
        run()
finally:
    shutil.rmtree(work, ignore_errors=True)
if passed:
    sys.exit("limits passed: " + ", ".join(passed))
