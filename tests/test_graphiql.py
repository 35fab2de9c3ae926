"""The GraphiQL page: who gets it, what it may load, and where its files come from."""

import base64
import hashlib
import io
import re
import tarfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from graphql import parse, validate

from app.demo.graphiql import FetchFailed, fetch
from app.graphiql import PACKAGES, Package
from app.graphql import schema
from app.main import create_app
from app.settings import Settings

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = PACKAGES[0]
SCRIPT_URL = f"/graphiql/{next(SCRIPT.paths)}"


@asynccontextmanager
async def serve(settings: Settings, **changed: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The API with other settings."""
    app = create_app(settings.model_copy(update=changed))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://waypost") as client,
    ):
        yield client


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files as the demo keeps them, and something beside them that is nobody's business."""
    (tmp_path / "secret.js").write_text("secret")
    for package in PACKAGES:
        for path in package.paths:
            file = tmp_path / "assets" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(path)
    return tmp_path / "assets"


async def test_browsers_get_the_page(settings: Settings) -> None:
    async with serve(settings, graphiql=True) as client:
        page = await client.get("/graphql", headers=BROWSER)
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers["cache-control"] == "no-store"  # a nonce is for once


@pytest.mark.parametrize("headers", [{"accept": "*/*"}, {"accept": "application/json"}, {}])
async def test_programs_do_not_get_the_page(settings: Settings, headers: dict[str, str]) -> None:
    async with serve(settings, graphiql=True) as client:
        answer = await client.get("/graphql", headers=headers)
        assert answer.is_client_error
        assert "<html" not in answer.text


async def test_queries_are_answered_beside_the_page(settings: Settings) -> None:
    async with serve(settings, graphiql=True) as client:
        answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers=BROWSER)
        assert answer.json() == {"data": {"__typename": "Query"}}
        asked = await client.get("/graphql", params={"query": "{ __typename }"}, headers=BROWSER)
        assert asked.is_client_error


async def test_without_the_setting_there_is_neither_page_nor_file(settings: Settings, folder: Path) -> None:
    async with serve(settings, graphiql=False, graphiql_assets=folder) as client:
        for path, status in (("/graphql", 400), (SCRIPT_URL, 404)):
            answer = await client.get(path, headers=BROWSER)
            assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (status, "application/json")


async def test_files_come_from_the_folder(settings: Settings, folder: Path) -> None:
    async with serve(settings, graphiql=True, graphiql_assets=folder) as client:
        page = (await client.get("/graphql", headers=BROWSER)).text
        found = re.findall(r'(?:src|href)="(graphiql/[^"]+)"', page)
        assert [url.removeprefix("graphiql/") for url in found] == [path for one in PACKAGES for path in one.paths]
        for url in found:
            assert (await client.get(f"/{url}")).text == url.removeprefix("graphiql/")
        assert "https://" not in page


@pytest.mark.parametrize(
    "path",
    [
        "../secret.js",
        "%2e%2e/secret.js",
        "%2e%2e%2fsecret.js",
        "react@18.3.1/%2e%2e/%2e%2e/secret.js",
        "..%5csecret.js",
    ],
)
async def test_nothing_outside_the_folder_is_served(settings: Settings, folder: Path, path: str) -> None:
    async with serve(settings, graphiql=True, graphiql_assets=folder) as client:
        answer = await client.get(f"/graphiql/{path}")
        assert (answer.status_code, "secret" in answer.text) == (404, False)


def test_a_folder_that_is_not_there_is_said_at_once(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="nowhere"):
        create_app(settings.model_copy(update={"graphiql": True, "graphiql_assets": tmp_path / "nowhere"}))


async def test_without_a_folder_the_files_come_from_the_cdn(settings: Settings) -> None:
    async with serve(settings, graphiql=True) as client:
        page = (await client.get("/graphql", headers=BROWSER)).text
        for package in PACKAGES:
            for path, checksum in zip(package.paths, package.files.values(), strict=True):
                assert f'"https://unpkg.com/{path}" integrity="{checksum}" crossorigin' in page
        assert (await client.get(SCRIPT_URL)).status_code == 404


async def test_only_scripts_of_the_page_may_run(settings: Settings) -> None:
    async with serve(settings, graphiql=True) as client:
        pages = [await client.get("/graphql", headers=BROWSER) for _ in range(2)]
    policies = [page.headers["content-security-policy"] for page in pages]
    assert policies[0] != policies[1]
    for page, policy in zip(pages, policies, strict=True):
        assert "default-src 'none'" in policy
        nonces = re.search(r"script-src 'nonce-([\w-]+)';", policy)
        assert nonces
        run = [tag for tag in re.findall(r"<script[^>]*>", page.text) if 'type="application/graphql"' not in tag]
        assert len(run) == 4
        assert all(f'nonce="{nonces[1]}"' in tag for tag in run)


async def test_what_the_page_suggests_is_valid(settings: Settings) -> None:
    async with serve(settings, graphiql=True) as client:
        page = (await client.get("/graphql", headers=BROWSER)).text
    suggested = re.search(r'<script type="application/graphql" id="welcome">(.*?)</script>', page, re.DOTALL)
    assert suggested
    assert validate(schema._schema, parse(suggested[1])) == []


@dataclass
class Registry:
    """A server that speaks as npm's registry does; `asked` are the paths that were asked for."""

    tarballs: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def publish(self, id: str, files: dict[str, bytes], used: list[str]) -> Package:
        name, version = id.rsplit("@", 1)
        tarball = pack(files)
        self.tarballs[f"/{name}/-/{name}-{version}.tgz"] = tarball
        checksum = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
        return Package(id, f"sha512-{checksum}", dict.fromkeys(used, ""))


def pack(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    found = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            tarball = found.tarballs.get(self.path)
            self.send_response(200 if tarball else 404)
            self.end_headers()
            self.wfile.write(tarball or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


FILES = {"umd/a.js": b"a()", "LICENSE": b"MIT", "../../evil.js": b"evil()"}


def test_what_is_used_is_fetched_once(registry: Registry, tmp_path: Path) -> None:
    packages = [
        registry.publish("a@1.0.0", FILES, ["umd/a.js"]),
        registry.publish("b@2.0.0", {"b.css": b"b"}, ["b.css"]),
    ]
    for _ in range(2):
        fetch(tmp_path / "new" / "folder", packages, registry.url)
    assert contents(tmp_path) == {"new/folder/a@1.0.0/umd/a.js": b"a()", "new/folder/b@2.0.0/b.css": b"b"}
    assert sorted(registry.asked) == ["/a/-/a-1.0.0.tgz", "/b/-/b-2.0.0.tgz"]


def test_a_new_version_is_fetched_beside_the_old_one(registry: Registry, tmp_path: Path) -> None:
    for version in ("1.0.0", "1.0.1"):
        fetch(tmp_path, [registry.publish(f"a@{version}", FILES, ["umd/a.js"])], registry.url)
    assert set(contents(tmp_path)) == {"a@1.0.0/umd/a.js", "a@1.0.1/umd/a.js"}


def test_another_tarball_than_the_pinned_one_is_refused(registry: Registry, tmp_path: Path) -> None:
    package = registry.publish("a@1.0.0", FILES, ["umd/a.js"])
    registry.publish("a@1.0.0", FILES | {"umd/a.js": b"evil()"}, [])
    with pytest.raises(FetchFailed, match="checksum"):
        fetch(tmp_path, [package], registry.url)
    assert list(tmp_path.iterdir()) == []


def test_what_the_registry_does_not_have_is_said_in_one_line(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match="404") as refusal:
        fetch(tmp_path, PACKAGES, registry.url)
    assert "\n" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("proxy", ["", "socks5://127.0.0.1:9", "nonsense://x"])
def test_a_registry_out_of_reach_is_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    for name in ("ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(FetchFailed, match=r"127\.0\.0\.1:9"):
        fetch(tmp_path, PACKAGES, "http://127.0.0.1:9")


def test_those_who_fetch_at_once_share_one_folder(registry: Registry, tmp_path: Path) -> None:
    package = registry.publish("a@1.0.0", FILES, ["umd/a.js"])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: fetch(tmp_path, [package], registry.url), range(8)))
    assert contents(tmp_path) == {"a@1.0.0/umd/a.js": b"a()"}
    assert [path.name for path in tmp_path.iterdir()] == ["a@1.0.0"]
