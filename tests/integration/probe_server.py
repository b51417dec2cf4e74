"""Servers that behave in one way each, for the tests of the probe. Usage: probe_server.py WAY SOCKET-OR-PORT.
A number is a port of 127.0.0.1, with "6:" in front of [::1]; anything else is the path of a unix socket. Prints "ready";
writes what it was sent to the file "request"."""
import socket
import sys
import time


def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def grpc(status, first=b""):
    message = b"" if status == 0 else bytes([8, status])
    data = b"\0" + len(message).to_bytes(4, "big") + message
    return (frame(4, 0, 0, b"") + first + frame(1, 4, 1, b"\x88") + frame(0, 0, 1, data) +
            frame(1, 5, 1, b"\x40\x0bgrpc-status\x010"))


HTTP = {
    "ok": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "created": b"HTTP/1.0 201\r\n\r\n",
    "moved": b"HTTP/1.1 301 Moved Permanently\r\nLocation: /\r\n\r\n",
    "down": b"HTTP/1.1 503 Service Unavailable\r\n\r\n",
    "early": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "bare": b"HTTP/1.1 200 OK\n\n",
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "odd": b"HTTP/1.1 20 OK\r\n\r\n",
    "odder": b"HTTP/1.1 2000 OK\r\n\r\n",
    "endless": b"HTTP/1.1 100 Continue\r\n" + b"X: y\r\n" * 20000,
    "long": b"H" * 200000,
    "nothing": b"",
    "serving": grpc(1, frame(6, 0, 0, b"12345678") + frame(8, 0, 0, b"\0\0\1\0")),
    "padded": frame(4, 0, 0, b"") + frame(0, 8, 1, b"\3\0\0\0\0\2\x08\x01abc"),
    "not-serving": grpc(2),
    "unknown": grpc(0),
    "refused": frame(4, 0, 0, b"") + frame(1, 5, 1, b"\x88"),
    "away": frame(7, 0, 0, bytes(8)),
}


def listen(where):
    if where.startswith("6:"):
        s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("::1", int(where[2:])))
    elif where.isdigit():
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", int(where)))
    else:
        s = socket.socket(socket.AF_UNIX)
        s.bind(where)
    s.listen(8)
    return s


def serve(way, conn):
    if way == "silent":
        time.sleep(60)
    if way == "slow":
        for b in HTTP["ok"]:
            conn.sendall(bytes([b]))
            time.sleep(0.01)
        return
    conn.settimeout(0.3)
    request = b""
    try:
        while b"\r\n\r\n" not in request or request.startswith(b"PRI"):
            part = conn.recv(4096)
            if not part:
                break
            request += part
    except socket.timeout:
        pass
    with open("request", "wb") as f:
        f.write(request)
    conn.sendall(HTTP[way])
    # Who closes with something unread resets the connection, and what was sent may be lost.
    conn.shutdown(socket.SHUT_WR)
    conn.settimeout(1)
    while conn.recv(4096):
        pass


server = listen(sys.argv[2])
print("ready", flush=True)
while True:
    connection, _ = server.accept()
    try:
        serve(sys.argv[1], connection)
    except OSError:
        pass
    connection.close()
