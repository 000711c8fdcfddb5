#include "tune/boot_ledger.h"

#include <algorithm>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

// A brace expression of systemd's globs that asks for more is not followed; nobody writes one.
constexpr std::size_t kMostBraces = 4096;

FileLine PlaceOfEntry(const BootEntry& entry) { return {entry.file->path(), entry.line.line}; }

/// The path with "//", "." and a trailing '/' tidied, for a key that is not there.
std::string TidyPath(std::string_view path) { return SystemdKeyPath("/" + std::string(path)); }

bool HasDotDot(std::string_view path) {
  return ("/" + std::string(path) + "/").find("/../") != std::string::npos;
}

std::optional<SysctlKey> KeyOfPath(const std::string& path) {
  auto key = SysctlKey::Parse(path);
  if (!key) return std::nullopt;
  return *std::move(key);
}

}  // namespace

BootLedger::BootLedger(BootLoader loader, std::span<const SysctlKey> existing)
    : loader_(loader), keys_(existing) {
  result_.loader = loader;
}

void BootLedger::Note(const BootEntry& entry, std::string code, std::string message) {
  result_.notes.push_back({PlaceOfEntry(entry), std::move(code), std::move(message)});
}

void BootLedger::Load(const std::vector<OrderedBootFile>& files) {
  const auto add_file = [&](const OrderedBootFile& ordered) {
    for (SysctlLine& line : ParseSysctlLines(ordered.file->bytes, loader_)) {
      const BootEntry entry{std::move(line), ordered.file, ordered.masked_by != nullptr};
      if (entry.line.kind != SysctlLine::Kind::kOther) {
        entries_.push_back(entry);
      } else if (!entry.masked) {
        Note(
            entry, "not_an_assignment",
            Format("not an assignment, passed over: {}", Printable(entry.line.text.substr(0, 80))));
      }
    }
  };
  for (const OrderedBootFile& ordered : files) {
    if (ordered.masked_by != nullptr) continue;
    result_.files.push_back(ordered.file->path());
    add_file(ordered);
  }
  for (const OrderedBootFile& ordered : files) {
    if (ordered.masked_by == nullptr) continue;
    result_.notes.push_back({{ordered.file->path(), 0},
                             "masked",
                             Format("not read: {} hides it", ordered.masked_by->path())});
    add_file(ordered);
  }
}

std::vector<std::string> BootLedger::FindTargets(const SysctlLine& line) {
  // systemd refuses a path with ".." before it looks.
  if (loader_ == BootLoader::kSystemdSysctl && HasDotDot(line.path)) return {};
  if (!line.is_glob()) {
    if (const auto resolved = keys_.Resolve(line.path)) return {*resolved};
    // "key/" and "key/." name a folder that is not there: no write, though the key exists.
    const std::string tidy = TidyPath(line.path);
    if (keys_.Resolve(tidy)) return {};
    return {tidy};
  }
  if (loader_ == BootLoader::kProcps) return keys_.Glob(line.path);
  std::vector<std::string> found;
  const auto patterns = ExpandBraces(line.path, kMostBraces);
  for (const std::string& pattern : patterns.value_or(std::vector<std::string>{})) {
    std::ranges::copy(keys_.Glob(pattern), std::back_inserter(found));
  }
  return found;
}

const std::vector<std::string>& BootLedger::Targets(const SysctlLine& line) {
  const auto [at, added] = targets_.try_emplace(line.path);
  if (added) at->second = FindTargets(line);
  return at->second;
}

void BootLedger::Wrote(const std::string& path, std::size_t entry) {
  winners_.insert_or_assign(path, entry);
}

LostBy BootLedger::WhyLost(const BootEntry& entry, const std::string& path) const {
  if (entry.masked) return LostBy::kMaskedFile;
  const bool won = winners_.contains(path);
  if (entry.line.is_glob() && named_.contains(path)) return LostBy::kNamedKey;
  if (excluded_.contains(path) && (!won || entry.line.is_glob())) return LostBy::kExclusion;
  return LostBy::kLaterLine;
}

void BootLedger::AddValue(const SysctlKey& key, const std::string& path,
                          const std::vector<std::size_t>& named) {
  BootValue value{.key = key, .loader = loader_};
  const auto winner = winners_.find(path);
  value.exists = keys_.Resolve(path).has_value();
  value.assigned = winner != winners_.end();
  if (value.assigned) {
    const BootEntry& entry = entries_[winner->second];
    value.value = std::string(entry.line.value);
    value.winner = PlaceOfEntry(entry);
    value.ignore_failure = entry.line.ignore_failure;
    if (entry.line.is_glob()) value.glob = std::string(entry.line.key);
  }
  for (const std::size_t index : named) {
    if (value.assigned && index == winner->second) continue;
    const BootEntry& entry = entries_[index];
    value.losers.push_back(
        {PlaceOfEntry(entry), std::string(entry.line.value), WhyLost(entry, path)});
  }
  result_.values.push_back(std::move(value));
}

void BootLedger::NoteNoSuchName(const BootEntry& entry) {
  if (entry.masked) return;
  Note(entry, "no_such_name",
       Format("no key has this name: {}", Printable(entry.line.key.substr(0, 80))));
}

BootResolution BootLedger::Finish() && {
  std::map<std::string, std::vector<std::size_t>> named;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const BootEntry& entry = entries_[i];
    if (entry.assigns() && !entry.line.is_glob() && Targets(entry.line).empty()) {
      NoteNoSuchName(entry);
    }
    for (const std::string& target : Targets(entry.line)) {
      // A glob's match keeps odd separators of the pattern; the key is what the kernel finds there.
      const std::string path = keys_.Resolve(target).value_or(target);
      if (entry.excludes() && !entry.masked) excluded_.insert(path);
      if (!entry.assigns()) continue;
      if (!entry.masked && !entry.line.is_glob()) named_.insert(path);
      auto& list = named[path];
      if (list.empty() || list.back() != i) list.push_back(i);
    }
  }
  for (const auto& [path, indices] : named) {
    if (const auto key = KeyOfPath(path)) {
      AddValue(*key, path, indices);
    } else {
      NoteNoSuchName(entries_[indices.front()]);
    }
  }
  std::ranges::sort(result_.values, {}, &BootValue::key);
  return std::move(result_);
}

}  // namespace tunewire
