"""The boot resolver against the real systemd-sysctl and `sysctl --system`.

Everything happens in a mount and network namespace of its own: /etc, /run and the sysctl.d folders
are memory file systems, and so is /proc/sys for the generated trees (the programs then write into
plain files, which say exactly which line won, whatever the key). The hand-written trees also run
against the kernel's own net.* keys of a fresh network namespace, with every other folder of
/proc/sys hidden. The host's files and keys are out of reach throughout.
"""
import os
import random
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("SOURCE_DIR", os.path.dirname(os.path.dirname(HERE)))
BUILD = os.path.dirname(os.environ.get("TUNEWIRE_TESTS", SOURCE + "/build/tests/tunewire_tests"))
RESOLVE = os.path.join(BUILD, "boot_resolve")
TREES = os.path.join(SOURCE, "tests/data/boot")
SYSTEMD = next((p for p in ("/lib/systemd/systemd-sysctl", "/usr/lib/systemd/systemd-sysctl")
                if os.path.exists(p)), None)
PROCPS = shutil.which("sysctl", path="/sbin:/usr/sbin:/bin:/usr/bin")
LOADERS = {"systemd_sysctl": [SYSTEMD], "procps": [PROCPS, "--system"]}
FOLDERS = ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d"]
GENERATED = 120
UNTOUCHED = "untouched"

INTERFACES = ["all", "default", "lo", "eth0", "eth0.100", "eth1", "wlan0", "br-lan", ".odd"]
KEYS = (["net/core/" + k for k in ("somaxconn", "rmem_max", "wmem_max", "default_qdisc")]
        + ["net/ipv4/" + k for k in ("tcp_rmem", "tcp_wmem", "tcp_syncookies", "ip_forward",
                                     "ip_local_port_range", "tcp_congestion_control")]
        + [f"net/ipv4/conf/{i}/{k}" for i in INTERFACES
           for k in ("rp_filter", "accept_redirects", "promote_secondaries")]
        + [f"net/ipv6/conf/{i}/{k}" for i in INTERFACES for k in ("accept_ra", "disable_ipv6")]
        + ["net/netfilter/nf_conntrack_max", "kernel/pid_max", "kernel/sysrq", "fs/file-max",
           "vm/swappiness", "vm/dirty_bytes"])
ABSENT = ["net/core/no_such", "net/ipv4/conf/eth9/rp_filter", "net/bridge/bridge-nf-call-iptables"]
GLOBS = ["net.ipv4.conf.*.rp_filter", "net/ipv4/conf/eth*/rp_filter", "net.ipv4.conf.eth?.rp_filter",
         "net.ipv4.conf.[a-e]*.accept_redirects", "net.ipv4.conf.[!a-e]*.accept_redirects",
         "net.*.conf.all.*", "net.core.?mem_max", "net.ipv4.tcp_?mem", "*.sysrq", "net.*",
         "net.ipv6.conf.*.accept_ra", "net.ipv4.conf.{eth0,lo}.rp_f*", "net.core.{r,w}mem_ma?",
         "net.ipv4.conf.eth0/1*.rp_filter", "net.ipv4.conf.*.*", "net.ipv4.conf.[.rp_filter",
         "net.ipv4.conf.{eth*.rp_filter", "net//ipv4/conf/*/rp_filter", "net.ipv4.conf.*.rp_filter.",
         "net.ipv4.conf.\\*.rp_filter", "net/ipv4/conf/.*/rp_filter", "net/./core/some*",
         "net/ipv4/../core/some*", "net.ipv6.conf.{{a,d}*,e*}.disable_ipv6", "/net/core/*max*",
         "net.ipv4.conf.{al*,all,eth?}.*", "net.ipv4.conf.[[:alpha:]]*.promote_secondaries"]
NAMES = ["10-a.conf", "10-b.conf", "50-default.conf", "99-sysctl.conf", "99-zz.conf", "A.conf",
         "a.conf", "z.conf", ".hidden.conf", "backup.conf~", "x.conf.dpkg-old", "note.txt",
         "with space.conf", "q[ab].conf", "qa.conf", "{x,y}.conf", "x.conf", ".conf", "0.conf",
         "\u00e9.conf", "u{a}.conf", "l\\n.conf", "s*.conf"]


class Generator:
    """A file tree from a seed. Nearly every line has a value of its own, so a value names its line."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.serial = 100000

    def value(self):
        self.serial += 1
        text = str(self.serial)
        return self.random.choice([text] * 12 + [
            "", f"{text}  {text}\t1", f"{text} # why", f"{text};", f"a={text}", f'"{text}"',
            f"{text} \\", "7", "7", "x" * 5000 + text, f"\u00b5{text}", f"{text}\v", f"-{text}"])

    def key(self):
        path = self.random.choice(KEYS + ABSENT)
        dotted = path.translate(str.maketrans("./", "/."))
        return self.random.choice([dotted] * 8 + [path] * 3 + [
            "/" + path, "." + dotted, path + "/", dotted + ".", path.replace("/", "//", 1),
            dotted.replace(".", "..", 1), path.replace("/", "/./", 1), "net/../" + path,
            "net.//." + dotted, "proc/sys/" + path, dotted + " x", dotted.upper(), path + "/.",
            path + "/../" + path.split("/")[-1]])

    def line(self):
        pick = self.random.choice
        space = pick(["", " ", " = "[:1], "\t"])
        left = pick([""] * 8 + [" ", "\t ", "\v", "\f"])
        mark = pick([""] * 8 + ["-", "-", "--", "- "])
        shape = self.random.random()
        if shape < 0.55:
            return f"{left}{mark}{self.key()}{space}={space}{self.value()}{pick(['', '', ' ', chr(9)])}"
        if shape < 0.78:
            return f"{left}{mark}{pick(GLOBS)}{space}={space}{self.value()}"
        if shape < 0.86:
            return f"{left}-{space}{self.key()}{pick(['', ' '])}"
        if shape < 0.89:
            return f"-{pick(GLOBS)}"
        return pick(["", "  ", "# comment", "; comment", "  # indented", "\t; tab", "no equals sign",
                     "=5", " = ", "-", "--", "=", "-=3", "x", "//", "# a = b", ".", "-.", "a=\\",
                     self.key(), f"{self.key()}={self.value()}\r{self.key()}={self.value()}",
                     f"{self.key()}={self.value()}\0{self.key()}={self.value()}",
                     f"\0{self.key()}={self.value()}", "\r", "\0",
                     f"#\r{self.key()}={self.value()}"])

    def text(self):
        newline = self.random.choice(["\n"] * 6 + ["\r\n", "\n\r", "\r"])
        lines = [self.line() for _ in range(self.random.randrange(0, 14))]
        end = self.random.choice([newline, newline, ""])
        return (newline.join(lines) + end).encode()

    def tree(self):
        """{path: bytes, or ("link", target), or "folder"}"""
        files = {}
        for folder in FOLDERS:
            for name in self.random.sample(NAMES, self.random.randrange(0, 7)):
                files[f"{folder}/{name}"] = self.random.choice(
                    [self.text()] * 12 + [b"", ("link", "/dev/null"), ("link", "/nowhere"),
                                          ("link", "../sysctl.conf"), "folder"])
        files["/etc/sysctl.conf"] = self.random.choice(
            [self.text()] * 6 + [None, ("link", "/dev/null"), ("link", "sysctl.d/10-a.conf"),
                                 "folder", ("link", "/nowhere")])
        return {path: content for path, content in files.items() if content is not None}


def run(*command, **options):
    return subprocess.run(command, check=True, **options)


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def lay(tree):
    """Replaces the files of all folders; refuses where a folder is still the host's."""
    for folder in ["/etc", *FOLDERS]:
        os.makedirs(folder, exist_ok=True)
        assert os.stat(folder).st_dev != os.stat("/").st_dev, f"{folder} belongs to the host"
    for folder in FOLDERS:
        for name in os.listdir(folder):
            remove(os.path.join(folder, name))
    if os.path.lexists("/etc/sysctl.conf"):
        remove("/etc/sysctl.conf")
    for path, content in tree.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if content == "folder":
            os.mkdir(path)
        elif isinstance(content, tuple):
            os.symlink(content[1], path)
        else:
            with open(path, "wb") as file:
                file.write(content)


def read_tree(top):
    """A hand-written tree as {path: content}."""
    tree = {}
    for folder, _, names in os.walk(top):
        for name in names:
            full = os.path.join(folder, name)
            inside = "/" + os.path.relpath(full, top)
            if os.path.islink(full):
                tree[inside] = ("link", os.readlink(full))
            else:
                with open(full, "rb") as file:
                    tree[inside] = file.read()
    return tree


def hand_written():
    return {name: read_tree(os.path.join(TREES, name)) for name in sorted(os.listdir(TREES))}


def blank_keys(keys):
    for key in keys:
        path = "/proc/sys/" + key
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(UNTOUCHED + "\n")


def unescape(text):
    return text.encode("ascii").decode("unicode_escape").encode("latin-1")


def predict(loader):
    output = run(RESOLVE, "/", "/proc/sys", capture_output=True, text=True).stdout
    values = {}
    for row in output.splitlines():
        slug, key, assigned, exists, value, file, line = row.split("\t")
        if slug == loader and assigned == "assigned" and exists == "exists":
            values[unescape(key).decode()] = (unescape(value), unescape(file).decode(), int(line))
    return values


def run_loader(loader):
    # Nonzero for a line it could not apply; what it did write is what counts.
    subprocess.run(LOADERS[loader], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, check=False)


def first_line(key):
    with open("/proc/sys/" + key, "rb") as file:
        return file.read().split(b"\n")[0]


def names_line(file, line, value):
    """True where `file`'s line holds `value`."""
    with open(file, "rb") as opened:
        return value in opened.read().split(b"\n")[line - 1]


def compare_files(label, tree, keys):
    """Both loaders write into plain files; every key must hold what was predicted."""
    wrong, checked = [], 0
    for loader in LOADERS:
        lay(tree)
        blank_keys(keys)
        expected = predict(loader)
        run_loader(loader)
        for key in keys:
            value, file, line = expected.get(key, (UNTOUCHED.encode(), None, 0))
            found = first_line(key)
            checked += 1
            if found != value:
                wrong.append(f"{label} {loader} {key}: is {found[-60:]!r}, predicted {value[-60:]!r} "
                             f"({file}:{line})")
            elif file and not names_line(file, line, value):
                wrong.append(f"{label} {loader} {key}: {file}:{line} does not say {value[-60:]!r}")
    return wrong, checked


def fields(text):
    """A comment behind a number is cut off by the kernel, by luck."""
    words = text.split()
    return words[:next((i for i, word in enumerate(words) if word[:1] in b"#;"), len(words))]


def writable(key):
    try:
        return os.stat("/proc/sys/" + key).st_mode & 0o200 != 0
    except OSError:
        return False


def kernel_values(paths):
    values = {}
    for key in paths:
        try:
            with open("/proc/sys/" + key, "rb") as file:
                values[key] = fields(file.read())
        except OSError:
            pass
    return values


def compare_kernel(label, loader):
    """In a fresh network namespace: what the kernel holds afterwards against the prediction."""
    for folder in os.listdir("/proc/sys"):
        if folder != "net":
            run("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", "/proc/sys/" + folder)
    run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
    run("ip", "link", "add", "eth0.100", "type", "veth", "peer", "name", "br-lan")
    lay(read_tree(os.path.join(TREES, label)))
    expected = {key: value for key, value in predict(loader).items() if writable(key)}
    run_loader(loader)
    found = kernel_values(expected)
    for key, (value, file, line) in expected.items():
        if found.get(key) != fields(value):
            print(f"{label} {loader} {key}: is {found.get(key)}, predicted {value!r} ({file}:{line})")
    print("checked", len(expected))


def private_folders():
    """/etc, /run and the library folders become empty memory file systems of this namespace."""
    keep = {name: open("/etc/" + name, "rb").read() for name in ("ld.so.cache", "passwd", "group")
            if os.path.exists("/etc/" + name)}
    for folder in ("/etc", "/run", "/usr/local/lib"):
        run("mount", "-t", "tmpfs", "tmpfs", folder)
    for name, content in keep.items():
        with open("/etc/" + name, "wb") as file:
            file.write(content)
    run("mount", "-t", "tmpfs", "tmpfs", "/usr/lib/sysctl.d")


def inside(host_namespaces):
    for kind, host in zip(("mnt", "net"), host_namespaces.split(",")):
        assert os.readlink(f"/proc/self/ns/{kind}") != host, f"still in the host's {kind} namespace"
    private_folders()
    wrong = []
    for name in hand_written():
        for loader in LOADERS:
            output = run("unshare", "-n", "-m", sys.executable, "-B", __file__, "--kernel", name, loader,
                         stdout=subprocess.PIPE, text=True).stdout.splitlines()
            wrong += [line for line in output if not line.startswith("checked ")]
            assert any(line.startswith("checked ") and int(line.split()[1]) > 0 for line in output), name
    run("mount", "-t", "tmpfs", "tmpfs", "/proc/sys")
    checked = 0
    for seed in range(GENERATED):
        found, count = compare_files(f"seed {seed}", Generator(seed).tree(), KEYS)
        wrong, checked = wrong + found, checked + count
    named = named_keys()
    for name, tree in hand_written().items():
        found, count = compare_files(name, tree, named)
        wrong, checked = wrong + found, checked + count
    for line in wrong[:40]:
        print("FAIL", line)
    print(f"{GENERATED} generated trees, {len(hand_written())} hand-written: {checked} values compared, "
          f"{len(wrong)} wrong")
    return 1 if wrong else 0


def named_keys():
    """A made-up kernel that has every key of the hand-written trees, and some interfaces."""
    keys = set(KEYS)
    for tree in hand_written().values():
        for content in tree.values():
            if not isinstance(content, bytes):
                continue
            for line in content.decode().splitlines():
                name = line.strip().lstrip("-").split("=")[0].strip()
                if name and name[0] not in "#;" and not set(name) & set("*?[{ "):
                    dotted = "." in name and ("/" not in name or name.index(".") < name.index("/"))
                    keys.add(name.translate(str.maketrans("./", "/.")) if dotted else name)
    return sorted(keys)


def skipped(reason):
    """A skip has a reason, and where CI=true it is a failure."""
    print("SKIP:", reason)
    return 1 if os.environ.get("CI") == "true" else 0


def main():
    if sys.argv[1:2] == ["--inside"]:
        return inside(sys.argv[2])
    if sys.argv[1:2] == ["--kernel"]:
        return compare_kernel(sys.argv[2], sys.argv[3])
    if os.geteuid() != 0 or not SYSTEMD or not PROCPS or not os.path.isdir("/usr/lib/sysctl.d"):
        return skipped("needs root, systemd-sysctl, sysctl and a folder /usr/lib/sysctl.d")
    host = ",".join(os.readlink(f"/proc/self/ns/{kind}") for kind in ("mnt", "net"))
    return subprocess.run(["unshare", "-m", "-n", "--propagation", "private", sys.executable, "-B",
                           __file__, "--inside", host]).returncode


if __name__ == "__main__":
    sys.exit(main())
