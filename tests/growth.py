"""Counts the instructions of a program over inputs of length n and 4n, and fails where they grow faster. See growth.sh."""

import concurrent.futures
import hashlib
import io
import json
import math
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import urllib.request

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
EMPTY = "application/vnd.oci.empty.v1+json"
NAME = "org.opencontainers.image.ref.name"

# Where work is linear the ratio is 4; sorting and maps add a little.
LIMIT = 5


def dump(value):
    return json.dumps(value, separators=(",", ":")).encode()


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Layout:
    """An OCI layout as a table of files."""

    def __init__(self):
        self.files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
        self.entries = []

    def blob(self, media_type, content, **more):
        self.files["blobs/sha256/" + digest(content)[7:]] = content
        return {"mediaType": media_type, "digest": digest(content), "size": len(content), **more}

    def manifest(self, config, layers=(), **more):
        body = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": list(layers), **more}
        return self.blob(MANIFEST, dump(body))

    def image(self, layers=(), note=""):
        plain = [self.blob(LAYER, layer) for layer in layers]
        rootfs = {"type": "layers", "diff_ids": [layer["digest"] for layer in plain]}
        config = {"architecture": "amd64", "os": "linux", "rootfs": rootfs, "config": {"Labels": {"note": note}}}
        return self.manifest(self.blob(CONFIG, dump(config)), plain)

    def name(self, manifest, name):
        self.entries.append({**manifest, "annotations": {NAME: name}})

    def table(self):
        return {**self.files, "index.json": dump({"schemaVersion": 2, "mediaType": INDEX, "manifests": self.entries})}

    def write(self, folder):
        for name, content in self.table().items():
            write(os.path.join(folder, name), content)
        os.makedirs(os.path.join(folder, "blobs/sha256"), exist_ok=True)
        return folder

    def archive(self, path, more=()):
        write(path, tar({**self.table(), **dict(more)}))
        return path


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def tar(files, headers=()):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.pax_headers = len(content), dict(headers)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def tagged(count):
    layout = Layout()
    for n in range(count):
        layout.name(layout.image(note=str(n)), f"t{n}")
    return layout


# Each row makes an input of a length in a folder, and returns the arguments of the program and what it reads.


def index_of_platforms(folder, count):
    """An index.json that is an image's index: as many platforms as it has entries."""
    layout = Layout()
    for n in range(count):
        platform = {"os": "linux", "architecture": "amd64", "variant": f"v{n}"}
        layout.entries.append({"mediaType": MANIFEST, "digest": digest(b"%d" % n), "size": 10, "platform": platform})
    return ["inspect", "oci:" + layout.write(folder)], None


def tags_of_layout(folder, count):
    return ["tags", "oci:" + tagged(count).write(folder)], None


def mirrored_tags(folder, count):
    source = tagged(count).write(folder + "/from")
    return ["sync", "--quiet", "--dry-run", "-"], f"oci:{source}:* oci:{folder}/to\n"


def mirrored_referrers(folder, count):
    layout = tagged(count)
    config = layout.blob(EMPTY, b"{}")
    for entry in list(layout.entries):
        subject = {key: entry[key] for key in ("mediaType", "digest", "size")}
        layout.entries.append(layout.manifest(config, artifactType="application/vnd.example", subject=subject))
    source = layout.write(folder + "/from")
    return ["sync", "--quiet", "-"], f"oci:{source}:* oci:{folder}/to referrers=true\n"


def mirrored_archive(folder, count):
    source = tagged(count).archive(folder + "/from.tar")
    return ["sync", "--quiet", "--dry-run", "-"], f"oci-archive:{source}:* oci:{folder}/to\n"


def docker_archive(folder, count):
    layout, items = tagged(count), []
    for n, entry in enumerate(layout.entries):
        config = json.loads(layout.files["blobs/sha256/" + entry["digest"][7:]])["config"]["digest"]
        items.append({"Config": "blobs/sha256/" + config[7:], "RepoTags": [f"r/a:t{n}"], "Layers": []})
        entry.pop("annotations")
    return layout.archive(folder + "/from.tar", [("manifest.json", dump(items))])


def tags_of_docker_archive(folder, count):
    return ["tags", "docker-archive:" + docker_archive(folder, count)], None


def mirrored_docker_archive(folder, count):
    return ["sync", "--quiet", "--dry-run", "-"], f"docker-archive:{docker_archive(folder, count)}:* oci:{folder}/to\n"


def listed(folder, layer, verb=("ls",)):
    layout = Layout()
    layout.name(layout.image([layer]), "v1")
    return [*verb, f"oci:{layout.write(folder)}:v1"], None


def attributes_of_an_entry(folder, count):
    return listed(folder, tar({"file": b""}, [(f"SCHILY.xattr.user.n{n}", "value") for n in range(count)]))


def depth(count):
    """The depth at which the paths of all levels have so many thousands of bytes: what has to be written for each is its whole path."""
    return math.isqrt(count * 1000)


def depth_of_a_path(*verb, out=None):
    def row(folder, count):
        return listed(folder, tar({"d/" * depth(count) + "file": b""}), (*verb, *(["-o", folder + out] if out else [])))

    return row


def levels(*verb, out=None):
    """A tree with a file at each level."""

    def row(folder, count):
        files = {"d/" * n + "file": b"" for n in range(depth(count))}
        return listed(folder, tar(files), (*verb, *(["-o", folder + out] if out else [])))

    return row


def flattened(folder, layers):
    """One layer of all, in another layout, not compressed: that would hide the rest."""
    layout = Layout()
    layout.name(layout.image(layers), "v1")
    return ["mutate", "--quiet", "--flatten", "--compress", "none", f"oci:{layout.write(folder)}:v1", "--to", f"oci:{folder}/to:v1"], None


def flattened_files(folder, count):
    """Files in a lower layer, of which the upper one changes some and removes some."""
    lower = {f"d{n % 10}/file{n}": b"" for n in range(count)}
    upper = {f"d{n % 10}/{'.wh.' if n % 3 else ''}file{n}": b"" for n in range(0, count, 2)}
    return flattened(folder, [tar(lower), tar(upper)])


def flattened_levels(folder, count):
    return flattened(folder, [tar({"d/" * n + f"file{name}": b"" for n in range(depth(count))}) for name in "ab"])


def flattened_layers(folder, count):
    return flattened(folder, [tar({f"d/n{n}": b"" * n}) for n in range(count)])


def files_of_a_deep_folder(folder, count):
    return listed(folder, tar({"d/" * 500 + f"file{n}": b"" for n in range(count)}), ("export", "-o", folder + "/out/"))


def hidden_levels(folder, count):
    """Levels in each of two layers, and a whiteout that hides them."""
    layers = [tar({"d/" * n + f"file{name}": b"" for n in range(1, depth(count))}) for name in "ab"]
    layout = Layout()
    layout.name(layout.image([*layers, tar({".wh.d": b""})]), "v1")
    return ["ls", f"oci:{layout.write(folder)}:v1"], None


def layers_looked_into(folder, count):
    """A file in the lowest of many layers, each of which has something in its directory."""
    layers = [tar({"d/wanted": b"content"})] + [tar({f"d/n{n}": b"" * n}) for n in range(count)]
    layout = Layout()
    layout.name(layout.image(layers), "v1")
    return ["cat", f"oci:{layout.write(folder)}:v1", "/d/wanted"], None


def registry(folder, count):
    """The storage of a registry with as many images, each under a tag of its own."""
    root = folder + "/docker/registry/v2"
    layout = tagged(count)
    for name, content in layout.files.items():
        if name.startswith("blobs/"):
            hexadecimal = name.rsplit("/", 1)[1]
            write(f"{root}/blobs/sha256/{hexadecimal[:2]}/{hexadecimal}/data", content)
    repository = root + "/repositories/app"
    for entry in layout.entries:
        link, hexadecimal, tag = entry["digest"].encode(), entry["digest"][7:], entry["annotations"][NAME]
        config = json.loads(layout.files["blobs/sha256/" + hexadecimal])["config"]["digest"]
        write(f"{repository}/_manifests/revisions/sha256/{hexadecimal}/link", link)
        write(f"{repository}/_manifests/tags/{tag}/current/link", link)
        write(f"{repository}/_manifests/tags/{tag}/index/sha256/{hexadecimal}/link", link)
        write(f"{repository}/_layers/sha256/{config[7:]}/link", config.encode())
    return folder


def collected_storage(folder, count):
    return ["gc", "--store", registry(folder, count)], None


def served_tags(folder, count):
    return ["serve", "--json", "--addr", "127.0.0.1:0", "--store", registry(folder, count)], served_tags


ROWS = [
    # name, input, n
    ("layout index: inspect", index_of_platforms, 600),
    ("layout tags: tags", tags_of_layout, 600),
    ("layout tags: sync", mirrored_tags, 100),
    ("layout referrers: sync", mirrored_referrers, 40),
    ("oci-archive images: sync", mirrored_archive, 100),
    ("docker-archive images: tags", tags_of_docker_archive, 150),
    ("docker-archive images: sync", mirrored_docker_archive, 100),
    ("attributes of an entry: ls", attributes_of_an_entry, 1000),
    ("depth of a path: ls", depth_of_a_path("ls"), 200),
    ("depth of a path: export", depth_of_a_path("export", out="/out.tar"), 200),
    ("depth of a path: into a folder", depth_of_a_path("export", out="/out/"), 80),
    ("levels: ls", levels("ls"), 40),
    ("levels: into a folder", levels("export", out="/out/"), 40),
    ("levels below a whiteout: ls", hidden_levels, 40),
    ("files in a deep folder: export", files_of_a_deep_folder, 300),
    ("files in two layers: flatten", flattened_files, 1000),
    ("levels in two layers: flatten", flattened_levels, 40),
    ("layers: flatten", flattened_layers, 100),
    ("layers: cat", layers_looked_into, 100),
    ("storage: gc", collected_storage, 200),
    ("storage: tags/list", served_tags, 400),
]


def run(program, row, count):
    """Returns the number of instructions."""
    folder = tempfile.mkdtemp(prefix="growth.")
    try:
        arguments, given = row(folder, count)
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--vgdb=no", program, *arguments]
        environment = {"PATH": os.environ["PATH"], "HOME": folder + "/home", "TMPDIR": folder}
        # A file, for valgrind warns of each system call that it does not know, and nobody reads a pipe while a server is asked.
        said = open(folder + "/said", "w+")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": said}
        process = subprocess.Popen(command, env=environment, text=True, **pipes)
        if given is served_tags:
            address = json.loads(process.stdout.readline())["address"]
            with urllib.request.urlopen(f"http://{address}/v2/app/tags/list", timeout=300) as response:
                assert len(json.load(response)["tags"]) == count
            process.send_signal(signal.SIGTERM)
            given = None
        process.communicate(given, timeout=1200)
        said.seek(0)
        said = said.read()
        found = re.search(r"Collected *: *(\d+)", said)
        if process.returncode != 0 or not found:
            sys.exit(f"growth: {' '.join(arguments)} of length {count} ended with {process.returncode}:\n{said}")
        return int(found[1])
    finally:
        # Deeper than Python goes.
        subprocess.run(["rm", "-rf", folder], check=True)


def main():
    program, wanted = sys.argv[1], sys.argv[2:]
    failed = False
    print(f"{'millions of instructions':32}{'n':>6}{'fixed':>9}{'n':>9}{'4n':>9}{'ratio':>8}")
    rows = [row for row in ROWS if not wanted or any(word in row[0] for word in wanted)]
    # Instructions are counted, so rows that run side by side do not change each other's numbers.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = [[pool.submit(run, program, row, length) for length in (2, count, 4 * count)] for _, row, count in rows]
        for (name, _, count), counted in zip(rows, runs):
            fixed, small, large = (future.result() for future in counted)
            ratio = large / small
            verdict = []
            if 2 * fixed > small:
                verdict.append("more than half of it is fixed: choose a larger n")
            if ratio > LIMIT:
                verdict.append(f"grows more than {LIMIT}-fold")
            failed |= bool(verdict)
            numbers = "".join(f"{number / 1e6:9.1f}" for number in (fixed, small, large))
            print(f"{name:32}{count:6}{numbers}{ratio:8.2f}  {'; '.join(verdict) or 'ok'}", flush=True)
    sys.exit(failed)


main()
