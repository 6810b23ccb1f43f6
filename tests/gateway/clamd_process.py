"""A process that speaks to scanners' clients as clamd does: `python clamd_process.py unix:PATH | tcp [MOST_BYTES]`.

Commands with z (ended by NUL) and n (by newline): PING, VERSION, INSTREAM, as clamd(8) has them. A stream over
StreamMaxLength is answered at once and the connection closed; a file with the EICAR test string is found. It prints its
address when it listens, one connection a thread.
"""

import socketserver
import sys
from typing import Final, cast

# In two halves, so that no scanner on a developer's machine takes this file away.
EICAR: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_LONGEST_COMMAND: Final = 4096


class Connection(socketserver.StreamRequestHandler):
    """One client."""

    def handle(self) -> None:
        """Answer commands until it leaves; clamd ends a connection after one outside of a session."""
        first = self.rfile.read(1)
        end = {b"z": b"\x00", b"n": b"\n"}.get(first)
        if end is None:
            self.wfile.write(b"UNKNOWN COMMAND\x00")
            return
        command = b""
        while (sign := self.rfile.read(1)) not in (end, b""):
            command += sign
            if len(command) > _LONGEST_COMMAND:
                return
        answers = {b"PING": b"PONG", b"VERSION": b"ClamAV 1.4.3/27800/Mon Nov 23 09:00:00 2026"}
        answer = self._instream() if command == b"INSTREAM" else answers.get(command, b"UNKNOWN COMMAND")
        self.wfile.write(answer + end)

    def _instream(self) -> bytes:
        most = cast("int", getattr(self.server, "most"))  # noqa: B009 - set below on either kind of server
        found = b""
        while length := int.from_bytes(self._exactly(4), "big"):
            if len(found) + length > most:
                return b"INSTREAM size limit exceeded. ERROR"
            found += self._exactly(length)
        return b"stream: Eicar-Test-Signature FOUND" if EICAR in found else b"stream: OK"

    def _exactly(self, length: int) -> bytes:
        found = self.rfile.read(length)
        if len(found) < length:
            raise ConnectionError("the client left")
        return found


class Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """On a UNIX socket."""

    daemon_threads = True


class Tcp(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """On a TCP port of this machine."""

    daemon_threads = True


def main() -> None:
    """Serve until killed."""
    where = sys.argv[1]
    server: Unix | Tcp
    if where == "tcp":
        server = Tcp(("127.0.0.1", 0), Connection)
        address = f"127.0.0.1:{server.server_address[1]}"
    else:
        server = Unix(where.removeprefix("unix:"), Connection)
        address = where
    setattr(server, "most", int(sys.argv[2]) if len(sys.argv) > 2 else 25 * 1024 * 1024)  # noqa: B010 - see above
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that leaves is no news
    print(address, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
