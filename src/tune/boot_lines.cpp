#include "tune/boot_lines.h"

#include <set>

#include "base/format.h"
#include "tunewire/base/text.h"
#include "tunewire/catalog/tunable.h"
#include "tunewire/tune/limits.h"

namespace tunewire {
namespace {

bool Lasts(const Change& change) {
  return !change.released() && !change.after.empty() &&
         (change.status == ChangeStatus::kSet || change.status == ChangeStatus::kAlready);
}

}  // namespace

std::string BootKeysPath(const FilePlace& place, const std::string& profile) {
  return Format("{}/etc/sysctl.d/60-tunewire-{}.conf", place.root, profile);
}

std::string BootModulesPath(const FilePlace& place, const std::string& profile) {
  return Format("{}/etc/modules-load.d/60-tunewire-{}.conf", place.root, profile);
}

std::string FileHeader(const std::string& profile) {
  return Format(
      "# Written by tunewire for the profile {}.\n"
      "# Changes here are lost: edit the profile, or take it back with \"tunewire rollback\".\n",
      profile);
}

std::string BootKeysText(const Plan& plan) {
  std::string lines;
  for (const Change& change : plan.changes)
    if (Lasts(change)) lines += Format("{} = {}\n", change.key.name(), Join(change.after, " "));
  return lines.empty() ? lines : FileHeader(plan.profile) + lines;
}

std::string BootModulesText(const Plan& plan) {
  std::set<std::string_view> modules;
  for (const Change& change : plan.changes) {
    const Tunable* tunable = FindTunable(change.key);
    if (Lasts(change) && tunable != nullptr && !tunable->module.empty())
      modules.insert(tunable->module);
  }
  if (modules.empty()) return {};
  std::string text = FileHeader(plan.profile);
  for (const std::string_view module : modules) text += Format("{}\n", module);
  return text;
}

}  // namespace tunewire
