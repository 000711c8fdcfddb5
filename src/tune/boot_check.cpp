#include "tunewire/tune/boot_check.h"

#include <algorithm>

#include "base/format.h"
#include "tune/compare.h"
#include "tune/file_item.h"
#include "tune/requirement_text.h"
#include "tunewire/base/text.h"
#include "tunewire/tune/limits.h"

namespace tunewire {
namespace {

constexpr std::string_view kKeysFolder = "/etc/sysctl.d";
constexpr std::string_view kModulesFolder = "/etc/modules-load.d";

bool IsIn(const std::string& path, std::string_view folder) {
  return path.find(std::string(folder) + "/") != std::string::npos;
}

std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string BytesOf(const std::string& state) {
  const auto content = ParseFileState(state);
  return content ? content->bytes : std::string();
}

void LayKeys(const FileChange& change, BootFiles& files) {
  const std::string name = NameOf(change.path);
  const auto is_it = [&](const BootFile& file) {
    return file.folder == kKeysFolder && file.name == name;
  };
  std::erase_if(files.sysctl_d, is_it);
  if (!IsFileState(change.after_raw)) return;
  // /etc comes first among the folders, so the front is in order.
  files.sysctl_d.insert(
      files.sysctl_d.begin(),
      {.folder = std::string(kKeysFolder), .name = name, .bytes = BytesOf(change.after_raw)});
}

void LayModules(const FileChange& change, BootFiles& files) {
  if (!IsFileState(change.after_raw)) return;
  for (const std::string& line : Split(BytesOf(change.after_raw), '\n'))
    if (!line.empty() && line.front() != '#') files.early_modules.push_back(line);
}

// Not what could not be set here: nothing was persisted of it.
bool IsManaged(const Change& change) {
  return !change.released() &&
         (change.status == ChangeStatus::kSet || change.status == ChangeStatus::kAlready);
}

std::vector<SysctlKey> ManagedKeys(const Plan& plan) {
  std::vector<SysctlKey> keys;
  for (const Change& change : plan.changes)
    if (IsManaged(change)) keys.push_back(change.key);
  std::ranges::sort(keys);
  return keys;
}

bool Satisfied(const Change& change, const std::string& value) {
  const Tunable* tunable = FindTunable(change.key);
  const auto fields = CanonicalFields(tunable, value);
  const auto after = change.want.Apply(fields);
  return after && KeptAs(tunable, *after, fields);
}

class Judge {
 public:
  Judge(const Plan& plan, const BootFiles& files, const std::vector<SysctlKey>& keys)
      : files_(files),
        systemd_(ResolveSystemdSysctl(files, keys)),
        procps_(ResolveProcps(files, keys)) {
    for (const Change& change : plan.changes)
      if (IsManaged(change)) by_key_.emplace(change.key, &change);
  }

  BootReport Run() {
    BootReport report;
    for (const auto& [key, change] : by_key_) {
      report.outcomes.push_back(Look(*change, systemd_));
      report.outcomes.push_back(Look(*change, procps_));
    }
    for (const BootDisagreement& pair : CompareLoaders(systemd_, procps_)) {
      const BootValue* value = pair.systemd != nullptr ? pair.systemd : pair.procps;
      if (value != nullptr && by_key_.contains(value->key))
        report.disagreements.push_back(value->key.name());
    }
    report.notes = files_.notes;
    return report;
  }

 private:
  BootOutcome Look(const Change& change, const BootResolution& resolution) const {
    BootOutcome outcome{.key = change.key, .loader = resolution.loader};
    outcome.want = RequirementText(change.want);
    outcome.timing = TimingOf(change.key, resolution.loader, files_);
    const BootValue* value = resolution.Find(change.key);
    if (value != nullptr) outcome.losers = value->losers;
    if (value == nullptr || !value->assigned) {
      outcome.verdict = BootOutcome::Verdict::kNotSet;
      return outcome;
    }
    outcome.value = ShownValue(change.key, value->value);
    outcome.winner = value->winner;
    if (!Satisfied(change, value->value))
      outcome.verdict = BootOutcome::Verdict::kLost;
    else if (outcome.timing == BootTiming::kModuleTooLate)
      outcome.verdict = BootOutcome::Verdict::kTooLate;
    return outcome;
  }

  const BootFiles& files_;
  BootResolution systemd_;
  BootResolution procps_;
  std::map<SysctlKey, const Change*> by_key_;
};

}  // namespace

bool BootReport::HasLoss() const {
  return persisted && std::ranges::any_of(outcomes, [](const BootOutcome& outcome) {
           return outcome.verdict != BootOutcome::Verdict::kKept;
         });
}

BootReport CheckBoot(const Plan& plan, BootFiles files) {
  for (const FileChange& change : plan.files) {
    if (IsIn(change.path, kKeysFolder)) LayKeys(change, files);
    if (IsIn(change.path, kModulesFolder)) LayModules(change, files);
  }
  BootReport report = Judge(plan, files, ManagedKeys(plan)).Run();
  const std::string ours = NameOf(BootKeysPath({}, plan.profile));
  report.persisted = std::ranges::any_of(files.sysctl_d, [&](const BootFile& file) {
    return file.folder == kKeysFolder && file.name == ours;
  });
  return report;
}

}  // namespace tunewire
