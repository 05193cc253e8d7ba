#!/usr/bin/env python3
"""How `stevedore serve` copes with many of everything: tags, referrers, blobs.

Usage: benches/registry_scale.py [BINARY] [--tags 100000] [--referrers 10000] [--blobs 10000]

Makes a registry's directory with plain files, starts the server on it, and prints how long each kind of page takes: the median and the
slowest of several requests, beside the limit that the project sets itself. Ends with 1 where a limit is passed.
"""
import argparse
import hashlib
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

IMAGE = "application/vnd.oci.image.manifest.v1+json"


def digest(content):
    return hashlib.sha256(content).hexdigest()


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


class Store:
    def __init__(self, place):
        self.root = os.path.join(place, "docker/registry/v2")

    def blob(self, content):
        name = digest(content)
        write(f"{self.root}/blobs/sha256/{name[:2]}/{name}/data", content)
        return name

    def link(self, repository, path, name):
        write(f"{self.root}/repositories/{repository}/{path}/link", f"sha256:{name}".encode())

    def manifest(self, repository, more):
        config = self.blob(b"{}")
        self.link(repository, f"_layers/sha256/{config}", config)
        descriptor = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": f"sha256:{config}", "size": 2}
        raw = json.dumps({"schemaVersion": 2, "mediaType": IMAGE, "config": descriptor, "layers": [], **more}).encode()
        name = self.blob(raw)
        self.link(repository, f"_manifests/revisions/sha256/{name}", name)
        return name, len(raw)


class Client:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.connection = http.client.HTTPConnection(host, int(port))

    def get(self, path):
        begun = time.perf_counter()
        self.connection.request("GET", path)
        response = self.connection.getresponse()
        body = response.read()
        elapsed = (time.perf_counter() - begun) * 1000
        assert response.status == 200, (path, response.status, body[:200])
        return elapsed, response.getheader("Link"), body


def follow(client, path, count):
    """Follows the links of a list; returns the time of each page, the sizes of the pages, and the number of entries."""
    times, sizes, entries = [], [], 0
    while path:
        elapsed, link, body = client.get(path)
        times.append(elapsed)
        sizes.append(len(body))
        entries += count(json.loads(body))
        path = link and link[1 : link.index(">")]
    return times, sizes, entries


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", nargs="?", default="target/release/stevedore")
    parser.add_argument("--tags", type=int, default=100_000)
    parser.add_argument("--referrers", type=int, default=10_000)
    parser.add_argument("--blobs", type=int, default=10_000)
    options = parser.parse_args()
    place = tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    passed = True

    def tell(what, times, limit):
        nonlocal passed
        passed = passed and max(times) <= limit
        print(f"{what}: median {statistics.median(times):.1f} ms, slowest {max(times):.1f} ms (limit {limit} ms)")

    try:
        store = Store(place)
        name, _ = store.manifest("tagged", {})
        for number in range(options.tags):
            store.link("tagged", f"_manifests/tags/t{number:07}/current", name)
        subject, size = store.manifest("signed", {})
        to = {"mediaType": IMAGE, "digest": f"sha256:{subject}", "size": size}
        for number in range(options.referrers):
            kind = f"application/kind.{number % 4}"
            store.manifest("signed", {"subject": to, "artifactType": kind, "annotations": {"number": str(number)}})
        for number in range(options.blobs):
            blob = store.blob(f"blob {number}".encode())
            store.link(f"many/r{number % 100}", f"_layers/sha256/{blob}", blob)
        command = [options.binary, "serve", "--json", "--store", place, "--addr", "127.0.0.1:0", "--access-log", "none"]
        begun = time.perf_counter()
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        client = Client(json.loads(server.stdout.readline())["address"])
        client.get("/v2/")
        tell(f"ready, with {options.blobs} blobs", [(time.perf_counter() - begun) * 1000], 1000)

        last = [f"t{number:07}" for number in range(0, options.tags, max(options.tags // 20, 1))]
        tell(f"100 of {options.tags} tags", [client.get(f"/v2/tagged/tags/list?n=100&last={tag}")[0] for tag in last], 50)
        times, _, entries = follow(client, "/v2/tagged/tags/list", lambda page: len(page["tags"]))
        assert entries == options.tags, entries
        print(f"all of them: {len(times)} pages, {sum(times):.0f} ms")

        first = client.get(f"/v2/signed/referrers/sha256:{subject}")[0]
        print(f"{options.referrers} referrers, found for the first time: {first:.0f} ms")
        times, sizes, entries = follow(client, f"/v2/signed/referrers/sha256:{subject}", lambda page: len(page["manifests"]))
        assert entries == options.referrers, entries
        passed = passed and max(sizes) <= 4 << 20
        print(f"all of them: {len(times)} pages of at most {max(sizes)} bytes (limit {4 << 20}), {sum(times):.0f} ms")
        path = f"/v2/signed/referrers/sha256:{subject}?artifactType=application/kind.1"
        _, _, entries = follow(client, path, lambda page: sum(each["artifactType"] == "application/kind.1" for each in page["manifests"]))
        assert entries == (options.referrers + 2) // 4, entries
        server.terminate()
        server.wait()
    finally:
        shutil.rmtree(place)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
