// tunewire check: what of this host spoils a measurement, and which wall a load meets first.
#include <algorithm>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/load_shape.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "host/parse_address.h"
#include "report/check_report.h"
#include "report/check_words.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"
#include "tunewire/check/snapshot.h"
#include "tunewire/host/port_use.h"

namespace tunewire {
namespace {

constexpr std::chrono::milliseconds kCalibration(1000);
constexpr const char* kNothingRuns = "a captured tree: there is no processor to measure";

/// Of the sources' family where there are sources: nothing else can be connected.
Result<SocketAddress> ChooseAddress(const std::vector<SocketAddress>& addresses,
                                    const std::string& to, const std::vector<std::string>& from) {
  const std::optional<SocketEnd> source = from.empty() ? std::nullopt : ParseAddress(from.front());
  for (const SocketAddress& one : addresses) {
    const bool v6 = one.Text().starts_with('[');
    if (!source || source->v6 == v6) return one;
  }
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = "invalid_argument";
  error.message = Format("--bind {} cannot reach --to {}", from.front(), Printable(to));
  error.hint = "none of its addresses is of that family";
  return Fail(std::move(error));
}

/// Its route is the one worth knowing: another host's, where there is one.
std::optional<SocketAddress> Farthest(const std::vector<SocketAddress>& destinations) {
  if (destinations.empty()) return std::nullopt;
  const auto away = std::ranges::find_if_not(destinations, &SocketAddress::IsLoopback);
  return away == destinations.end() ? destinations.front() : *away;
}

std::string ChosenInterface(const HostFacts& facts) {
  const RouteFacts* route = ChosenRoute(facts);
  return route == nullptr ? "" : route->interface;
}

Status CheckInterface(const HostFacts& facts, const std::string& name) {
  if (name.empty() || !facts.interfaces || InterfaceNamed(facts, name) != nullptr) return {};
  std::vector<std::string> names;
  for (const InterfaceFacts& one : *facts.interfaces) names.push_back(Printable(one.name));
  Error error;
  error.kind = ErrorKind::kNotFound;
  error.code = "no_such_interface";
  error.subject = name;
  error.message = Format("--interface {}: no such interface here", Printable(name));
  error.hint = names.empty() ? "there is none" : Format("there are {}", Join(names, ", "));
  return Fail(std::move(error));
}

CheckWish WishOf(const HostFacts& facts, const CheckArguments& arguments,
                 const std::vector<SocketAddress>& destinations) {
  CheckWish wish;
  LoadWish ends;
  ends.destinations = destinations;
  const bool own = BothHere(ends, facts);
  wish.interface = arguments.interface.empty() ? ChosenInterface(facts) : arguments.interface;
  const InterfaceFacts* through = InterfaceNamed(facts, wish.interface);
  const bool over_loopback = through != nullptr && through->loopback;
  wish.loopback = arguments.interface.empty() ? own : over_loopback;
  if (wish.loopback || over_loopback) wish.interface.clear();
  return wish;
}

class CheckRunner {
 public:
  CheckRunner(Session& session, const CheckArguments& arguments)
      : session_(session), machine_(session.machine()), arguments_(arguments) {}

  Answer Go() {
    const Result<const HostInfo*> info = session_.Info();
    if (!info) return session_.Refuse(info.error());
    machine_.terminal.WatchForStop("stopped\n", static_cast<int>(ExitStatus::kInterrupted));
    view_.wish = arguments_.load;
    if (const Status found = Resolve(); !found) return session_.Refuse(found.error());
    Look();
    if (const Status there = CheckInterface(facts_, arguments_.interface); !there)
      return session_.Refuse(there.error());
    Measure();
    Judge();
    return Report();
  }

 private:
  Status Resolve() {
    const std::vector<std::string> none;
    for (const std::string& to : arguments_.to) {
      const Result<HostPort> where = ParseHostPort(to);
      if (!where) return Fail(where.error());
      const Result<std::vector<SocketAddress>> all = machine_.resolve(*where);
      if (!all) return Fail(all.error());
      const Result<SocketAddress> one =
          ChooseAddress(*all, to, view_.wish ? view_.wish->sources : none);
      if (!one) return Fail(one.error());
      // Two names of one target have its ports once.
      if (std::ranges::find(destinations_, *one) == destinations_.end())
        destinations_.push_back(*one);
    }
    if (view_.wish) view_.wish->destinations = destinations_;
    return {};
  }

  /// It is over every key there is, which takes as long as all the rest.
  [[nodiscard]] bool ShowsHash() const {
    return session_.json() || session_.style().detail == Detail::kVerbose;
  }

  void Look() {
    const TunablesWanted tunables = ShowsHash() ? TunablesWanted::kAll : TunablesWanted::kForChecks;
    if (session_.offline()) {
      facts_ = machine_.facts_of_tree(session_.root(), tunables);
      return;
    }
    Progress progress(session_);
    if (arguments_.window.count() > 0)
      progress.Announce(Format("counting for {}", FormatDuration(arguments_.window)));
    facts_ = machine_.capture_facts(
        {.tunables = tunables,
         .destination = Farthest(destinations_),
         .sources = view_.wish ? view_.wish->sources : std::vector<std::string>(),
         .window = arguments_.window});
    view_.stopped = machine_.terminal.StopWanted();
    view_.window_seconds = facts_.counters ? facts_.counters->seconds : 0;
  }

  /// What only the walls of a load need.
  void Measure() {
    if (!view_.wish) return;
    const bool rate = view_.wish->rate > 0;
    if (session_.offline()) {
      if (rate) view_.calibration_missing = kNothingRuns;
      return;
    }
    if (view_.wish->side == LoadSide::kClient) LookAtPorts();
    if (rate && arguments_.calibrate && !view_.stopped) Calibrate();
  }

  void LookAtPorts() {
    const Result<std::unique_ptr<SocketSource>> sockets = machine_.sockets();
    if (!sockets) return;
    const auto use = ReadPortUse(
        **sockets, {view_.wish->destinations, view_.wish->sources,
                    view_.wish->bind_takes_port ? PortChooser::kBind : PortChooser::kConnect});
    if (use) ports_ = *use;
  }

  void Calibrate() {
    Progress progress(session_);
    progress.Announce("measuring the processor for 1 s");
    const Result<Calibration> calibration = machine_.calibrate(kCalibration);
    view_.stopped = machine_.terminal.StopWanted();
    if (calibration) {
      view_.calibration = *calibration;
    } else {
      view_.calibration_missing = calibration.error().message;
    }
  }

  void Judge() {
    std::vector<CheckResult> checks = RunChecks(facts_, WishOf(facts_, arguments_, destinations_));
    std::vector<Wall> walls;
    if (view_.wish) walls = FindWalls(*view_.wish, facts_, ports_, view_.calibration);
    if (!view_.calibration_missing.empty())
      walls.push_back(UnknownWall("cpu", "processor", view_.calibration_missing));
    view_.verdict = JudgeHost(std::move(checks), std::move(walls), view_.wish);
    view_.profile = ReadyProfile(view_.verdict, facts_);
    view_.host_keys = HostKeys(view_.verdict, facts_);
    if (ShowsHash()) view_.host_hash = HashOf(SnapshotOf(facts_));
  }

  Answer Report() {
    Answer answer;
    answer.status = view_.stopped                                  ? ExitStatus::kInterrupted
                    : view_.verdict.readiness == Readiness::kReady ? ExitStatus::kDone
                                                                   : ExitStatus::kFinding;
    if (session_.json()) {
      answer.text = CheckJson(view_);
    } else if (arguments_.fix) {
      NoteVerdict();
      answer.text = view_.profile;
    } else {
      answer.text = CheckText(view_, session_.target(), session_.style());
    }
    return answer;
  }

  /// With --fix the profile has standard output for itself.
  void NoteVerdict() {
    session_.Note(Format("{}  {}\n", VerdictWord(view_.verdict.readiness),
                         Printable(view_.verdict.sentence)));
    if (!view_.host_keys.empty())
      session_.Note(Format("only the host's own network namespace can set {}\n",
                           Join(view_.host_keys, ", ")));
    if (view_.profile.empty()) session_.Note("no setting would mend it: there is no profile\n");
  }

  Session& session_;
  Machine& machine_;
  const CheckArguments& arguments_;
  CheckView view_;
  std::vector<SocketAddress> destinations_;
  HostFacts facts_;
  std::optional<PortUse> ports_;
};

}  // namespace

Answer Run(Session& session, const CheckArguments& arguments) {
  return CheckRunner(session, arguments).Go();
}

}  // namespace tunewire
