// What the host lets see of being virtual.
#include "host/decode_cpu.h"
#include "host/decode_text.h"
#include "host/decode_virtualisation.h"
#include "host/facts.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::size_t kCpuInfoBytes = 8192;
constexpr const char* kClock = "sys/devices/system/clocksource/clocksource0/";
// include/linux/proc_ns.h: the first pid namespace has this number on every kernel.
constexpr std::string_view kFirstPidNamespace = "pid:[4026531836]";

std::string LineOr(const HostTree& tree, const std::string& path) {
  const Known<std::string> line = tree.Line(path);
  return line ? *line : std::string();
}

std::string Dmi(const HostTree& tree, const char* name) {
  const std::string line = LineOr(tree, std::string("sys/class/dmi/id/") + name);
  return line.empty() ? LineOr(tree, std::string("sys/devices/virtual/dmi/id/") + name) : line;
}

/// "/" is a file system of a disk, not what a container manager laid together.
bool RootIsDisk(std::string_view mountinfo) {
  bool disk = false;
  while (!mountinfo.empty()) {
    std::string_view line = TakeLine(mountinfo);
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    std::string_view behind = line.substr(dash + 3);
    TakeWord(behind);
    for (int skipped = 0; skipped < 4; ++skipped) TakeWord(line);
    if (TakeWord(line) == "/") disk = TakeWord(behind).starts_with("/dev/");
  }
  return disk;
}

}  // namespace

Known<Virtualisation> ReadVirtualisation(const HostTree& tree) {
  const Known<std::string> info = tree.Head("proc/cpuinfo", kCpuInfoBytes);
  if (!info) return Known<Virtualisation>::Unknown(info.why());
  const CpuInfo cpu = DecodeCpuInfo(*info);
  VirtualisationSigns signs{.flags_known = cpu.flags_known, .hypervisor_flag = cpu.hypervisor};
  signs.hypervisor_type = LineOr(tree, "sys/hypervisor/type");
  signs.dmi_vendor = Dmi(tree, "sys_vendor");
  signs.dmi_product = Dmi(tree, "product_name");
  signs.bios_vendor = Dmi(tree, "bios_vendor");
  signs.device_tree_hypervisor = LineOr(tree, "proc/device-tree/hypervisor/compatible");
  signs.clock_sources = LineOr(tree, std::string(kClock) + "available_clocksource") + " " +
                        LineOr(tree, std::string(kClock) + "current_clocksource");
  signs.first_environment = LineOr(tree, "proc/1/environ");
  signs.cgroup = LineOr(tree, "proc/self/cgroup");
  signs.dockerenv = tree.Has(".dockerenv");
  signs.containerenv = tree.Has("run/.containerenv");
  signs.systemd_container = LineOr(tree, "run/systemd/container");
  signs.whole_machine = tree.LinkIs("proc/self/ns/pid", kFirstPidNamespace) &&
                        RootIsDisk(LineOr(tree, "proc/self/mountinfo"));
  return JudgeVirtualisation(signs);
}

}  // namespace tunewire
