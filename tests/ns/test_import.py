"""An imported profile against the tool the file was written for.

Each hand-written file of sysctl settings is applied by systemd-sysctl in one fresh network namespace
and, imported, by tunewire in another; afterwards every net.* key must hold the same. All folders of
/proc/sys but net are hidden, and /etc and /run are memory file systems: see test_boot.py.
"""
import json
import os
import subprocess
import sys

import test_boot

TUNEWIRE = os.environ.get("TUNEWIRE", os.path.join(test_boot.SOURCE, "build/tunewire"))
# Counters and one-time numbers, no settings.
MOVING = ("_count", "/route/", "tcp_fastopen_key", "stable_secret", "netdev_rss_key", "/mtu")


def settings_files():
    for folder, _, names in os.walk(test_boot.TREES):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if "sysctl" in path and name.endswith(".conf") and not os.path.islink(path) and os.path.getsize(path):
                yield path


def net_values():
    values = {}
    for folder, _, names in os.walk("/proc/sys/net"):
        for name in names:
            path = os.path.join(folder, name)
            if any(part in path for part in MOVING) or not os.stat(path).st_mode & 0o444:
                continue
            try:
                with open(path, "rb") as file:
                    values[path[len("/proc/sys/"):]] = file.read().decode("latin-1").split()
            except OSError:
                pass
    return values


def prepare():
    for folder in os.listdir("/proc/sys"):
        if folder != "net":
            test_boot.run("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", "/proc/sys/" + folder)
    test_boot.run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
    test_boot.run("ip", "link", "add", "eth0.100", "type", "veth", "peer", "name", "br-lan")


def by_tool(path):
    prepare()
    subprocess.run([test_boot.SYSTEMD, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    print(json.dumps({"values": net_values()}))


def by_tunewire(path):
    prepare()
    imported = subprocess.run([TUNEWIRE, "import", path, "--json"], capture_output=True, text=True, check=False)
    result = json.loads(imported.stdout)
    applied = ""
    if imported.returncode == 0:
        with open("/run/site.json", "w", encoding="utf-8") as file:
            file.write(result["result"]["profile"])
        run = subprocess.run([TUNEWIRE, "apply", "/run/site.json", "--yes", "--skip-missing", "--state-dir",
                              "/run/state"], capture_output=True, text=True, check=False)
        applied = "" if run.returncode == 0 else run.stdout + run.stderr
    print(json.dumps({"values": net_values(), "failed": applied, "settings": result["result"]["settings"],
                      "not_carried": [one["what"] for one in result["result"]["not_carried"]]}))


def in_namespace(way, path):
    done = subprocess.run(["unshare", "-n", "-m", sys.executable, "-B", __file__, way, path],
                          stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def left_out(key, not_carried):
    return key in {name.translate(str.maketrans("./", "/.")) for name in not_carried}


def inside(host_namespaces):
    for kind, host in zip(("mnt", "net"), host_namespaces.split(",")):
        assert os.readlink(f"/proc/self/ns/{kind}") != host, f"still in the host's {kind} namespace"
    test_boot.private_folders()
    wrong, files, settings = [], 0, 0
    for path in settings_files():
        tool, ours = in_namespace("--tool", path), in_namespace("--tunewire", path)
        files, settings = files + 1, settings + ours["settings"]
        if ours["failed"]:
            wrong.append(f"{path}: apply failed\n{ours['failed']}")
        for key, value in tool["values"].items():
            if value != ours["values"].get(key) and not left_out(key, ours["not_carried"]):
                wrong.append(f"{path}: {key} is {ours['values'].get(key)}, the tool sets {value}")
    for line in wrong[:20]:
        print("FAIL", line)
    print(f"{files} files, {settings} settings imported and applied, {len(wrong)} differences")
    assert files >= 20 and settings >= 50
    return 1 if wrong else 0


def main():
    ways = {"--inside": inside, "--tool": by_tool, "--tunewire": by_tunewire}
    if len(sys.argv) == 3:
        return ways[sys.argv[1]](sys.argv[2])
    if os.geteuid() != 0 or not test_boot.SYSTEMD or not os.path.isdir("/usr/lib/sysctl.d"):
        return test_boot.skipped("needs root, systemd-sysctl and a folder /usr/lib/sysctl.d")
    host = ",".join(os.readlink(f"/proc/self/ns/{kind}") for kind in ("mnt", "net"))
    return subprocess.run(["unshare", "-m", "-n", "--propagation", "private", sys.executable, "-B",
                           __file__, "--inside", host], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
