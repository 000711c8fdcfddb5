// tunewire verify: does the host still keep to what was asked.
#include <algorithm>

#include "cli/commands.h"
#include "cli/planning.h"
#include "report/layout.h"
#include "report/tune_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

Error NothingInForce() {
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = "nothing_in_force";
  error.message = "no profile is in force here";
  error.hint = "name one: tunewire verify PROFILE; `tunewire profiles` lists them";
  return error;
}

std::string Quoted(const std::vector<std::string>& references) {
  std::vector<std::string> words;
  for (const std::string& reference : references) words.push_back(ShellWord(reference));
  return Join(words, " ");
}

/// Only what we have written for the next boot is held against it: without that there is nothing
/// that could be lost.
bool IsPersisted(Session& session, const TuneHost& host, const std::string& profile, const Tx* tx) {
  const FilePlace place{.root = session.offline() ? session.root() : std::string(),
                        .persist = Persist::kYes};
  const std::string path = BootKeysPath(place, profile);
  const bool wrote =
      tx != nullptr && std::ranges::any_of(tx->items, [&](const TxItem& item) {
        return item.kind == ItemKind::kFile && item.name == path && item.stored_raw.has_value();
      });
  return wrote || host.files.Read(path, kMaxBootFileBytes).has_value();
}

Answer Judge(Session& session, TuneHost& host, const ComposedProfile& profile, const Tx* tx) {
  PlanView looked = MakePlan(session, host, profile, InForce(), Rehearsing::kNo, Persist::kNo);
  const Plan& plan = looked.plan;
  VerifyView view;
  view.report = Verify(plan, tx);
  if (tx != nullptr) view.report.files = CheckFiles(*tx, host.files);
  view.report.not_in_effect = LookAtWhatLives(plan, session, host, tx, looked.unread);
  if (IsPersisted(session, host, profile.name, tx))
    view.report.boot = LookAtBoot(plan, session, host);
  view.pam = LookAtPam(plan, session);
  view.unread = std::move(looked.unread);
  view.held = VerifyView::Held::kYes;
  view.profiles = Quoted(profile.references);
  if (tx != nullptr) view.time = LocalTime(tx->unix_seconds);
  Answer answer;
  answer.status = view.report.Clean() ? ExitStatus::kDone : ExitStatus::kFinding;
  answer.text =
      session.json() ? VerifyJson(view) : VerifyText(view, session.target(), session.style());
  return answer;
}

}  // namespace

Answer Run(Session& session, const VerifyArguments& arguments) {
  Result<TuneHost> host = session.Host();
  if (!host) return session.Refuse(host.error());
  const Result<History> history = HistoryForReading(*host);
  if (!history) return session.Refuse(history.error());
  const Tx* in_force = history->InForceHere(host->info);
  if (arguments.profiles.empty()) {
    if (in_force == nullptr) return session.Refuse(NothingInForce());
    return Judge(session, *host, ProfileOf(*in_force), in_force);
  }
  const auto profile = LoadProfiles(arguments.profiles, session.profiles());
  if (!profile) return session.Refuse(profile.error());
  const bool is_its = in_force != nullptr && in_force->references == Lasting(profile->references);
  return Judge(session, *host, *profile, is_its ? in_force : nullptr);
}

}  // namespace tunewire
