"""A Debian system of its own in a folder: made by debootstrap from the mirror that this machine itself uses, entered by chroot
in its own namespaces, or booted by systemd-nspawn with a systemd of its own. Needs root; gone with its folder.
"""
import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", "HOME": "/root"}
DEBOOTSTRAP_S, RUN_S, BOOT_S = 400, 300, 60
CLONE_NEWNET = 0x40000000


def release():
    """The code name of this machine's Debian."""
    text = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    known = dict(re.findall(r'(?m)^(\w+)="?([^"\n]*)', text))
    if known.get("ID") != "debian":
        raise RuntimeError("the mirror of a Debian is needed: this machine is none")
    return known["VERSION_CODENAME"]


def stanzas(text):
    """Those of a .sources file, as dictionaries."""
    for stanza in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n", "", text)):
        found = dict(re.findall(r"(?m)^([\w-]+):[ \t]*(.*)$", stanza))
        if found:
            yield found


def sources():
    """(URI, suite, components) of this machine's sources of its own release."""
    code_name, apt, found = release(), pathlib.Path("/etc/apt"), []
    for path in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if path.suffix == ".list":
            lines = re.findall(r"(?m)^deb[ \t]+(?:\[[^\]]*\][ \t]+)?(\S+)[ \t]+(\S+)[ \t]+(.*)$", text)
            found += [(uri, suite, components) for uri, suite, components in lines]
        elif path.suffix == ".sources":
            found += [(uri, suite, one.get("Components", "")) for one in stanzas(text) if "deb" in one.get("Types", "").split()
                      for uri in one.get("URIs", "").split() for suite in one.get("Suites", "").split()]
    found = [(uri, suite, components) for uri, suite, components in found
             if re.fullmatch(rf"{code_name}(-updates|-security)?", suite) and "main" in components.split()]
    if not any(suite == code_name for _, suite, _ in found):
        raise RuntimeError(f"this machine's sources in /etc/apt name no mirror of {code_name}")
    return found


def proxies():
    """Lines of apt's configuration that say how the network is reached."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(?m)^Acquire::https?::(?:\S*::)?(?:Proxy|Verify-Peer|CaInfo)\S* .*$", dump)


def to_network(call, *arguments):
    """A call of libc that changes the network of this thread, and of what it starts from now on."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, call)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), call)


@contextlib.contextmanager
def own_network():
    """As long as it lasts, this thread and what it starts see a network with nothing but loopback, on which all ports are free:
    those that daemons are shipped with, too."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        to_network("unshare", CLONE_NEWNET)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        yield
    finally:
        to_network("setns", before, CLONE_NEWNET)
        os.close(before)


class Root:
    def __init__(self, path):
        self.path = pathlib.Path(path)

    @classmethod
    def make(cls, path, packages=()):
        """A minimal system with the packages' lists loaded."""
        known = sources()
        mirror = next(uri for uri, suite, _ in known if suite == release())
        by_https = any(uri.startswith("https:") for uri, _, _ in known)
        include = [*packages, *(["ca-certificates"] if by_https else [])]
        proxy = re.search(r'Acquire::http::Proxy "(\S+)"', "\n".join(proxies()))
        done = subprocess.run(
            ["debootstrap", "--variant=minbase", *([f"--include={','.join(include)}"] if include else []), release(), str(path), mirror],
            env={**ENVIRONMENT, **({"http_proxy": proxy.group(1)} if proxy else {})}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=DEBOOTSTRAP_S, check=False)
        if done.returncode:
            raise RuntimeError(f"debootstrap failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        root = cls(path)
        root.write("/etc/apt/sources.list", "".join(f"deb {uri} {suite} {components}\n" for uri, suite, components in known))
        root.write("/etc/apt/apt.conf.d/99test", "\n".join(['APT::Install-Recommends "false";', *proxies(), ""]))
        root.write("/etc/dpkg/dpkg.cfg.d/test", "force-unsafe-io\n")
        if by_https:
            shutil.copy("/etc/ssl/certs/ca-certificates.crt", root.path / "etc/ssl/certs/ca-certificates.crt")
        root.run("apt-get", "-q", "update")
        return root

    def copy(self, path):
        """Another one that begins as this one is."""
        subprocess.run(["cp", "-a", "--reflink=auto", str(self.path), str(path)], check=True)
        return Root(path)

    def at(self, path):
        return self.path / str(path).lstrip("/")

    def write(self, path, text, mode=0o644):
        self.at(path).parent.mkdir(parents=True, exist_ok=True)
        self.at(path).write_text(text, encoding="utf-8")
        self.at(path).chmod(mode)

    def inside(self, *command):
        """The command line that runs a command in there, among processes of its own."""
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={self.path}/proc", "chroot",
                str(self.path), *command]

    def run(self, *command, user=None, environment=None, stdin=None, check=True):
        as_user = ["setpriv", "--reuid", user, "--regid", user, "--init-groups"] if user else []
        done = subprocess.run(self.inside(*as_user, *command), env={**ENVIRONMENT, **(environment or {})}, input=stdin,
                              stdin=subprocess.DEVNULL if stdin is None else None, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=RUN_S, check=False)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done

    def apt(self, *arguments):
        done = self.run("apt-get", "-q", "-y", *arguments)
        return done.stdout + done.stderr

    def install(self, packages, *more):
        """Finished .deb files, with what they depend on from the mirror, and `more` by name from there."""
        self.at("/packages").mkdir(exist_ok=True)
        names = [shutil.copy(package, self.at("/packages")) for package in packages]
        return self.apt("install", *(f"/packages/{pathlib.Path(name).name}" for name in names), *more)

    def name(self, host):
        """Gives the system a name of its own."""
        self.write("/etc/hostname", f"{host}\n")
        self.write("/etc/hosts", f"127.0.0.1 localhost {host}\n::1 localhost\n")

    def members(self, group):
        found = re.search(rf"(?m)^{re.escape(group)}:[^:]*:\d+:(.*)$", self.at("/etc/group").read_text(encoding="utf-8"))
        return None if found is None else set(filter(None, found.group(1).split(",")))

    def accounts(self):
        """Users and groups, as they stand in their files."""
        return {f"{kind} {name}" for kind in ("passwd", "group")
                for name in re.findall(r"(?m)^([^:]+):", self.at(f"/etc/{kind}").read_text(encoding="utf-8"))}

    @contextlib.contextmanager
    def booted(self):
        """Its own systemd is at work; gives a Machine."""
        machine = Machine(self)
        try:
            machine.boot()
            yield machine
        finally:
            machine.stop()


class Machine:
    """A root whose systemd runs, on the network of who boots it. SIGKILL of nspawn ends it with all its processes."""

    def __init__(self, root):
        self.root, self.log = root, root.path.with_name(root.path.name + ".boot")
        self.process = self.leader = None

    def boot(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--settings=no", "--boot", "--console=pipe",
                 f"--machine=np-{os.getpid()}", "--directory", str(self.root.path)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        end = time.monotonic() + BOOT_S
        while self.state() not in ("running", "degraded"):
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"it did not boot:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)

    def state(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        with contextlib.suppress(FileNotFoundError):
            self.leader = next(iter(children.read_text().split()), None)
        return self.run("systemctl", "is-system-running", check=False).stdout.strip() if self.leader else ""

    def run(self, *command, stdin=None, check=True):
        done = subprocess.run(["nsenter", "--target", self.leader, "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--root",
                               "--wd", *command], env=ENVIRONMENT, input=stdin,
                              stdin=subprocess.DEVNULL if stdin is None else None, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=RUN_S, check=False)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def show(self, unit, name):
        return self.run("systemctl", "show", "--property", name, "--value", unit).stdout.strip()

    def journal(self, unit):
        return self.run("journalctl", "--no-pager", "--output=cat", "--unit", unit).stdout

    def stop(self):
        if self.process is None:
            return
        if self.leader:  # SIGRTMIN+4 asks systemd to power off
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(self.leader), signal.SIGRTMIN + 4)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
        self.process.kill()
        self.process.wait()
