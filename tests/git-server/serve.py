#!/usr/bin/env python3
"""A Git server that is not ours: `git http-backend` behind Python's web server, for tests of the git write path.

    serve.py ROOT [TOKEN=ACCESS]...

serves the bare repositories below ROOT on a free port of 127.0.0.1 and writes `PORT <number>`. With tokens every request
needs one as its password: ACCESS is `read` or `write`. It ends when its standard input ends. Commands, one per line, each
answered by lines of which the last is `.`:

    fault KIND ENDPOINT [ARGUMENT]  the next request for ENDPOINT (`info/refs`, `git-upload-pack`, `git-receive-pack`) fails:
        status CODE      is answered with this status, and has no effect
        cut              the connection ends, and there is no effect
        lose             the connection ends after the request took effect, before the reply
        half             the connection ends in the middle of the reply, after the request took effect
        hold             waits for `release`, then goes on
        hold-reply       takes effect, then waits for `release` before the reply
        pass             nothing happens to it: what was asked for after this is for the next one
        redirect URL     is answered with a redirect to URL followed by the rest of the path
    clear                forgets all faults
    setting NAME VALUE   passes a setting to git, such as `uploadpack.allowFilter false`
    protocol N           speaks at most version N of Git's protocol
    held                 answers once a request is held
    release              lets the held requests go on
    requests             lists the requests since the last time: `METHOD PATH STATUS IN OUT USER`
"""

import base64
import http.server
import os
import subprocess
import sys
import threading
import urllib.parse


class World:
    """What the requests depend on, and what they leave behind."""

    def __init__(self, root, tokens):
        self.root, self.tokens = root, tokens
        self.faults, self.settings, self.requests = [], {}, []
        self.protocol = 2
        self.lock = threading.Lock()
        self.held, self.released = threading.Semaphore(0), threading.Semaphore(0)
        self.waiting = 0

    def take_fault(self, endpoint):
        with self.lock:
            for index, (_, wanted, _) in enumerate(self.faults):
                if wanted == endpoint:
                    return self.faults.pop(index)
        return ("", "", "")

    def hold(self):
        with self.lock:
            self.waiting += 1
        self.held.release()
        self.released.acquire()

    def release(self):
        with self.lock:
            waiting, self.waiting = self.waiting, 0
        for _ in range(waiting):
            self.released.release()

    def command(self, words):
        """Does what a line says; returns the lines of the answer."""
        if words[0] == "fault":
            with self.lock:
                self.faults.append((words[1], words[2], words[3] if len(words) > 3 else ""))
        elif words[0] == "clear":
            with self.lock:
                self.faults.clear()
        elif words[0] == "setting":
            self.settings[words[1]] = words[2]
        elif words[0] == "protocol":
            self.protocol = int(words[1])
        elif words[0] == "held":
            self.held.acquire()
        elif words[0] == "release":
            self.release()
        elif words[0] == "requests":
            with self.lock:
                requests, self.requests = self.requests, []
            return requests
        else:
            return [f"unknown command {words[0]}"]
        return []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world = None

    def do_GET(self):
        self.serve(b"")

    def do_POST(self):
        self.serve(self.body())

    def log_message(self, *_):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def serve(self, body):
        self.place = urllib.parse.urlsplit(self.path)
        endpoint = "info/refs" if self.place.path.endswith("/info/refs") else self.place.path.rsplit("/", 1)[-1]
        user, access = self.login()
        kind, _, argument = self.world.take_fault(endpoint)
        self.received, self.user = len(body), user
        if kind == "hold":
            self.world.hold()
        if kind == "cut":
            return self.cut(0)
        if kind == "status":
            return self.answer(int(argument), {"Content-Type": "text/plain"}, b"an error that was asked for\n")
        if kind == "redirect":
            return self.answer(302, {"Location": argument + self.path}, b"")
        if access is None:
            return self.answer(401, {"WWW-Authenticate": 'Basic realm="git"'}, b"who are you?\n")
        writes = "git-receive-pack" in (endpoint, urllib.parse.parse_qs(self.place.query).get("service", [""])[0])
        if writes and access != "write":
            return self.answer(403, {"Content-Type": "text/plain"}, b"this token may not write\n")
        status, headers, reply = self.backend(body, user)
        if kind == "hold-reply":
            self.world.hold()
        if kind == "lose":
            return self.cut(status)
        if kind == "half":
            return self.answer(status, headers, reply, len(reply) // 2)
        return self.answer(status, headers, reply)

    def login(self):
        """Returns the user's name and what it may do; no right at all if it is nobody."""
        scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
        user, _, password = base64.b64decode(credentials).decode().partition(":") if scheme == "Basic" else ("-", "", "")
        return user, self.world.tokens.get(password) if self.world.tokens else "write"

    def backend(self, body, user):
        version = self.headers.get("Git-Protocol", "") if self.world.protocol == 2 else ""
        settings = dict(self.world.settings)
        env = {
            "PATH": os.environ["PATH"],
            "HOME": self.world.root,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROJECT_ROOT": self.world.root,
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": version,
            "REQUEST_METHOD": self.command,
            "PATH_INFO": urllib.parse.unquote(self.place.path),
            "QUERY_STRING": self.place.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_USER": user,
            "REMOTE_ADDR": "127.0.0.1",
            "GIT_CONFIG_COUNT": str(len(settings)),
        }
        for index, (name, value) in enumerate(settings.items()):
            env[f"GIT_CONFIG_KEY_{index}"], env[f"GIT_CONFIG_VALUE_{index}"] = name, value
        output = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True, check=False).stdout
        head, _, reply = output.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        return int(headers.pop("Status", "200").split()[0]), headers, reply

    def answer(self, status, headers, reply, length=None):
        self.note(status, len(reply))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply[:length])
        if length is not None:
            self.end()

    def cut(self, status):
        self.note(status, 0)
        self.end()

    def end(self):
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(2)

    def note(self, status, sent):
        line = f"{self.command} {self.path} {status} {self.received} {sent} {self.user or '-'}"
        with self.world.lock:
            self.world.requests.append(line)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that went away is part of the tests."""


def main():
    root, tokens = sys.argv[1], dict(word.split("=", 1) for word in sys.argv[2:])
    Handler.world = World(root, tokens)
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("PORT", server.server_address[1], flush=True)
    for line in sys.stdin:
        words = line.rstrip("\n").split(" ", 3)
        for answer in [*Handler.world.command(words), "."]:
            print(answer, flush=True)


if __name__ == "__main__":
    main()
