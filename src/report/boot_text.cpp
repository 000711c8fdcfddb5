#include "report/boot_text.h"

#include <algorithm>

#include "base/format.h"
#include "tunewire/base/text.h"
#include "tunewire/catalog/tunable.h"

namespace tunewire {
namespace {

using Verdict = BootOutcome::Verdict;

std::string OneLoser(const BootOutcome& outcome) {
  if (outcome.losers.empty()) return "no file sets it";
  const BootLoser& last = outcome.losers.back();
  const std::string at = FileLineText(last.at);
  switch (last.reason) {
    case LostBy::kExclusion:
      return Format("a line with '-' alone before it takes it out, so that {} has no effect", at);
    case LostBy::kMaskedFile:
      return Format("{} is hidden by a file of the same name in an earlier folder", at);
    case LostBy::kLaterLine:
    case LostBy::kNamedKey:
      return Format("{} does not take effect", at);
  }
  return "no file sets it";
}

std::string ModuleOf(const SysctlKey& key) {
  const Tunable* tunable = FindTunable(key);
  return tunable == nullptr || tunable->module.empty() ? std::string("its module")
                                                       : std::string(tunable->module);
}

std::string Why(const BootOutcome& outcome) {
  switch (outcome.verdict) {
    case Verdict::kKept:
      return Format("{} keeps {} ({})", BootLoaderName(outcome.loader), Printable(outcome.value),
                    FileLineText(outcome.winner));
    case Verdict::kLost:
      return Format("{} sets {} after us", FileLineText(outcome.winner),
                    outcome.value.empty() ? "nothing" : Printable(outcome.value));
    case Verdict::kNotSet:
      return OneLoser(outcome);
    case Verdict::kTooLate:
      return Format("{} is loaded after sysctls are applied", ModuleOf(outcome.key));
  }
  return "";
}

std::string Action(const BootOutcome& outcome) {
  switch (outcome.verdict) {
    case Verdict::kKept:
      return "";
    case Verdict::kLost:
      return "remove that line";
    case Verdict::kNotSet:
      return outcome.losers.empty() ? "apply again with --persist" : "remove what takes it out";
    case Verdict::kTooLate:
      return "apply again with --persist: it writes modules-load.d";
  }
  return "";
}

bool Alike(const BootOutcome& a, const BootOutcome& b) {
  return a.verdict == b.verdict && a.value == b.value && a.winner == b.winner;
}

BootLoss LossOf(const BootOutcome& first, const BootOutcome* second) {
  const bool first_lost = first.verdict != Verdict::kKept;
  const BootOutcome& lost = first_lost ? first : *second;
  BootLoss loss{
      .key = Printable(lost.key.name()), .winner = {}, .reason = Why(lost), .action = Action(lost)};
  const bool agreed = second != nullptr && Alike(first, *second);
  if (agreed && lost.verdict == Verdict::kLost) loss.winner = FileLineText(lost.winner);
  if (second == nullptr) {
    loss.reason = Format("{}: {}", BootLoaderName(first.loader), loss.reason);
  } else if (!agreed) {
    const BootOutcome& other = first_lost ? *second : first;
    const bool kept = other.verdict == Verdict::kKept;
    loss.reason =
        Format("the loaders disagree: with {} {}, {}", BootLoaderName(lost.loader), loss.reason,
               kept ? Why(other) : Format("with {} {}", BootLoaderName(other.loader), Why(other)));
  }
  return loss;
}

}  // namespace

std::string FileLineText(const FileLine& at) {
  return Printable(at.line == 0 ? at.file : Format("{}:{}", at.file, at.line));
}

std::string_view BootVerdictSlug(Verdict verdict) {
  switch (verdict) {
    case Verdict::kKept:
      return "kept";
    case Verdict::kLost:
      return "lost";
    case Verdict::kNotSet:
      return "not_set";
    case Verdict::kTooLate:
      return "too_late";
  }
  return "lost";
}

std::vector<BootLoss> BootLosses(const BootReport& report) {
  std::vector<BootLoss> losses;
  if (!report.persisted) return losses;
  const std::vector<BootOutcome>& all = report.outcomes;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool pair = i + 1 < all.size() && all[i + 1].key == all[i].key;
    const BootOutcome* second = pair ? &all[i + 1] : nullptr;
    const bool lost = all[i].verdict != Verdict::kKept ||
                      (second != nullptr && second->verdict != Verdict::kKept);
    if (lost) losses.push_back(LossOf(all[i], second));
    if (pair) ++i;
  }
  return losses;
}

}  // namespace tunewire
