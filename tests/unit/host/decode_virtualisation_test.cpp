#include "host/decode_virtualisation.h"

#include <doctest/doctest.h>

namespace tunewire {
namespace {

VirtualisationSigns Guest() { return {.flags_known = true, .hypervisor_flag = true}; }

TEST_CASE("a machine is named by DMI, then by what else only one hypervisor has") {
  auto signs = Guest();
  CHECK(JudgeVirtualisation(signs).machine == "other");
  signs.clock_sources = "tsc kvm-clock acpi_pm";
  CHECK(JudgeVirtualisation(signs).machine == "kvm");
  signs.hypervisor_type = "xen";
  CHECK(JudgeVirtualisation(signs).machine == "xen");
  signs.dmi_vendor = "VMware, Inc.";
  CHECK(JudgeVirtualisation(signs).machine == "vmware");
  signs.dmi_product = "Google Compute Engine";
  CHECK(JudgeVirtualisation(signs).machine == "google");
}

TEST_CASE("hardware of a vendor that also makes hypervisors is hardware") {
  CHECK(JudgeVirtualisation({.dmi_vendor = "Microsoft Corporation", .dmi_product = "Surface"})
            .machine.empty());
  CHECK(
      JudgeVirtualisation({.dmi_vendor = "Microsoft Corporation", .dmi_product = "Virtual Machine"})
          .machine == "microsoft");
  CHECK(JudgeVirtualisation({.dmi_vendor = "Oracle Corporation", .dmi_product = "SUN FIRE X4170"})
            .machine.empty());
}

TEST_CASE("a cloud's bare metal is told from its virtual machines") {
  VirtualisationSigns signs{
      .flags_known = true, .dmi_vendor = "Amazon EC2", .dmi_product = "m5.metal"};
  CHECK(JudgeVirtualisation(signs).machine.empty());
  signs.hypervisor_flag = true;
  CHECK(JudgeVirtualisation(signs).machine == "amazon");
  signs = {.dmi_vendor = "Amazon EC2", .dmi_product = "c6g.metal"};
  CHECK(JudgeVirtualisation(signs).machine.empty());
  signs.dmi_product = "c6g.large";
  CHECK(JudgeVirtualisation(signs).machine == "amazon");
}

TEST_CASE("clock sources of a host that is none are no sign") {
  CHECK(JudgeVirtualisation({.flags_known = true, .clock_sources = "kvm-clock"}).machine.empty());
  CHECK(JudgeVirtualisation({.device_tree_hypervisor = "linux,kvm"}).machine == "kvm");
}

TEST_CASE("a container is named by its manager, then by what it leaves") {
  VirtualisationSigns signs{.cgroup = "4:memory:/docker/abc\n"};
  CHECK(JudgeVirtualisation(signs).container == "docker");
  signs.containerenv = true;
  CHECK(JudgeVirtualisation(signs).container == "podman");
  signs.first_environment = std::string("HOME=/\0container=lxc\0", 21);
  CHECK(JudgeVirtualisation(signs).container == "lxc");
  signs.systemd_container = "systemd-nspawn";
  CHECK(JudgeVirtualisation(signs).container == "systemd-nspawn");
  CHECK(JudgeVirtualisation({.cgroup = "0::/kubepods.slice/pod1\n"}).container == "kubernetes");
  CHECK(JudgeVirtualisation({.first_environment = "mycontainer=x"}).container.empty());
}

TEST_CASE("files of an image that became a machine of its own are no sign") {
  CHECK(JudgeVirtualisation({.dockerenv = true}).container == "docker");
  CHECK(JudgeVirtualisation({.dockerenv = true, .whole_machine = true}).container.empty());
}

TEST_CASE("nothing seen is nothing said") { CHECK(JudgeVirtualisation({}) == Virtualisation{}); }

}  // namespace
}  // namespace tunewire
