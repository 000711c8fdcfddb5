// tunewire trial: what a profile does to traffic, measured beside this host and not on it.
#include <algorithm>

#include "base/format.h"
#include "cli/commands.h"
#include "cli/planning.h"
#include "cli/progress.h"
#include "report/trial_report.h"
#include "tunewire/base/text.h"
#include "tunewire/catalog/tunable.h"

namespace tunewire {
namespace {

/// What traffic between two sockets meets; a new namespace does not take these over from the host.
bool ShapesTraffic(const std::string& folder, const std::string& name) {
  if (folder == "net/core") return true;
  return name.starts_with("tcp_") || name.starts_with("udp_") || name.starts_with("ip_local_");
}

/// The host's own values, so that both arms start as this host.
std::vector<KeyText> ValuesOfTheHost(const SysctlTree& tree) {
  std::vector<KeyText> values;
  for (const std::string folder : {"net/core", "net/ipv4"}) {
    const Result<std::vector<std::string>> names = tree.Names(folder);
    if (!names) continue;
    for (const std::string& name : *names) {
      const Result<SysctlKey> key = SysctlKey::Parse(folder + "/" + name);
      if (!key || !ShapesTraffic(folder, name)) continue;
      const Tunable* tunable = FindTunable(*key);
      if (tunable == nullptr || tunable->scope != Scope::kNamespace ||
          tunable->access != tunewire::Access::kReadWrite)
        continue;
      if (const Result<std::string> text = tree.Read(*key))
        values.push_back({*key, std::string(Trim(*text))});
    }
  }
  return values;
}

/// The keys of the plan that take part, each at its place behind the host's own values.
struct Arms {
  std::vector<KeyText> without, with;
  std::vector<std::size_t> places;  ///< in the view's keys, of each write that the profile adds
};

TrialKey KeyOf(const Change& change) {
  TrialKey key{change.key.name(), Join(change.before, " "), Join(change.after, " "),
               TrialKey::Fate::kTried, change.reason};
  switch (change.status) {
    case ChangeStatus::kSet:
      break;
    case ChangeStatus::kAlready:
      key.fate = TrialKey::Fate::kAlready;
      break;
    case ChangeStatus::kInvalid:
      key.fate = TrialKey::Fate::kRefused;
      break;
    case ChangeStatus::kMissing:
    case ChangeStatus::kReadOnly:
      key.fate = TrialKey::Fate::kMissing;
      break;
  }
  return key;
}

Arms ArmsOf(const Plan& plan, const SysctlTree& tree, TrialView& view) {
  Arms arms;
  if (view.against == TrialAgainst::kNow) arms.without = arms.with = ValuesOfTheHost(tree);
  for (const Change& change : plan.changes) {
    TrialKey key = KeyOf(change);
    if (view.against == TrialAgainst::kDefaults && key.fate == TrialKey::Fate::kAlready)
      key.fate = TrialKey::Fate::kTried;
    if (key.fate == TrialKey::Fate::kTried) {
      arms.with.push_back({change.key, key.after});
      arms.places.push_back(view.keys.size());
    }
    view.keys.push_back(std::move(key));
  }
  return arms;
}

void NoteVerdict(TrialKey& key, const RehearsedWrite& write) {
  switch (write.verdict) {
    case RehearsedWrite::Verdict::kAccepted:
      return;
    case RehearsedWrite::Verdict::kRefused:
      key.fate = TrialKey::Fate::kRefused;
      key.why = DescribeErrno(write.os_error);
      return;
    case RehearsedWrite::Verdict::kNotPossible:
      key.fate = TrialKey::Fate::kHostWide;
      key.why = write.os_error == 0 || write.os_error == ENOENT
                    ? "one value for the whole host"
                    : "not settable in a namespace: " + DescribeErrno(write.os_error);
  }
}

class TrialRunner {
 public:
  TrialRunner(Session& session, const TrialArguments& arguments)
      : session_(session), arguments_(arguments) {}

  Answer Go() {
    if (session_.offline())
      return session_.Refuse(Error{.kind = ErrorKind::kUsage,
                                   .code = "offline",
                                   .message = "trial: traffic needs a running kernel, not --root"});
    const auto profile = LoadProfiles(arguments_.profiles, session_.profiles());
    if (!profile) return session_.Refuse(profile.error());
    Result<TuneHost> host = session_.Host();
    if (!host) return session_.Refuse(host.error());
    const Plan plan = Decide(*profile, TakeSnapshot(*profile, {}, host->sysctl), {}, host->info);
    view_.profile = plan.profile;
    view_.against = arguments_.against;
    for (const LimitSetting& limit : profile->limits)
      view_.limits.push_back(Format("{} of {}", limit.item, Printable(limit.subject)));
    std::ranges::sort(view_.limits);
    // std::ranges::unique gives a subrange, which clang 14 cannot read from libstdc++ 12.
    view_.limits.erase(std::unique(view_.limits.begin(), view_.limits.end()), view_.limits.end());
    if (const Status ran = Measure(ArmsOf(plan, host->sysctl, view_)); !ran)
      return session_.Refuse(ran.error());
    Answer answer;
    if (view_.result.partial) answer.status = ExitStatus::kInterrupted;
    answer.text = session_.json() ? TrialJson(view_) : TrialText(view_, session_.style());
    return answer;
  }

 private:
  Status Measure(const Arms& arms) {
    if (arms.places.empty()) return {};
    Machine& machine = session_.machine();
    const Result<std::unique_ptr<ScratchPair>> with = machine.scratch_pair(arms.with);
    if (!with) return Fail(with.error());
    const std::size_t first = arms.without.size();
    for (std::size_t i = 0; i < arms.places.size(); ++i)
      NoteVerdict(view_.keys[arms.places[i]], (*with)->writes()[first + i]);
    if (std::ranges::none_of(
            view_.keys, [](const TrialKey& key) { return key.fate == TrialKey::Fate::kTried; }))
      return {};
    const Result<std::unique_ptr<ScratchPair>> without = machine.scratch_pair(arms.without);
    if (!without) return Fail(without.error());
    machine.terminal.WatchForStop("stopped\n", static_cast<int>(ExitStatus::kInterrupted));
    Progress progress(session_);
    Result<TrialResult> result =
        RunTrial(**without, **with, arguments_.wish, [&](std::uint32_t done, std::uint32_t blocks) {
          const auto left = arguments_.wish.time * (blocks - done) / blocks;
          progress.Show(Format("{} of {} blocks, {} s left", done, blocks,
                               std::chrono::ceil<std::chrono::seconds>(left).count()));
          return machine.terminal.StopWanted();
        });
    progress.Erase();
    if (!result) return Fail(result.error());
    view_.result = *std::move(result);
    return {};
  }

  Session& session_;
  const TrialArguments& arguments_;
  TrialView view_;
};

}  // namespace

Answer Run(Session& session, const TrialArguments& arguments) {
  return TrialRunner(session, arguments).Go();
}

}  // namespace tunewire
