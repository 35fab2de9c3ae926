"""Where the code of a printed tag leads: a page that tells strangers nothing, whatever the code."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

PATH = "/t/{uid}"

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>A tag</title>
<style>body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto; padding: 0 1rem; }</style>
<h1>This is a tag.</h1>
<p>Those who gave it out read it with their app. To anybody else it tells nothing.</p>
</html>
"""
HEADERS = {
    "cache-control": "public, max-age=86400",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
}


async def page(_: Request) -> Response:
    return HTMLResponse(PAGE, headers=HEADERS)
