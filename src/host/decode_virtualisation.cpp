#include "host/decode_virtualisation.h"

#include <array>
#include <utility>

#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Sign = std::pair<std::string_view, std::string_view>;

/// Beginnings of what DMI calls the vendor or the product.
constexpr std::array<Sign, 16> kDmi{{
    {"KVM", "kvm"},
    {"OpenStack", "kvm"},
    {"KubeVirt", "kvm"},
    {"Google Compute Engine", "google"},
    {"Amazon EC2", "amazon"},
    {"QEMU", "qemu"},
    {"VMware", "vmware"},
    {"VMW", "vmware"},
    {"innotek GmbH", "oracle"},
    {"VirtualBox", "oracle"},
    {"Xen", "xen"},
    {"Bochs", "bochs"},
    {"Parallels", "parallels"},
    {"BHYVE", "bhyve"},
    {"Hyper-V", "microsoft"},
    {"Apple Virtualization", "apple"},
}};

constexpr std::array<Sign, 3> kClocks{{
    {"kvm-clock", "kvm"},
    {"hyperv_clocksource", "microsoft"},
    {"xen", "xen"},
}};

constexpr std::array<Sign, 7> kGroups{{
    {"/docker", "docker"},
    {"/kubepods", "kubernetes"},
    {"/libpod", "podman"},
    {"/lxc", "lxc"},
    {"/machine.slice/", "systemd-nspawn"},
    {"/garden", "garden"},
    {"/containerd", "containerd"},
}};

std::string_view NamedByDmi(const VirtualisationSigns& signs) {
  for (const std::string* text : {&signs.dmi_product, &signs.dmi_vendor, &signs.bios_vendor}) {
    for (const auto& [beginning, name] : kDmi) {
      if (text->starts_with(beginning)) return name;
    }
  }
  // The same vendor makes hardware: only its product's name tells.
  const bool microsoft = signs.dmi_vendor == "Microsoft Corporation";
  return microsoft && signs.dmi_product == "Virtual Machine" ? "microsoft" : "";
}

std::string_view Named(const std::string& text, const auto& signs) {
  for (const auto& [part, name] : signs) {
    if (text.find(part) != std::string::npos) return name;
  }
  return "";
}

/// Bare-metal machines of these clouds carry the cloud's name too. x86 tells them apart by the
/// CPU's flag, which is always there in a virtual machine; elsewhere only the product's name does.
bool IsMetal(std::string_view name, const VirtualisationSigns& signs) {
  if (name != "amazon" && name != "google") return false;
  return signs.flags_known ? !signs.hypervisor_flag : signs.dmi_product.ends_with(".metal");
}

std::string Machine(const VirtualisationSigns& signs) {
  const std::string_view dmi = NamedByDmi(signs);
  if (!dmi.empty() && !IsMetal(dmi, signs)) return std::string(dmi);
  if (!signs.hypervisor_type.empty()) return Printable(signs.hypervisor_type);
  if (signs.device_tree_hypervisor.starts_with("linux,kvm")) return "kvm";
  if (signs.device_tree_hypervisor.starts_with("xen")) return "xen";
  if (!signs.hypervisor_flag) return {};
  const std::string_view clock = Named(signs.clock_sources, kClocks);
  return clock.empty() ? "other" : std::string(clock);
}

/// container=NAME, as managers of containers tell the first process.
std::string NamedByEnvironment(const std::string& environment) {
  constexpr std::string_view kName = "container=";
  for (const std::string& variable : Split(environment, '\0')) {
    if (variable.starts_with(kName)) return Printable(variable.substr(kName.size()));
  }
  return {};
}

std::string Container(const VirtualisationSigns& signs) {
  if (!signs.systemd_container.empty()) return Printable(signs.systemd_container);
  if (auto named = NamedByEnvironment(signs.first_environment); !named.empty()) return named;
  if (signs.containerenv && !signs.whole_machine) return "podman";
  if (signs.dockerenv && !signs.whole_machine) return "docker";
  return std::string(Named(signs.cgroup, kGroups));
}

}  // namespace

Virtualisation JudgeVirtualisation(const VirtualisationSigns& signs) {
  return {Machine(signs), Container(signs)};
}

}  // namespace tunewire
