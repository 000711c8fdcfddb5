#include "tune/items.h"

#include "base/format.h"
#include "tune/compare.h"
#include "tune/limit_name.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

// Names in a journal were valid keys once; a damaged one must not reach the tree.
Result<SysctlKey> KeyOf(const TxItem& item) {
  auto key = SysctlKey::Parse(item.name);
  if (!key || !IsForbidden(*key)) return key;
  return Fail({.kind = ErrorKind::kInvalid,
               .code = "damaged_journal",
               .message = "a journal names a key that no profile may set",
               .subject = key->name()});
}

// Only files that this program writes have this name: a journal from elsewhere must reach no other.
Status CheckPath(const TxItem& item) {
  if (item.name.find("/60-tunewire") != std::string::npos &&
      item.name.find("/../") == std::string::npos)
    return {};
  return Fail({.kind = ErrorKind::kInvalid,
               .code = "damaged_journal",
               .message = "a journal names a file that tunewire does not write",
               .subject = Printable(item.name)});
}

Result<LimitName> LimitOf(const TxItem& item) {
  auto name = ParseLimitItemName(item.name);
  if (name) return *std::move(name);
  return Fail({.kind = ErrorKind::kInvalid,
               .code = "damaged_journal",
               .message = "a saved limit has no valid name",
               .subject = Printable(item.name)});
}

Status WriteLimits(ProcessTable& processes, const TxItem& item, std::string_view raw) {
  const auto name = LimitOf(item);
  if (!name) return Fail(name.error());
  const auto limits = ParseLimits(raw);
  if (!limits)
    return Fail({.kind = ErrorKind::kInvalid,
                 .code = "damaged_journal",
                 .message = "a saved limit is not readable",
                 .subject = Printable(item.name)});
  return processes.SetLimits(name->id, name->item, *limits);
}

}  // namespace

bool DiesWithBoot(ItemKind kind) { return kind != ItemKind::kFile; }

Result<std::string> Items::Read(const TxItem& item) const {
  if (item.kind == ItemKind::kFile)
    return CheckPath(item).and_then([&] { return ReadFileItem(files_, item.name); });
  if (item.kind == ItemKind::kLimit) {
    const auto name = LimitOf(item);
    if (!name) return Fail(name.error());
    return processes_.GetLimits(name->id, name->item).map(LimitsText);
  }
  return KeyOf(item).and_then([&](const SysctlKey& key) { return sysctl_.Read(key); });
}

Status Items::Write(const TxItem& item, std::string_view raw) {
  if (item.kind == ItemKind::kFile)
    return CheckPath(item).and_then([&] { return WriteFileItem(files_, item.name, raw); });
  if (item.kind == ItemKind::kLimit) return WriteLimits(processes_, item, raw);
  const auto key = KeyOf(item);
  if (!key) return Fail(key.error());
  // write(2) of no bytes does nothing: an empty string is written as its line end.
  return sysctl_.Write(*key, raw.empty() ? "\n" : raw);
}

bool Items::Same(const TxItem& item, std::string_view a, std::string_view b) const {
  if (item.kind == ItemKind::kFile) return SameFileState(a, b);
  if (a == b || item.kind != ItemKind::kSysctl) return a == b;
  const auto key = KeyOf(item);
  return key && SameValue(*key, a, b);
}

bool Items::Kept(const TxItem& item, std::string_view wanted, std::string_view stored) const {
  if (item.kind != ItemKind::kSysctl) return Same(item, wanted, stored);
  const auto key = KeyOf(item);
  if (!key) return false;
  const Tunable* tunable = FindTunable(*key);
  return KeptAs(tunable, CanonicalFields(tunable, wanted), CanonicalFields(tunable, stored));
}

bool Items::Coupled(const TxItem& cause, const TxItem& item) const {
  if (cause.kind != ItemKind::kSysctl || item.kind != ItemKind::kSysctl) return false;
  const auto a = KeyOf(cause);
  const auto b = KeyOf(item);
  return a && b && IsCoupled(*a, *b);
}

std::string Items::Shown(const TxItem& item, std::string_view raw) const {
  if (item.kind == ItemKind::kFile)
    return IsFileState(raw) ? Format("{} bytes", raw.size() - raw.find('\n') - 1) : "no file";
  if (item.kind == ItemKind::kLimit) return std::string(raw);
  const auto key = KeyOf(item);
  return key ? ShownValue(*key, raw) : std::string(Trim(raw));
}

}  // namespace tunewire
