"""The product: a small web application that says which version of itself is running.

    /          one line for people: name, environment, version, pod
    /healthz   200 while the process takes requests, 503 once it is shutting down
    /version   the same facts as JSON

It needs nothing but Python's standard library; see requirements.txt.
"""

import json
import os
import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GREETING = "Hello from day2-product"

# The pod's readiness probe must fail, and the load balancer notice, before the socket closes.
DRAIN_SECONDS = float(os.environ.get("DRAIN_SECONDS", "3"))

stopping = threading.Event()


def facts():
    """Returns what is known about this process; the chart sets the variables."""
    return {
        "greeting": GREETING,
        "environment": os.environ.get("APP_ENVIRONMENT", "local"),
        "version": os.environ.get("APP_VERSION", "unknown"),
        "pod": os.environ.get("HOSTNAME", socket.gethostname()),
    }


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD."""

    server_version = "day2-product"
    sys_version = ""

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/":
            told = facts()
            self.reply(200, "text/plain", "{greeting} ({environment}), version {version}, pod {pod}\n".format(**told))
        elif path == "/healthz":
            self.reply(*((503, "text/plain", "stopping\n") if stopping.is_set() else (200, "text/plain", "ok\n")))
        elif path == "/version":
            self.reply(200, "application/json", json.dumps(facts()) + "\n")
        else:
            self.reply(404, "text/plain", "not found\n")

    do_HEAD = do_GET

    def reply(self, status, content_type, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type + "; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format, *args):
        # Probes come every few seconds; their lines would hide the others.
        if not self.path.startswith("/healthz"):
            print("%s %s" % (self.address_string(), format % args), flush=True)


def main():
    server = ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), Handler)

    def stop(signum, _frame):
        if stopping.is_set():
            return
        stopping.set()
        print("stopping on %s" % signal.Signals(signum).name, flush=True)
        # shutdown() waits for the serving loop, which this handler has interrupted: so from a thread.
        threading.Timer(DRAIN_SECONDS, server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print("listening on %d: %s" % (server.server_port, json.dumps(facts())), flush=True)
    server.serve_forever()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
