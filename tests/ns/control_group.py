"""A control group of a test's own, with one limit. Its members are those who are started in it."""

import os
import time

ROOT = "/sys/fs/cgroup"


class Unsupported(Exception):
    """No such group can be made here; the text says why."""


def _homes(limit):
    """Version 1 has a hierarchy for each controller, version 2 one for all."""
    return os.path.join(ROOT, limit.partition(".")[0]), ROOT, os.path.join(ROOT, "unified")


class Group:
    def __init__(self, limit, value):
        self.folder = None
        for home in _homes(limit):
            folder = os.path.join(home, f"tunewire-test-{os.getpid()}")
            try:
                os.mkdir(folder)
            except OSError:
                continue
            if os.path.exists(os.path.join(folder, limit)):
                self.folder = folder
                break
            os.rmdir(folder)
        if self.folder is None:
            raise Unsupported(f"no control group with {limit} can be made in {ROOT}")
        with open(os.path.join(self.folder, limit), "w", encoding="ascii") as file:
            file.write(str(value))

    @property
    def wrapper(self):
        """Begins a command in the group."""
        join = f'echo $$ > {self.folder}/cgroup.procs && exec "$@"'
        return "sh", "-c", join, "sh"

    def close(self):
        # The last member may be ending still.
        for _ in range(100):
            try:
                os.rmdir(self.folder)
                return
            except OSError:
                time.sleep(0.05)
        os.rmdir(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
