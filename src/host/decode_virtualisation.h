// What a host says of being a virtual machine, and of being a container. Pure.
#pragma once

#include <string>
#include <string_view>

#include "tunewire/host/host_facts.h"

namespace tunewire {

/// What was read; empty where a file is not there.
struct VirtualisationSigns {
  bool flags_known = false;      ///< /proc/cpuinfo lists flags: x86
  bool hypervisor_flag = false;  ///< is among them
  std::string hypervisor_type;   ///< /sys/hypervisor/type
  std::string dmi_vendor, dmi_product, bios_vendor;
  std::string device_tree_hypervisor;  ///< /proc/device-tree/hypervisor/compatible
  std::string clock_sources;           ///< available ones, or the current one
  std::string first_environment;       ///< /proc/1/environ
  std::string cgroup;                  ///< /proc/self/cgroup
  bool dockerenv = false, containerenv = false;
  /// The first pid namespace, and a disk of its own as root: files that a container's image left
  /// behind say nothing.
  bool whole_machine = false;
  std::string systemd_container;  ///< /run/systemd/container
};

/// Machine: as systemd-detect-virt(1) calls it, "other" where the CPU says that it is a virtual one
/// and nothing says whose.
Virtualisation JudgeVirtualisation(const VirtualisationSigns& signs);

}  // namespace tunewire
