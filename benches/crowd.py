#!/usr/bin/env python3
"""`stevedore serve` under a crowd from one address, and beside the deletion of a manifest with many tags.

Usage: crowd.py [--binary target/release/stevedore] [--only crowd,delete] [--rounds 5] [--image LAYOUT[:TAG]]
                [--idle 2000] [--slow 512] [--waiting 520] [--tags 100000]

crowd     a push and a pull of the image beside --idle connections that are kept after one request, --slow readers of a blob at 500 bytes a
          second and --waiting connections with half a request, as a ratio of speed to the same without them; /healthz meanwhile.
          Limits: >= 0.9, <= 1 s
delete    DELETE of a manifest with --tags tags, as a ratio to `rm -r` of the same folders, small images being pushed to another repository
          beside both; the slowest push beside DELETE as a ratio to the slowest of as many alone.    Limits: <= 1.5, <= 2

Rounds with and without take turns; medians of the rounds' ratios are printed, and the processor time of the server likewise, which says more
on a machine that does other work. TMPDIR says where the stores are. Without --image the image has six layers of 64 MiB. Fails when
a limit is passed. The server gets 16,384 open files, where the machine allows it.
"""
import argparse, hashlib, json, os, resource, shutil, signal, socket, statistics, subprocess, sys, tempfile, threading, time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--binary", default="target/release/stevedore")
parser.add_argument("--only", default="crowd,delete")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--image", help="an OCI layout to push, and its tag")
parser.add_argument("--idle", type=int, default=2000)
parser.add_argument("--slow", type=int, default=512)
parser.add_argument("--waiting", type=int, default=520)
parser.add_argument("--tags", type=int, default=100_000)
options = parser.parse_args()
ours = os.path.abspath(options.binary)
work = tempfile.mkdtemp(prefix="stevedore-crowd-")
KIND = "application/vnd.oci.image.manifest.v1+json"
passed = []
files = min(16384, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (files, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def limit(what, good):
    if not good:
        passed.append(what)
    return "" if good else "  LIMIT PASSED"


def sha(content):
    return hashlib.sha256(content).hexdigest()


class Server:
    def __init__(self, store):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        command = [ours, "serve", "--store", store, "--addr", f"127.0.0.1:{self.port}", "--anonymous-push", "--access-log", "none"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                if self.ask("GET", "/v2/")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        sys.exit("the server did not start")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def ask(self, method, path, body=b"", kind=None):
        """Sends one request on a connection of its own; returns the status, the head and the content."""
        with self.connect() as connection:
            head = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", f"Content-Length: {len(body)}"]
            head += [f"Content-Type: {kind}"] if kind else []
            connection.settimeout(600)
            connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)
            data = b""
            while piece := connection.recv(65536):
                data += piece
        head, _, content = data.partition(b"\r\n\r\n")
        return int(head.split()[1]), head, content

    def processor(self):
        """Returns the seconds of processor time that it has taken."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Crowd:
    """Connections that do next to nothing. Those that the server ends come back, as those of real clients do."""

    def __init__(self, server, blob):
        self.server, self.blob, self.ended, self.came_back, self.largest = server, blob, False, 0, 0
        self.thread = threading.Thread(target=self.keep)
        self.members = []
        for number in range(options.idle + options.slow + options.waiting):
            kind = "idle" if number < options.idle else "slow" if number < options.idle + options.slow else "waiting"
            self.members.append([kind, None])
        for member in self.members:
            self.begin(member)
        time.sleep(1)
        self.thread.start()

    def begin(self, member):
        try:
            connection = socket.socket()
            if member[0] == "slow":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(5)
            connection.connect(("127.0.0.1", self.server.port))
            text = {"idle": "GET /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "waiting": "GET /v2/ HTTP/1.1\r\nHost: local",
                    "slow": f"GET /v2/crowd/blobs/sha256:{self.blob} HTTP/1.1\r\nHost: localhost\r\n\r\n"}[member[0]]
            connection.sendall(text.encode())
            connection.setblocking(False)
            member[1] = connection
        except OSError:
            member[1] = None

    def keep(self):
        """Once a second: the slow read 500 bytes, and who was ended comes back, at most 200 a second."""
        while not self.ended:
            begun, back = time.monotonic(), 0
            for member in self.members:
                connection = member[1]
                gone = connection is None
                if not gone:
                    try:
                        gone = connection.recv(500) == b""
                    except BlockingIOError:
                        pass
                    except OSError:
                        gone = True
                if gone and back < 200:
                    if connection:
                        connection.close()
                    back += 1
                    self.begin(member)
            self.came_back += back
            self.largest = max(self.largest, sum(member[1] is not None for member in self.members))
            time.sleep(max(0, 1 - (time.monotonic() - begun)))

    def stop(self):
        self.ended = True
        self.thread.join()
        for _, connection in self.members:
            if connection:
                connection.close()


def layout(folder, layers, mib):
    os.makedirs(f"{folder}/blobs/sha256")

    def put(content):
        with open(f"{folder}/blobs/sha256/{sha(content)}", "wb") as file:
            file.write(content)
        return {"digest": f"sha256:{sha(content)}", "size": len(content)}

    content = [put(os.urandom(mib << 20)) for _ in range(layers)]
    config = put(json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [each["digest"] for each in content]}}).encode())
    layer = "application/vnd.oci.image.layer.v1.tar"
    manifest = put(json.dumps({"schemaVersion": 2, "mediaType": KIND, "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
                               "layers": [{"mediaType": layer, **each} for each in content]}).encode())
    index = {"schemaVersion": 2, "manifests": [{"mediaType": KIND, **manifest, "annotations": {"org.opencontainers.image.ref.name": "big"}}]}
    for name, value in (("index.json", index), ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
        with open(f"{folder}/{name}", "w") as file:
            json.dump(value, file)
    return f"{folder}:big"


def copy(source, destination, server):
    """Copies; returns how long it takes, and how much processor time the server takes for it."""
    begun, before = time.monotonic(), server.processor()
    subprocess.run([ours, "copy", "--quiet", source, destination], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun, server.processor() - before


class Health:
    """Asks for /healthz ten times a second."""

    def __init__(self, server):
        self.server, self.ended, self.times, self.wrong = server, False, [], 0
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended:
            begun = time.monotonic()
            try:
                good = self.server.ask("GET", "/healthz")[0] == 200
            except (OSError, IndexError):
                good = False
            self.wrong += not good
            self.times.append(time.monotonic() - begun)
            time.sleep(0.1)

    def stop(self):
        self.ended = True
        self.thread.join()


def crowd():
    source = options.image or layout(f"{work}/image", 6, 64)
    ratios, processor = {"push": [], "pull": []}, {"push": [], "pull": []}
    worst, wrong, ended, held = 0.0, 0, 0, 0
    for number in range(options.rounds):
        seconds = {}
        # Who goes first changes, so that neither always meets a colder disk.
        for crowded in (False, True) if number % 2 else (True, False):
            shutil.rmtree(f"{work}/store", ignore_errors=True)
            shutil.rmtree(f"{work}/pulled", ignore_errors=True)
            server = Server(f"{work}/store")
            if crowded:
                blob = os.urandom(32 << 20)
                status = server.ask("POST", f"/v2/crowd/blobs/uploads/?digest=sha256:{sha(blob)}", blob)[0]
                assert status == 201, status
                members, health = Crowd(server, sha(blob)), Health(server)
            os.sync()
            seconds["push", crowded] = copy(f"oci:{source}", f"docker://127.0.0.1:{server.port}/big:v1", server)
            os.sync()
            seconds["pull", crowded] = copy(f"docker://127.0.0.1:{server.port}/big:v1", f"oci:{work}/pulled:v1", server)
            if crowded:
                health.stop()
                members.stop()
                worst, wrong = max(worst, *health.times), wrong + health.wrong
                ended, held = ended + members.came_back, max(held, members.largest)
            server.stop()
        for what in ratios:
            ratios[what].append(seconds[what, False][0] / seconds[what, True][0])
            processor[what].append(seconds[what, True][1] / max(seconds[what, False][1], 0.01))
    for what, each in ratios.items():
        median = statistics.median(each)
        print(f"crowd   {what}: {median:.2f} of the undisturbed speed ({', '.join(f'{ratio:.2f}' for ratio in each)}), "
              f"{statistics.median(processor[what]):.2f} of the processor time{limit(what, median >= 0.9)}")
    print(f"crowd   /healthz: slowest {worst:.2f} s, {wrong} without 200{limit('healthz', worst <= 1 and not wrong)}; "
          f"up to {held} connections held, {ended} ended and begun anew")


def tagged_store(folder):
    """A store with one manifest that has many tags."""
    root = f"{folder}/docker/registry/v2"

    def write(path, content):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)

    def blob(content):
        write(f"{root}/blobs/sha256/{sha(content)[:2]}/{sha(content)}/data", content)
        return sha(content)

    config = blob(b"{}")
    manifest = json.dumps({"schemaVersion": 2, "mediaType": KIND, "layers": [],
                           "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": f"sha256:{config}", "size": 2}}).encode()
    name = blob(manifest)
    repository = f"{root}/repositories/tagged"
    write(f"{repository}/_layers/sha256/{config}/link", f"sha256:{config}".encode())
    write(f"{repository}/_manifests/revisions/sha256/{name}/link", f"sha256:{name}".encode())
    for number in range(options.tags):
        tag = f"{repository}/_manifests/tags/t{number:07}"
        # As a registry leaves them: the tag, and that it once pointed there.
        write(f"{tag}/current/link", f"sha256:{name}".encode())
        write(f"{tag}/index/sha256/{name}/link", f"sha256:{name}".encode())
    return name, f"{repository}/_manifests/tags"


def small_push(server, number):
    config = f'{{"number": {number}}}'.encode()
    manifest = json.dumps({"schemaVersion": 2, "mediaType": KIND, "layers": [],
                           "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": f"sha256:{sha(config)}", "size": len(config)}}).encode()
    begun = time.monotonic()
    status = server.ask("POST", f"/v2/other/blobs/uploads/?digest=sha256:{sha(config)}", config)[0]
    assert status == 201, status
    status = server.ask("PUT", f"/v2/other/manifests/v{number}", manifest, KIND)[0]
    assert status == 201, status
    return time.monotonic() - begun


def beside(server, act, first):
    """Pushes small images, from a number on, while something is done; returns the seconds that this takes, and those of each push."""
    seconds, pushes = [], []

    def timed():
        begun = time.monotonic()
        act()
        seconds.append(time.monotonic() - begun)

    thread = threading.Thread(target=timed)
    thread.start()
    while thread.is_alive():
        pushes.append(small_push(server, first + len(pushes)))
    thread.join()
    return seconds[0], pushes


def delete():
    ratios, pushes, median, processor = [], [], [], []
    for number in range(min(options.rounds, 3)):
        name, tags = tagged_store(f"{work}/tagged")
        again = f"{work}/again"
        shutil.copytree(tags, again)
        os.sync()
        server = Server(f"{work}/tagged")

        def remove():
            subprocess.run(["rm", "-r", again], check=True)
            os.sync()

        def ask():
            status = server.ask("DELETE", f"/v2/tagged/manifests/sha256:{name}")[0]
            assert status == 202, status

        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        removed, first = beside(server, remove, 0)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        rm = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        own = server.processor()
        deleted, during = beside(server, ask, len(first))
        own = server.processor() - own
        # As many, since the slowest of more is slower.
        begun = server.processor()
        alone = [small_push(server, len(first) + len(during) + each) for each in range(len(during))]
        own -= server.processor() - begun
        left = sum(len(found) for _, _, found in os.walk(tags))
        assert left == 0, f"{left} files of tags are left"
        server.stop()
        shutil.rmtree(f"{work}/tagged")
        ratios.append(deleted / removed)
        processor.append(own / rm)
        pushes.append(max(during) / max(alone))
        median.append(statistics.median(during) / statistics.median(alone))
        print(f"delete  round {number + 1}: rm -r and sync {removed:.2f} s, DELETE {deleted:.2f} s, {len(during)} pushes beside it, slowest "
              f"{max(during) * 1000:.0f} ms, of as many alone {max(alone) * 1000:.0f} ms", file=sys.stderr)
    ratio, push = statistics.median(ratios), statistics.median(pushes)
    print(f"delete  a manifest with {options.tags} tags: {ratio:.2f} of rm -r, {statistics.median(processor):.2f} of its processor time"
          f"{limit('delete', ratio <= 1.5)}")
    print(f"delete  pushes elsewhere meanwhile: slowest {push:.2f} of the slowest alone, median "
          f"{statistics.median(median):.2f} of the median{limit('pushes', push <= 2)}")


try:
    for each in options.only.split(","):
        {"crowd": crowd, "delete": delete}[each]()
    print(f"load average at the end: {os.getloadavg()[0]:.1f}")
finally:
    shutil.rmtree(work, ignore_errors=True)
if passed:
    sys.exit("over the limit: " + ", ".join(passed))
