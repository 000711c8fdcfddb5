#include "support/fake_tree.h"

#include <algorithm>
#include <bitset>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <set>
#include <stdexcept>

#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Access = KeyState::Access;

Error Refused(const char* operation, const SysctlKey& key, int os_error) {
  Error error = SystemError(operation, key.name(), os_error);
  if (os_error == ENOENT) {
    const bool open = std::string_view(operation) == "open";
    error.kind = open ? ErrorKind::kNotFound : ErrorKind::kInvalid;
    error.code = open ? "no_such_key" : "no_such_value";
  }
  return error;
}

Error ShortWrite(const SysctlKey& key) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = "short_write";
  error.operation = "write";
  error.subject = key.name();
  error.message = "short write";
  return error;
}

/// As the kernel reads a number: an optional sign, and C's prefixes for the base.
std::optional<std::int64_t> KernelNumber(const std::string& word) {
  errno = 0;
  char* end = nullptr;
  const long long value = std::strtoll(word.c_str(), &end, 0);
  if (word.empty() || word[0] == '+' || end != word.c_str() + word.size() || errno != 0) {
    return std::nullopt;
  }
  return value;
}

/// What one write did: 0 and all consumed, an errno, or words left over.
struct Outcome {
  int os_error = 0;
  bool surplus = false;
};

Outcome StoreIntegers(FakeKey& key, const std::vector<std::string>& words) {
  const bool together = key.type == FakeKey::Type::kAllOrNone;
  std::vector<std::string> fields = key.fields;
  const auto keep = [&] { key.fields = fields; };
  for (std::size_t i = 0; i < std::min(words.size(), fields.size()); ++i) {
    const std::optional<std::int64_t> value = KernelNumber(words[i]);
    if (!value || *value < key.smallest || *value > key.largest) {
      if (!together) keep();
      return {EINVAL};
    }
    fields[i] = std::to_string(key.rounding ? key.rounding(*value) : *value);
  }
  if (together && key.ascending && *KernelNumber(fields[0]) > *KernelNumber(fields[1])) {
    return {EINVAL};
  }
  keep();
  return {0, words.size() > fields.size() && key.surplus == FakeKey::Surplus::kShortWrite};
}

Outcome StoreWord(FakeKey& key, const std::string& text) {
  const auto in = [&](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), text) != list.end();
  };
  if (in(key.restricted)) return {EPERM};
  if (!in(key.known)) return {ENOENT};
  key.fields = {text};
  return {};
}

std::optional<std::bitset<65536>> ParsePorts(const std::string& text) {
  std::bitset<65536> ports;
  if (text.empty()) return ports;
  for (const std::string& part : Split(text, ',')) {
    const std::vector<std::string> ends = Split(part, '-');
    const std::optional<std::int64_t> first = KernelNumber(ends.front());
    const std::optional<std::int64_t> last = KernelNumber(ends.back());
    if (ends.size() > 2 || !first || !last || *first < 0 || *last > 65535 || *first > *last) {
      return std::nullopt;
    }
    for (std::int64_t port = *first; port <= *last; ++port) {
      ports.set(static_cast<std::size_t>(port));
    }
  }
  return ports;
}

std::string FormatPorts(const std::bitset<65536>& ports) {
  std::vector<std::string> ranges;
  for (std::size_t port = 0; port < ports.size(); ++port) {
    if (!ports[port]) continue;
    const std::size_t first = port;
    while (port + 1 < ports.size() && ports[port + 1]) ++port;
    ranges.push_back(std::to_string(first) + (first == port ? "" : "-" + std::to_string(port)));
  }
  return Join(ranges, ",");
}

Outcome StorePorts(FakeKey& key, std::string_view raw) {
  std::string text(Trim(raw));
  std::replace(text.begin(), text.end(), '\n', ',');
  const std::optional<std::bitset<65536>> ports = ParsePorts(text);
  if (!ports) return {EINVAL};
  key.fields = {FormatPorts(*ports)};
  return {};
}

Outcome Store(FakeKey& key, std::string_view text) {
  if (key.refuse_with != 0) return {key.refuse_with};
  // Words end at the first newline; between numbers it is one more space, between ports a comma.
  const std::string line(text.substr(0, text.find('\n')));
  if (text.empty()) return {};
  switch (key.type) {
    case FakeKey::Type::kInteger:
    case FakeKey::Type::kAllOrNone: {
      const std::vector<std::string> words = SplitWords(text);
      if (words.empty()) return {EINVAL};
      return StoreIntegers(key, words);
    }
    case FakeKey::Type::kText:
      key.fields = {line};
      return {};
    case FakeKey::Type::kOneOf:
      return StoreWord(key, line);
    case FakeKey::Type::kPortList:
      return StorePorts(key, text);
  }
  return {EINVAL};
}

std::string RawOf(const FakeKey& key) { return Join(key.fields, "\t") + "\n"; }

/// ip_forward and conf.all.forwarding are one value; either sets every interface's and the default.
void SpreadForwarding(FakeTree& tree, std::string_view cause) {
  const std::string value(Trim(tree.Raw(cause)));
  for (const char* name : {"net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding",
                           "net.ipv4.conf.default.forwarding", "net.ipv4.conf.lo.forwarding"}) {
    tree.Put(name, {value});
  }
}

std::int64_t ToJiffies250(std::int64_t milliseconds) { return (milliseconds + 3) / 4 * 4; }

}  // namespace

SysctlKey Key(std::string_view name) {
  Result<SysctlKey> key = SysctlKey::Parse(name);
  if (!key) throw std::logic_error("not a key: " + std::string(name));
  return *key;
}

FakeTree FakeTree::LikeLinux() {
  FakeTree tree;
  tree.AddInteger("net.core.somaxconn", 4096, 0, 2147483647);
  tree.Add("net.ipv4.tcp_rmem", {.fields = {"4096", "131072", "6291456"}, .smallest = 1});
  tree.Add("net.ipv4.tcp_wmem", {.fields = {"4096", "16384", "4194304"}, .smallest = 1});
  tree.AddInteger("net.ipv4.tcp_fin_timeout", 60, -2147483647 - 1, 2147483647);
  tree.AddInteger("net.ipv4.tcp_syncookies", 1, 0, 255);
  tree.Add("net.ipv4.ip_local_port_range", {.type = FakeKey::Type::kAllOrNone,
                                            .fields = {"32768", "60999"},
                                            .smallest = 1,
                                            .largest = 65535,
                                            .ascending = true});
  tree.Add("net.ipv4.ip_local_reserved_ports", {.type = FakeKey::Type::kPortList, .fields = {""}});
  tree.Add("net.ipv4.tcp_congestion_control",
           {.type = FakeKey::Type::kOneOf, .fields = {"cubic"}, .known = {"reno", "cubic", "bbr"}});
  tree.Add(
      "net.ipv4.tcp_available_congestion_control",
      {.type = FakeKey::Type::kText, .access = Access::kReadOnly, .fields = {"reno cubic bbr"}});
  tree.AddInteger("net.core.rmem_max", 212992, 0, 2147483647).access = Access::kReadOnly;
  tree.AddInteger("net.ipv4.route.flush", 0, 0, 1).access = Access::kWriteOnly;
  tree.AddInteger("net.ipv4.neigh.lo.base_reachable_time_ms", 30000, 0, 2147483647).rounding =
      ToJiffies250;
  for (const char* name : {"net.ipv4.conf.default.forwarding", "net.ipv4.conf.lo.forwarding"}) {
    tree.AddInteger(name, 0, 0, 1);
  }
  for (const char* name : {"net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding"}) {
    tree.AddInteger(name, 0, 0, 1).coupled = [name](FakeTree& self, const std::string&) {
      SpreadForwarding(self, name);
    };
  }
  return tree;
}

FakeKey& FakeTree::Add(std::string_view name, FakeKey key) {
  return keys_.insert_or_assign(Key(name), std::move(key)).first->second;
}

FakeKey& FakeTree::AddInteger(std::string_view name, std::int64_t value, std::int64_t smallest,
                              std::int64_t largest) {
  return Add(name, {.fields = {std::to_string(value)}, .smallest = smallest, .largest = largest});
}

FakeKey& FakeTree::At(std::string_view name) { return keys_.at(Key(name)); }

void FakeTree::Remove(std::string_view name) { keys_.erase(Key(name)); }

void FakeTree::Put(std::string_view name, std::vector<std::string> fields) {
  At(name).fields = std::move(fields);
}

std::string FakeTree::Raw(std::string_view name) const { return RawOf(keys_.at(Key(name))); }

std::map<std::string, std::string> FakeTree::Values() const {
  std::map<std::string, std::string> values;
  for (const auto& [key, fake] : keys_) values[key.name()] = RawOf(fake);
  return values;
}

Result<std::string> FakeTree::Read(const SysctlKey& key) const {
  const auto found = keys_.find(key);
  if (found == keys_.end() || found->second.access == Access::kAbsent) {
    return Fail(Refused("open", key, ENOENT));
  }
  if (found->second.access == Access::kWriteOnly) return Fail(Refused("open", key, EACCES));
  return RawOf(found->second);
}

Status FakeTree::Write(const SysctlKey& key, std::string_view text) {
  writes_.push_back(key.name() + "=" + std::string(text));
  const auto found = keys_.find(key);
  if (found == keys_.end() || found->second.access == Access::kAbsent) {
    return Fail(Refused("open", key, ENOENT));
  }
  FakeKey& fake = found->second;
  if (fake.access == Access::kReadOnlyMount) return Fail(Refused("open", key, EROFS));
  if (fake.access == Access::kReadOnly || fake.access == Access::kNotPermitted) {
    return Fail(Refused("open", key, EACCES));
  }
  const std::vector<std::string> before = fake.fields;
  const Outcome outcome = Store(fake, text);
  if (fake.coupled && before != fake.fields) fake.coupled(*this, before.front());
  if (outcome.os_error != 0) return Fail(Refused("write", key, outcome.os_error));
  if (outcome.surplus) return Fail(ShortWrite(key));
  return {};
}

KeyState FakeTree::State(const SysctlKey& key) const {
  const auto found = keys_.find(key);
  return {found == keys_.end() ? Access::kAbsent : found->second.access};
}

Result<std::vector<SysctlKey>> FakeTree::List(std::string_view folder) const {
  const std::string prefix = folder.empty() ? "" : std::string(folder) + "/";
  std::vector<SysctlKey> listed;
  for (const auto& [key, fake] : keys_) {
    if (fake.access != Access::kAbsent && key.path().starts_with(prefix)) listed.push_back(key);
  }
  return listed;
}

Result<std::vector<std::string>> FakeTree::Names(std::string_view folder) const {
  const std::string prefix = folder.empty() ? "" : std::string(folder) + "/";
  std::set<std::string> names;
  const Result<std::vector<SysctlKey>> listed = List(folder);
  for (const SysctlKey& key : *listed) {
    const std::string rest = key.path().substr(prefix.size());
    names.insert(rest.substr(0, rest.find('/')));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

}  // namespace tunewire
