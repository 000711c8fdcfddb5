// An in-memory /proc/sys that behaves as the measured kernel does: it keeps state, and it changes
// keys that it then refuses. tests/unit/host/tree_contract_test.cpp holds it to the real one.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/host/sysctl_tree.h"

namespace tunewire {

class FakeTree;

struct FakeKey {
  enum class Type {
    kInteger,    ///< one or more, parsed left to right, each stored before the next is looked at
    kAllOrNone,  ///< integers that are checked together before any is stored
    kText,       ///< anything up to a newline
    kOneOf,      ///< one word out of `known`; ENOENT otherwise
    kPortList,   ///< "80,8080-8090", stored merged and sorted
  };
  /// What the kernel does with text behind the last field.
  enum class Surplus { kShortWrite, kIgnored };

  Type type = Type::kInteger;
  KeyState::Access access = KeyState::Access::kReadWrite;
  std::vector<std::string> fields;
  std::int64_t smallest = std::numeric_limits<std::int32_t>::min();
  std::int64_t largest = std::numeric_limits<std::int32_t>::max();
  Surplus surplus = Surplus::kShortWrite;
  std::vector<std::string> known;       ///< kOneOf: the words there are
  std::vector<std::string> restricted;  ///< kOneOf: known, but EPERM for this caller
  bool ascending = false;               ///< kAllOrNone: EINVAL where the first exceeds the second
  int refuse_with = 0;  ///< every write fails with this errno, having changed nothing
  std::function<std::int64_t(std::int64_t)> rounding;
  /// The kernel's side effects, run after a write that changed this key from its old first field.
  std::function<void(FakeTree&, const std::string& before)> coupled;
};

class FakeTree : public SysctlTree {
 public:
  /// The keys that the contract suite speaks of, with Linux 6.18's behaviour and defaults.
  static FakeTree LikeLinux();

  /// Adds or replaces; the name must be valid.
  FakeKey& Add(std::string_view name, FakeKey key);
  FakeKey& AddInteger(std::string_view name, std::int64_t value, std::int64_t smallest,
                      std::int64_t largest);
  FakeKey& At(std::string_view name);
  void Remove(std::string_view name);

  /// Sets fields as somebody else would, behind the caller's back: no side effects.
  void Put(std::string_view name, std::vector<std::string> fields);
  /// Raw text as Read gives it, whatever the access.
  std::string Raw(std::string_view name) const;
  /// Every key's raw text: compare whole hosts with it.
  std::map<std::string, std::string> Values() const;
  /// Every call of Write, accepted or not: "net.core.somaxconn=8192".
  const std::vector<std::string>& writes() const { return writes_; }

  Result<std::string> Read(const SysctlKey& key) const override;
  Status Write(const SysctlKey& key, std::string_view text) override;
  KeyState State(const SysctlKey& key) const override;
  Result<std::vector<SysctlKey>> List(std::string_view folder) const override;
  Result<std::vector<std::string>> Names(std::string_view folder) const override;

 private:
  std::map<SysctlKey, FakeKey> keys_;
  std::vector<std::string> writes_;
};

/// A valid key from a literal; aborts the test otherwise.
SysctlKey Key(std::string_view name);

}  // namespace tunewire
