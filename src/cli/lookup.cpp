#include "cli/lookup.h"

#include "base/format.h"
#include "report/tune_report.h"
#include "tunewire/base/text.h"
#include "tunewire/tune/plan.h"

namespace tunewire {

ShownSetting ReadSetting(const SysctlTree& tree, const SysctlKey& key) {
  ShownSetting setting;
  setting.key = key.name();
  setting.tunable = FindTunable(key);
  const Result<std::string> raw = tree.Read(key);
  if (raw) {
    setting.value = OneLine(*raw);
  } else if (raw.error().kind == ErrorKind::kNotPermitted) {
    const bool write_only = tree.State(key).access == KeyState::Access::kWriteOnly;
    setting.absence = write_only ? "write-only" : "this user may not read it";
  } else if (raw.error().kind != ErrorKind::kNotFound) {
    setting.absence = raw.error().message;
  }
  return setting;
}

ShownSetting LookUp(const SysctlTree& tree, const SysctlKey& key) {
  ShownSetting setting = ReadSetting(tree, key);
  if (!setting.value && setting.absence.empty()) AddAbsence(tree, key, setting);
  return setting;
}

void AddAbsence(const SysctlTree& tree, const SysctlKey& key, ShownSetting& setting) {
  const Result<KeyPattern> pattern = KeyPattern::Parse(key.path());
  if (!pattern) return;
  // The reason depends on what else is there: the interfaces, and whether this is the first
  // namespace. A snapshot holds just that.
  ComposedProfile profile;
  profile.settings.push_back(Setting{.key = *pattern});
  const Absence absence = ExplainAbsence(key, TakeSnapshot(profile, InForce(), tree));
  setting.absence = absence.reason;
  setting.hint = absence.hint;
}

Error NoSuchKey(std::string_view name) {
  Error error;
  error.kind = ErrorKind::kNotFound;
  error.code = "unknown_key";
  error.subject = std::string(name);
  error.message = Format("no key '{}'", Printable(name));
  const std::vector<std::string> near = NearestKeys(name);
  error.hint = near.empty() ? std::string("`tunewire show` lists the keys of this host")
                            : Format("did you mean {}?", Join(near, " or "));
  return error;
}

}  // namespace tunewire
