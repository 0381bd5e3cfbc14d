"""nginx and Apache httpd in a folder, with the snippets of conf/ for notify_ackd and nothing else; and what they stand in front of."""
import http.server
import os
import pathlib
import signal
import socketserver
import subprocess
import threading

from . import daemons

NGINX = """
daemon off;
@USER@
pid @FOLDER@/nginx.pid;
error_log @FOLDER@/error.log notice;
events { }
http {
    client_body_temp_path @FOLDER@/body;
    proxy_temp_path @FOLDER@/proxy;
    fastcgi_temp_path @FOLDER@/fastcgi;
    uwsgi_temp_path @FOLDER@/uwsgi;
    scgi_temp_path @FOLDER@/scgi;
    access_log @FOLDER@/access.log;
    include @FOLDER@/notify-ackd-http.conf;
    server {
        listen 127.0.0.1:@PORT@ ssl;
        server_name monitor.example.com;
        ssl_certificate @CERTIFICATE@;
        ssl_certificate_key @CERTIFICATE@;
        include @FOLDER@/notify-ackd.conf;
    }
}
"""

APACHE_MODULES = ("mpm_event authn_core authn_file authz_core authz_user auth_basic headers proxy proxy_http setenvif ssl "
                  "socache_shmcb reqtimeout").split()
APACHE = """
ServerRoot @FOLDER@
PidFile @FOLDER@/apache.pid
DefaultRuntimeDir @FOLDER@
Mutex file:@FOLDER@ default
ErrorLog @FOLDER@/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
Listen 127.0.0.1:@PORT@
@MODULES@
@USER@
<VirtualHost 127.0.0.1:@PORT@>
    ServerName monitor.example.com
    SSLEngine on
    SSLCertificateFile @CERTIFICATE@
    CustomLog @FOLDER@/access.log common env=!notify_ackd
    Include @FOLDER@/notify-ackd.conf
</VirtualHost>
"""


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body

    def all(self, name):
        return self.headers.get_all(name) or []


class Behind:
    """Stands in for notify_ackd on its socket: keeps what comes, and answers what a proxy must not store."""

    def __init__(self, path):
        self.requests = requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                requests.append(Request(self.command, self.path, self.headers, body))
                self.send_response(200)
                self.send_header("Cache-Control", "public, max-age=60")
                self.send_header("Content-Length", "2")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(b"ok")

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True

        self.server = Server(str(path), Handler)
        os.chmod(path, 0o666)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Proxy:
    """Context manager. `snippets` are the files under test by name, with their places already those of the test."""

    def __init__(self, build, folder, certificate, snippets):
        self.root = daemons.unpacked(build)
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.port = daemons.free_port()
        for name, text in snippets.items():
            (self.folder / name).write_text(text)
        self.write_configuration(certificate)

    def write_configuration(self, certificate):
        values = {"FOLDER": self.folder, "PORT": self.port, "CERTIFICATE": certificate, "MODULES": self.modules(),
                  "USER": self.unprivileged if os.getuid() == 0 else ""}
        text = self.text
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        (self.folder / "main.conf").write_text(text)

    def modules(self):
        return ""

    @property
    def surroundings(self):
        return {"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": str(daemons.libraries(self.root))}

    def check(self):
        """What the server's own test of the configuration says, and its exit status."""
        done = subprocess.run([str(one) for one in self.arguments("-t")], env=self.surroundings, capture_output=True, text=True,
                              timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def __enter__(self):
        self.daemon = daemons.Daemon(self.arguments(*self.foreground), self.surroundings, self.folder / "output")
        daemons.wait_for(lambda: daemons.listens(self.port), self.daemon, 15, type(self).__name__)
        return self

    def __exit__(self, *_):
        self.daemon.stop(signal.SIGTERM)

    @property
    def logs(self):
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))


class Nginx(Proxy):
    text = NGINX
    unprivileged = "user nobody nogroup;"
    foreground = ()

    def arguments(self, *more):
        return [self.root / "usr/sbin/nginx", "-p", self.folder, "-c", self.folder / "main.conf", "-e",
                self.folder / "error.log", *more]


class Apache(Proxy):
    text = APACHE
    unprivileged = "User nobody\nGroup nogroup"
    foreground = ("-D", "FOREGROUND")

    def modules(self):
        return "\n".join(f"LoadModule {name}_module {self.root}/usr/lib/apache2/modules/mod_{name}.so"
                         for name in APACHE_MODULES)

    def arguments(self, *more):
        return [self.root / "usr/sbin/apache2", "-f", self.folder / "main.conf", *more]
