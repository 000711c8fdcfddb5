// tunewire verify: does the host still keep to what was asked.
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

Answer Judge(Session& session, TuneHost& host, const ComposedProfile& profile, const Tx* tx) {
  const Plan plan = MakePlan(session, host, profile, InForce(), Rehearsing::kNo, Persist::kNo);
  VerifyView view;
  view.report = Verify(plan, tx);
  view.held = VerifyView::Held::kYes;
  view.profiles = Quoted(profile.references);
  if (tx != nullptr) view.time = LocalTime(tx->unix_seconds);
  Answer answer;
  answer.status = view.report.drift.empty() ? ExitStatus::kDone : ExitStatus::kFinding;
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
