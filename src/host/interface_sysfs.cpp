#include "host/interface_sysfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "base/format.h"
#include "host/beneath.h"
#include "host/decode_cpu_set.h"
#include "host/proc_folder.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Cpus = std::vector<std::uint32_t>;

constexpr const char* kNet = "/sys/class/net";

std::string Of(const std::string& interface, const char* what) {
  return Format("{}/{}/{}", kNet, interface, what);
}

template <class T>
Known<T> NotRead(const std::string& path, int os_error) {
  return Known<T>::Unknown(Format("{}: {}", path, DescribeErrno(os_error)));
}

template <class T>
Known<T> NotUnderstood(const std::string& path) {
  return Known<T>::Unknown(Format("{}: unexpected content", path));
}

/// A whole file, trimmed.
Known<std::string> Text(const std::string& path) {
  const UniqueFd fd = OpenFile(path.c_str(), O_RDONLY);
  if (!fd.valid()) return NotRead<std::string>(path, errno);
  const Result<std::string> text = ReadAll(fd.get(), path);
  if (!text) return NotRead<std::string>(path, text.error().os_error);
  return std::string(Trim(*text));
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

Known<std::vector<std::string>> Names(const std::string& folder) {
  using Found = Known<std::vector<std::string>>;
  const std::unique_ptr<DIR, CloseFolder> open(::opendir(folder.c_str()));
  if (!open) return NotRead<std::vector<std::string>>(folder, errno);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(open.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  return Found(std::move(names));
}

bool Shows(const LinkFacts& link) {
  const auto index = Text(Of(link.facts.name, "ifindex"));
  if (!index || *index != Format("{}", link.facts.index)) return false;
  const auto address = Text(Of(link.facts.name, "address"));
  return address.known() && *address == link.hardware_address;
}

/// Why /sys/class/net is not about these interfaces; empty where it is. Every namespace has an
/// interface 1 called lo, so all of them are compared.
std::string WhyOther(const std::vector<LinkFacts>& links) {
  const auto names = Names(kNet);
  if (!names) return names.why();
  const bool others = std::ranges::any_of(*names, [&](const std::string& name) {
    const bool listed =
        std::ranges::any_of(links, [&](const LinkFacts& link) { return link.facts.name == name; });
    // Beside interfaces there may be files, bonding_masters.
    return !listed && ::access(Of(name, "ifindex").c_str(), F_OK) == 0;
  });
  if (others || !std::ranges::all_of(links, Shows)) {
    return Format("{} shows another network namespace", kNet);
  }
  return {};
}

/// Functions of one PCI device (virtio) are its children: what they lack their parent may have.
template <class T>
Known<T> OfDevice(const std::string& interface, const char* what,
                  const std::function<Known<T>(const std::string&)>& read) {
  const Known<T> own = read(Of(interface, "device/") + what);
  if (own.known()) return own;
  const Known<T> parents = read(Of(interface, "device/../") + what);
  return parents.known() ? parents : own;
}

std::string DriverOf(const std::string& interface) {
  std::array<char, 4096> room;
  const auto target = ReadLinkAt(AT_FDCWD, Of(interface, "device/driver").c_str(), room);
  if (!target) return {};
  return std::string(target->substr(target->rfind('/') + 1));
}

Known<int> NodeAt(const std::string& path) {
  const auto text = Text(path);
  if (!text) return Known<int>::Unknown(text.why());
  const auto node = ParseDecimal(*text);
  if (!node) return NotUnderstood<int>(path);
  return static_cast<int>(*node);
}

Known<Cpus> CpusIn(const std::string& path, std::optional<Cpus> (*parse)(std::string_view)) {
  const auto text = Text(path);
  if (!text) return Known<Cpus>::Unknown(text.why());
  auto cpus = parse(*text);
  if (!cpus) return NotUnderstood<Cpus>(path);
  return std::move(*cpus);
}

/// Those it is really delivered to, where the kernel says; else those it may be.
Known<Cpus> CpusOfInterrupt(int irq) {
  const auto effective = CpusIn(Format("/proc/irq/{}/effective_affinity_list", irq), ParseCpuList);
  if (effective.known() && !effective->empty()) return effective;
  return CpusIn(Format("/proc/irq/{}/smp_affinity_list", irq), ParseCpuList);
}

Known<std::vector<int>> VectorsAt(const std::string& path) {
  using Vectors = Known<std::vector<int>>;
  const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return NotRead<std::vector<int>>(path, errno);
  auto numbers = NumbersIn(folder.get());
  if (!numbers) return NotRead<std::vector<int>>(path, numbers.error().os_error);
  return Vectors(std::move(*numbers));
}

/// The one interrupt of a device without message-signalled ones; 0 stands for none.
Known<std::vector<int>> LineAt(const std::string& path) {
  const auto number = NodeAt(path);
  if (!number) return Known<std::vector<int>>::Unknown(number.why());
  if (*number <= 0) return Known<std::vector<int>>::Unknown(path + ": the device has none");
  return std::vector<int>{*number};
}

Known<std::vector<int>> InterruptNumbers(const std::string& interface) {
  const auto vectors = OfDevice<std::vector<int>>(interface, "msi_irqs", VectorsAt);
  if (vectors.known()) return vectors;
  const auto line = OfDevice<std::vector<int>>(interface, "irq", LineAt);
  return line.known() ? line : vectors;
}

Known<std::vector<QueueInterrupt>> InterruptsOf(const std::string& interface) {
  using Interrupts = Known<std::vector<QueueInterrupt>>;
  const auto numbers = InterruptNumbers(interface);
  if (!numbers) return Interrupts::Unknown(numbers.why());
  std::vector<QueueInterrupt> interrupts;
  for (const int irq : *numbers) {
    const auto name = Text(Format("/sys/kernel/irq/{}/actions", irq));
    // A vector without a handler is reserved and never fires.
    if (name.known() && (name->empty() || !IsQueueInterrupt(*name))) continue;
    const auto cpus = CpusOfInterrupt(irq);
    if (!cpus) return Interrupts::Unknown(cpus.why());
    interrupts.push_back({static_cast<std::uint32_t>(irq), name.known() ? *name : "", *cpus});
  }
  return Interrupts(std::move(interrupts));
}

/// The number behind "rx-"; nothing for other names.
std::optional<std::int64_t> ReceiveQueue(const std::string& name) {
  return name.starts_with("rx-") ? ParseDecimal(name.substr(3)) : std::nullopt;
}

Known<std::vector<Cpus>> RpsOf(const std::string& interface) {
  using Rps = Known<std::vector<Cpus>>;
  const std::string folder = Of(interface, "queues");
  const auto names = Names(folder);
  if (!names) return Rps::Unknown(names.why());
  std::vector<std::int64_t> queues;
  for (const std::string& name : *names) {
    if (const auto queue = ReceiveQueue(name)) queues.push_back(*queue);
  }
  std::ranges::sort(queues);
  std::vector<Cpus> masks;
  for (const std::int64_t queue : queues) {
    auto cpus = CpusIn(Format("{}/rx-{}/rps_cpus", folder, queue), ParseCpuMask);
    if (!cpus) return Rps::Unknown(cpus.why());
    masks.push_back(*cpus);
  }
  return Rps(std::move(masks));
}

void LeaveDevice(InterfaceFacts& facts, const std::string& why) {
  facts.numa_node = Known<int>::Unknown(why);
  facts.interrupts = Known<std::vector<QueueInterrupt>>::Unknown(why);
}

void Add(InterfaceFacts& facts) {
  facts.rps = RpsOf(facts.name);
  if (::access(Of(facts.name, "device").c_str(), F_OK) != 0) {
    LeaveDevice(facts, Format("{} has no device behind it", facts.name));
    return;
  }
  // Kernels before 5.14 do not name the parent device over netlink.
  facts.virtual_device = false;
  facts.driver = DriverOf(facts.name);
  facts.numa_node = OfDevice<int>(facts.name, "numa_node", NodeAt);
  facts.interrupts = InterruptsOf(facts.name);
}

}  // namespace

bool IsQueueInterrupt(const std::string& name) {
  // "virtio0-config", "mlx5_async0@pci:...", "i40e-0000:01:00.0:misc", "ena-mgmnt@pci:...",
  // "ice-0000:01:00.0:misc", "eth0-ctrl".
  static constexpr std::array<std::string_view, 6> kOthers{"config", "async", "misc",
                                                           "mgmnt",  "ctrl",  "mbx"};
  return std::ranges::none_of(
      kOthers, [&](std::string_view other) { return name.find(other) != std::string::npos; });
}

void AddSysfsFacts(std::vector<LinkFacts>& links) {
  const std::string why = WhyOther(links);
  for (LinkFacts& link : links) {
    if (why.empty()) {
      Add(link.facts);
      continue;
    }
    LeaveDevice(link.facts, why);
    link.facts.rps = Known<std::vector<Cpus>>::Unknown(why);
  }
}

}  // namespace tunewire
