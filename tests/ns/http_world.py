"""Starts the servers that tests of `tunewire http` ask: the labelled ones of http_servers.py, nginx and
lighttpd, each on a loopback port of the namespace the test runs in."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"


@contextlib.contextmanager
def labelled(kind, size=1000):
    """The port of a server of this kind."""
    with subprocess.Popen([sys.executable, "-B", str(HERE / "http_servers.py"), kind, str(size)],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield int(server.stdout.readline())
        finally:
            server.stdin.close()
            server.kill()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_for(port, server):
    for _ in range(200):
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"nobody answers on port {port}")


@contextlib.contextmanager
def _daemon(program, arguments, port):
    found = shutil.which(program, path=PATH)
    if found is None:
        raise RuntimeError(f"{program} is not installed (debian/control lists it)")
    with subprocess.Popen([found, *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(port, server)
            yield port
        finally:
            server.terminate()
            server.wait(10)


NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log stderr crit; {user}
events {{ worker_connections 512; }}
http {{
  access_log off; keepalive_requests 1000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; {body} }}
}}
"""


@contextlib.contextmanager
def nginx(folder, body):
    """`body` is what stands in the server block."""
    port = free_port()
    config = pathlib.Path(folder) / f"nginx-{port}.conf"
    user = "user root;" if os.getuid() == 0 else ""
    config.write_text(NGINX.format(folder=folder, port=port, body=body, user=user))
    with _daemon("nginx", ["-c", str(config), "-p", str(folder)], port):
        yield port


@contextlib.contextmanager
def lighttpd(folder):
    port = free_port()
    config = pathlib.Path(folder) / f"lighttpd-{port}.conf"
    config.write_text(f'server.document-root = "{folder}"\nserver.port = {port}\n'
                      'server.bind = "127.0.0.1"\nserver.max-keep-alive-requests = 100000\n'
                      'server.errorlog = "/dev/null"\n')
    with _daemon("lighttpd", ["-D", "-f", str(config)], port):
        yield port
