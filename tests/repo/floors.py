"""Which file may include what: the floors of the source tree, as rules over its #include lines, and one
over who may open the real system.

check(root) returns one "file:line: message" for every line that breaks a rule.
"""

import pathlib
import re

# A file may include from its own folder and from any folder of a lower floor. The five features share
# a floor and do not see each other.
FLOORS = [
    {"base"},
    {"catalog"},
    {"profile"},
    {"latency"},
    {"host"},
    {"tune", "probe", "http", "sockets", "check"},
    {"report"},
    {"cli"},
]
RANK = {folder: rank for rank, folders in enumerate(FLOORS) for folder in folders}
PURE = {"base", "catalog", "profile", "latency"}

STANDARD = set(
    """algorithm any array atomic bit bitset charconv chrono compare complex concepts
    condition_variable coroutine cassert cctype cerrno cfloat cinttypes climits cmath cstdarg cstddef
    cstdint cstdio cstdlib cstring ctime deque exception execution filesystem forward_list fstream
    functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list
    map memory mutex new numbers numeric optional ostream queue random ranges ratio regex set
    shared_mutex span sstream stack stdexcept stop_token streambuf string string_view system_error
    thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant
    vector version""".split()
)
# Input, output, the clock and threads, as the standard library offers them; the two top floors print.
OUTSIDE_WORLD = {"cstdio", "ctime", "filesystem", "fstream", "iostream", "future", "thread"}
PRINTING = {"cstdio", "ctime", "iostream"}
# The command line also reckons with paths that a user gave; opening them is src/host's.
PATHS = {"filesystem"}
# Of the C library, but without a system call: patterns as other tools understand them.
TEXT_ONLY = {"fnmatch.h", "regex.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(<[^>]+>|"[^"]+")')

# Each with its reason; a path relative to the root.
SYSTEM_CALLS_ALLOWED = {
    "src/base/unique_fd.cpp": "close(2) of the descriptor type that everything shares",
    "src/probe/wire.cpp": "drives the probe's sockets",
    "src/http/wire.cpp": "drives the load client's sockets",
    "src/cli/main.cpp": "signals, and what a terminal is",
}
FMT_ALLOWED = {"src/base/format.h", "src/base/format.cpp"}


def source_files(root):
    for top in ("include/tunewire", "src"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix in (".h", ".cpp"):
                yield path


def includes(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found[1]


def own_folder(relative):
    parts = relative.parts
    return parts[2] if parts[0] == "include" else parts[1]


def quoted_target(name):
    """The folder a quoted include points to, None where it is not spelled from one of the two roots."""
    parts = name.split("/")
    if parts[0] == "tunewire":
        parts = parts[1:]
    return parts[0] if len(parts) >= 2 and parts[0] in RANK else None


def check_quoted(relative, folder, name):
    target = quoted_target(name)
    if target is None:
        return f'"{name}" is not spelled from include/ or src/'
    if target == folder:
        pass
    elif RANK[target] > RANK[folder]:
        return f'"{name}" points up: {folder} may not see {target}'
    elif RANK[target] == RANK[folder]:
        return f'"{name}": {folder} and {target} do not see each other'
    if relative.parts[0] == "include" and not name.startswith("tunewire/"):
        return f'a public header may not include the private "{name}"'
    return None


def check_library(relative, folder, name):
    """JSON and the option parser: heavy to compile, so never in a header."""
    header = relative.suffix == ".h"
    if name.startswith("CLI/"):
        if header or folder != "cli":
            return f"<{name}> belongs into the .cpp files of src/cli"
    elif name.startswith("nlohmann/"):
        if header:
            return f"<{name}> may not stand in a header"
    elif name.startswith("fmt/"):
        if str(relative) not in FMT_ALLOWED:
            return f'<{name}>: use "base/format.h"'
    elif name not in TEXT_ONLY | {"tl/expected.hpp"}:
        return check_system(relative, folder, name)
    return None


def check_system(relative, folder, name):
    if folder != "host" and str(relative) not in SYSTEM_CALLS_ALLOWED:
        return f"<{name}>: system calls stand in src/host"
    return None


def check_standard(relative, folder, name):
    if name not in OUTSIDE_WORLD or folder == "host" or str(relative) in SYSTEM_CALLS_ALLOWED:
        return None
    if folder in PURE:
        return f"<{name}>: {folder} is pure, without input, output or clock"
    allowed = {"report": PRINTING, "cli": PRINTING | PATHS}.get(folder)
    if allowed is not None:
        return None if name in allowed else f"<{name}>: files and threads stand in src/host"
    return f"<{name}>: a feature sees the world through src/host"


def check_angled(relative, folder, name):
    if name in STANDARD:
        return check_standard(relative, folder, name)
    if relative.parts[0] == "include" and name != "tl/expected.hpp":
        return f"<{name}> in a public header"
    return check_library(relative, folder, name)


# What opens the real system: LinuxFiles(), LinuxClock(), ...
BUILDS_THE_REAL_ONE = re.compile(r"\b(Linux[A-Z]\w*)\(")


def check_builders(relative, folder, line):
    """The features take the host as it is handed to them; one place hands out the real one."""
    if folder == "host" or str(relative) == "src/cli/main.cpp" or line.lstrip().startswith("//"):
        return None
    found = BUILDS_THE_REAL_ONE.search(line)
    return f"{found[1]}() stands in src/cli/main.cpp and in tests" if found else None


def check(root):
    root = pathlib.Path(root)
    problems = []
    for path in source_files(root):
        relative = path.relative_to(root)
        folder = own_folder(relative)
        if folder not in RANK:
            problems.append(f"{relative}:1: {folder} is no floor")
            continue
        for number, target in includes(path):
            rule = check_quoted if target[0] == '"' else check_angled
            message = rule(relative, folder, target[1:-1])
            if message:
                problems.append(f"{relative}:{number}: {message}")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            message = check_builders(relative, folder, line)
            if message:
                problems.append(f"{relative}:{number}: {message}")
    return problems
