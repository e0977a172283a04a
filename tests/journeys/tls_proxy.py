"""A proxy that ends https and tells the site nothing of it, as many are set up."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wagtail_m365.views.certificate_making import self_signed


@contextmanager
def silent_proxy(site: str, folder: Path) -> Iterator[str]:
    """Gives the https address in front of this site, until the block ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder))
    port = int(site.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(
            target=_serve, args=(listening, context, port), daemon=True
        ).start()
        yield f"https://localhost:{listening.getsockname()[1]}"


def _serve(listening: socket.socket, context: ssl.SSLContext, port: int) -> None:
    while True:
        try:
            plain, _address = listening.accept()
        except OSError:
            return
        threading.Thread(
            target=_forward, args=(plain, context, port), daemon=True
        ).start()


def _forward(plain: socket.socket, context: ssl.SSLContext, port: int) -> None:
    """Bytes in both directions; the headers stay as the browser wrote them."""
    with (
        suppress(OSError),
        context.wrap_socket(plain, server_side=True) as browser,
        socket.create_connection(("127.0.0.1", port)) as site,
    ):
        back = threading.Thread(target=_pump, args=(site, browser), daemon=True)
        back.start()
        _pump(browser, site)
        back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)


def _certificate(folder: Path) -> Path:
    """A key and a certificate that signs itself, in one file."""
    made = self_signed("localhost")
    path = folder / "proxy.pem"
    path.write_text(made.private_key.reveal() + made.certificate, encoding="ascii")
    return path
