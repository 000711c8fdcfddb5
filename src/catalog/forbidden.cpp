// Keys that no profile may set: they run programs as root, weaken the host's protection, act
// instead of holding a value, or cannot be taken back.
#include <algorithm>
#include <string_view>

#include "catalog/glob.h"
#include "tunewire/catalog/tunable.h"

namespace tunewire {
namespace {

constexpr std::string_view kForbidden[] = {
    // Name a program that the kernel runs as root, or say what it is handed.
    "kernel/core_pattern",
    "kernel/core_pipe_limit",
    "kernel/core_uses_pid",
    "kernel/modprobe",
    "kernel/hotplug",
    "kernel/poweroff_cmd",
    "kernel/usermodehelper/*",
    "kernel/init_private*",
    "kernel/real-root-dev",
    "kernel/cad_pid",
    "kernel/acct",
    "fs/binfmt_misc/*",
    "fs/suid_dumpable",
    // One way only: the old value cannot be written back before the next boot.
    "kernel/modules_disabled",
    "kernel/kexec_load_disabled",
    "kernel/kexec_load_limit_*",
    "kernel/unprivileged_bpf_disabled",
    "kernel/yama/ptrace_scope",
    "net/netfilter/nf_hooks_lwtunnel",
    // Guards of the host.
    "fs/protected_*",
    "kernel/dmesg_restrict",
    "kernel/kptr_restrict",
    "kernel/perf_event_paranoid",
    "kernel/randomize_va_space",
    "kernel/seccomp/*",
    "kernel/ctrl-alt-del",
    "kernel/sysrq",
    "kernel/sysctl_writes_strict",
    "vm/mmap_min_addr",
    "vm/mmap_rnd_bits",
    "vm/mmap_rnd_compat_bits",
    "vm/unprivileged_userfaultfd",
    // Who and what this host is, and counters that programs rely on.
    "kernel/hostname",
    "kernel/domainname",
    "kernel/ns_last_pid",
    "kernel/random/*",
    // Do something once; there is nothing to restore.
    "vm/compact_memory",
    "vm/drop_caches",
    "vm/stat_refresh",
};

}  // namespace

bool IsForbidden(const SysctlKey& key) {
  return std::ranges::any_of(
      kForbidden, [&](std::string_view pattern) { return MatchesPath(pattern, key.path()); });
}

}  // namespace tunewire
