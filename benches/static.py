#!/usr/bin/env python3
"""A web server over a tree of many tags with the configuration that `deploy` makes, and a deployment into such a tree.

Usage: static.py [--binary target/release/stevedore] [--server nginx|caddy] [--tags N] [--seconds N] [--prune]
       (default: nginx, 100,000 tags, 10 s; needs the server and wrk, and 2 GB on disk)

Prints how long the server takes to its first answer, its memory, requests a second by tag, and the time of deploying one changed image.
Fails when nginx takes more than 0.1 s or 20 MB or answers less than 10,000 requests a second, Caddy more than 2 s or less than 2,000
requests a second, or a deployment takes more than 1 s.
"""
import argparse, hashlib, json, os, re, shutil, socket, subprocess, sys, tempfile, time, urllib.request

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--binary", default="target/release/stevedore")
arguments.add_argument("--server", choices=("nginx", "caddy"), default="nginx")
arguments.add_argument("--tags", type=int, default=100_000)
arguments.add_argument("--seconds", type=int, default=10)
arguments.add_argument("--prune", action="store_true", help="time the removal of all tags but one, too (minutes)")
options = arguments.parse_args()
binary = os.path.abspath(options.binary)
KIND = "application/vnd.oci.image.manifest.v1+json"


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def manifest(number, config, layers=()):
    entry = {"schemaVersion": 2, "mediaType": KIND, "config": config, "layers": list(layers), "annotations": {"number": str(number)}}
    return json.dumps(entry).encode()


def make_layout(folder, number):
    """An image of one small layer, tagged v1."""
    def blob(kind, data):
        write(f"{folder}/blobs/sha256/{digest(data)[7:]}", data)
        return {"mediaType": kind, "digest": digest(data), "size": len(data)}

    config = blob("application/vnd.oci.image.config.v1+json", b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}')
    layer = blob("application/vnd.oci.image.layer.v1.tar+gzip", os.urandom(1 << 20))
    entry = blob(KIND, manifest(number, config, [layer]))
    entry["annotations"] = {"org.opencontainers.image.ref.name": "v1"}
    write(folder + "/oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    write(folder + "/index.json", json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode())


def fill(tree, number):
    """Adds tags t0, t1, … as `deploy` would, without its care for a crash."""
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(b"{}"), "size": 2}
    write(f"{tree}/v2/app/blobs/{config['digest']}", b"{}")
    for each in range(number):
        data = manifest(each, config)
        name = digest(data)
        folder = f"{tree}/m/app/{name}"
        os.makedirs(folder)
        write(f"{folder}/{name}.oci-image", data)
        os.link(f"{folder}/{name}.oci-image", f"{folder}/m.oci-image")
        write(f"{folder}/digest", name.encode())
        os.symlink(name, f"{tree}/m/app/t{each}")
    tags = sorted([f"t{each}" for each in range(number)] + ["v1"])
    write(f"{tree}/v2/app/tags/list", json.dumps({"name": "app", "tags": tags}, separators=(",", ":")).encode())


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def deploy(layout, *more):
    begin = time.monotonic()
    subprocess.run([binary, "-q", "deploy", f"oci:{layout}:v1", tree, "--name", "app", *more], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begin


def resident(pid):
    """The proportional memory of a process and its children, in MB."""
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    total = 0
    for each in [str(pid), *children]:
        with open(f"/proc/{each}/smaps_rollup") as file:
            total += int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M).group(1))
    return total / 1000


room = tempfile.mkdtemp(prefix="static-")
tree, part, main = room + "/tree", room + "/part.conf", room + "/main.conf"
os.chmod(room, 0o755)
server = None
configure = ("--server", options.server, "--config", part, "--addr")
try:
    for number in (1, 2):
        make_layout(f"{room}/image{number}", number)
    port = free_port()
    deploy(f"{room}/image1", *configure, f"127.0.0.1:{port}")
    size = os.path.getsize(part)
    fill(tree, options.tags)
    if options.server == "caddy":
        text, command = f"{{\n\tadmin off\n}}\nimport {part}\n", ["caddy", "run", "--adapter", "caddyfile", "--config", main]
    else:
        command = ["nginx", "-c", main, "-e", "stderr"]
        scratch = "".join(f"{name}_temp_path {room}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        text = f"daemon off; worker_processes auto; pid {room}/pid; events {{ }} http {{ access_log off; {scratch} include {part}; }}"
    with open(main, "w") as file:
        file.write(text)
    begin = time.monotonic()
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": room})
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=5).read()
            break
        except OSError:
            if server.poll() is not None or time.monotonic() - begin > 10:
                sys.exit(f"{options.server} did not start")
            time.sleep(0.002)
    ready = time.monotonic() - begin
    script = room + "/tags.lua"
    with open(script, "w") as file:
        file.write(f'request = function() return wrk.format("GET", "/v2/app/manifests/t" .. math.random(0, {options.tags - 1})) end')
    url = f"http://127.0.0.1:{port}/"
    subprocess.run(["wrk", "-t1", "-c16", "-d2s", "-s", script, url], check=True, capture_output=True)
    output = subprocess.run(["wrk", "-t1", "-c16", f"-d{options.seconds}s", "-s", script, url], check=True, capture_output=True, text=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1))
    if "Non-2xx" in output:
        sys.exit("answered with errors:\n" + output)
    memory = resident(server.pid)
    redeploy = deploy(f"{room}/image2", *configure, f"127.0.0.1:{port}")
    again = deploy(f"{room}/image2")
    prune = f", pruning the rest {deploy(f'{room}/image2', '--prune'):.2f} s" if options.prune else ""
    print(f"{options.tags} tags, a configuration of {size} bytes (after: {os.path.getsize(part)})")
    print(f"{options.server}: first answer after {ready:.3f} s, {memory:.1f} MB, {rate:.0f} requests/s")
    print(f"deploy: one changed image {redeploy:.2f} s, unchanged {again:.2f} s{prune}")
    slowest, largest, least = {"nginx": (0.1, 20, 10_000), "caddy": (2, float("inf"), 2_000)}[options.server]
    if ready > slowest or memory > largest or rate < least or redeploy > 1:
        sys.exit("a limit is passed")
finally:
    if server:
        server.terminate()
        server.wait()
    shutil.rmtree(room, ignore_errors=True)
