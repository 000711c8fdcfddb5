// tunewire sockets: looks at live connections for a while, judges, and says who holds them back.
#include <algorithm>
#include <set>

#include "base/format.h"
#include "cli/commands.h"
#include "cli/look_log.h"
#include "cli/progress.h"
#include "cli/recording_file.h"
#include "cli/sockets_fix.h"
#include "cli/sockets_replay.h"
#include "cli/sockets_selection.h"
#include "cli/sockets_watch.h"
#include "report/sockets_words.h"
#include "sockets/network_settings.h"
#include "tunewire/base/text.h"
#include "tunewire/sockets/watch.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kJudging(3000);
/// Queues and overflows want no joining of looks: rates of a second do.
constexpr milliseconds kListing(1000);

milliseconds TimeOf(const SocketsArguments& arguments) {
  return arguments.time.value_or(arguments.listeners ? kListing : kJudging);
}

Error OthersSockets(const std::string& whose) {
  Error error;
  error.kind = ErrorKind::kNotPermitted;
  error.code = "not_permitted";
  error.message = Format("which sockets {} holds is not shown to this user", whose);
  error.subject = "/proc/PID/fd";
  error.hint =
      "CAP_SYS_PTRACE shows them, which root has; --port and --peer choose connections without "
      "their process";
  return error;
}

/// One stretch of looking, from the choice of processes to the findings.
class Looker {
 public:
  Looker(Session& session, const SocketsArguments& arguments)
      : session_(session), arguments_(arguments) {}

  Status Prepare() {
    const Result<const HostInfo*> info = session_.Info();
    if (!info) return Fail(info.error());
    kernel_ = (*info)->kernel_release;
    const Result<SysctlTree*> tree = session_.Tree();
    if (!tree) return Fail(tree.error());
    tree_ = *tree;
    Result<std::unique_ptr<SocketSource>> sockets = session_.machine().sockets();
    if (!sockets) return Fail(sockets.error());
    sockets_ = *std::move(sockets);
    processes_ = session_.machine().processes();
    if (arguments_.options) foreign_ = session_.machine().foreign_sockets();
    return Choose();
  }

  /// Looks for `time`. Errors: of the first look, of writing the recording.
  Result<SocketsView> Look(milliseconds time, bool with_progress) {
    refused_.clear();
    options_error_.reset();
    stopped_ = false;
    std::optional<Progress> progress;
    if (with_progress) progress.emplace(session_);
    Result<SocketsView> view = Looking(time, progress ? &*progress : nullptr);
    if (progress) progress->Erase();
    return view;
  }

 private:
  Status Choose() {
    if (!ChoosesProcesses(arguments_)) return {};
    const Result<std::vector<Process>> running = processes_->Processes();
    if (!running) return Fail(running.error());
    Result<std::vector<Process>> chosen = ChooseProcesses(arguments_, *running);
    if (!chosen) return Fail(chosen.error());
    chosen_ = *std::move(chosen);
    return CheckVisible();
  }

  /// Without a view of a single chosen process there is nothing to look at.
  Status CheckVisible() {
    if (chosen_.empty()) return {};
    const Result<HeldSockets> held = session_.machine().held_sockets(PidsOf(chosen_));
    if (!held) return Fail(held.error());
    if (held->unreadable < chosen_.size()) return {};
    return Fail(OthersSockets(SelectionWords(arguments_, chosen_)));
  }

  WatchHost Host(milliseconds time, Progress* progress) {
    Machine& machine = session_.machine();
    const nanoseconds begin = machine.clock.SinceBoot();
    WatchHost host{
        .sockets = *sockets_,
        .clock = machine.clock,
        .counters = machine.net_counters,
        .ack_states = machine.ack_states,
        .held = machine.held_sockets,
        .processes = [this] { return processes_->Processes(); },
        .settings =
            [this] { return ReadNetworkSettings(*tree_, session_.machine().ticks_per_second()); },
        .pause = [this, begin, time,
                  progress](nanoseconds pause) { return Pause(begin, time, pause, progress); },
        .options = {},
        .cpu = [&machine] { return nanoseconds(machine.own_cpu_ns()); }};
    if (foreign_)
      host.options = [this](const Process& process, const HeldSocket& held) {
        return OptionsOf(process, held);
      };
    return host;
  }

  bool Pause(nanoseconds begin, milliseconds time, nanoseconds pause, Progress* progress) {
    Machine& machine = session_.machine();
    if (progress != nullptr) {
      const nanoseconds passed = machine.clock.SinceBoot() - begin;
      progress->Show(Format("looking: {} of {}", ShownSpan(passed.count()),
                            ShownSpan(nanoseconds(time).count())));
    }
    machine.terminal.Pause(std::max(std::chrono::ceil<milliseconds>(pause), milliseconds(1)));
    stopped_ = stopped_ || machine.terminal.StopWanted();
    return stopped_;
  }

  Result<SocketOptions> OptionsOf(const Process& process, const HeldSocket& held) {
    const Result<std::unique_ptr<ForeignSocket>> socket =
        foreign_->Borrow(process.id, held.descriptor, held.inode);
    if (socket) {
      // Another process that holds it too was not open to this user.
      refused_.erase(held.inode);
      return (*socket)->Options();
    }
    // A socket that has gone meanwhile is nothing that was missed.
    if (socket.error().kind != ErrorKind::kNotFound) {
      refused_.insert(held.inode);
      if (!options_error_) options_error_ = socket.error();
    }
    return Fail(socket.error());
  }

  Result<SocketsView> Looking(milliseconds time, Progress* progress) {
    WatchWish wish;
    wish.selection = {PidsOf(chosen_), FilterFrom(arguments_)};
    wish.time = time;
    EvidenceBuilder builder(wish.selection);
    LookLog log;
    RecordingFile file(session_, arguments_.record);
    RecordingWriter writer([&file](std::string_view bytes) { return file.Write(bytes); });
    std::vector<LookSink*> sinks{&builder, &log};
    if (!arguments_.record.empty()) {
      if (const Status opened = file.Open(); !opened) return Fail(opened.error());
      sinks.push_back(&writer);
    }
    WatchHost host = Host(time, progress);
    const Result<SocketSurroundings> around = WatchSockets(host, wish, sinks);
    if (!around) return Fail(around.error());
    if (!arguments_.record.empty()) {
      Status written = writer.Finish(*around, kernel_);
      if (written) written = file.Finish();
      if (!written) return Fail(written.error());
    }
    SocketsView view = Judged(arguments_, wish.selection.pids, builder.Finish(*around), *around);
    view.selection = SelectionWords(arguments_, chosen_);
    view.looks = log.looks();
    view.options_refused = refused_.size();
    view.options_error = options_error_;
    view.stopped = stopped_;
    view.wanted = time;
    view.recorded = arguments_.record;
    return view;
  }

  Session& session_;
  const SocketsArguments& arguments_;
  std::string kernel_;
  const SysctlTree* tree_ = nullptr;
  std::unique_ptr<SocketSource> sockets_;
  std::unique_ptr<ProcessTable> processes_;
  std::unique_ptr<ForeignSockets> foreign_;
  std::vector<Process> chosen_;
  std::set<std::uint64_t> refused_;  ///< sockets whose options nobody would show
  std::optional<Error> options_error_;
  bool stopped_ = false;
};

void WatchForStop(Session& session) {
  session.machine().terminal.WatchForStop("stopped\n", static_cast<int>(ExitStatus::kInterrupted));
}

Answer LookOnce(Session& session, const SocketsArguments& arguments) {
  Looker looker(session, arguments);
  if (const Status ready = looker.Prepare(); !ready) return session.Refuse(ready.error());
  WatchForStop(session);
  const Result<SocketsView> view = looker.Look(TimeOf(arguments), true);
  if (!view) return session.Refuse(view.error());
  return AnswerFrom(session, *view);
}

Answer LookAgainAndAgain(Session& session, const SocketsArguments& arguments) {
  if (const std::optional<Error> unfit = UnfitForWatching(session)) return session.Refuse(*unfit);
  Looker looker(session, arguments);
  if (const Status ready = looker.Prepare(); !ready) return session.Refuse(ready.error());
  WatchForStop(session);
  return Watched(session,
                 [&]() { return looker.Look(arguments.time.value_or(milliseconds(2000)), false); });
}

}  // namespace

Answer Run(Session& session, const SocketsArguments& arguments) {
  if (arguments.fix || arguments.undo) return RunSocketsFix(session, arguments);
  if (!arguments.replay.empty()) return Replayed(session, arguments);
  if (arguments.watch) return LookAgainAndAgain(session, arguments);
  return LookOnce(session, arguments);
}

}  // namespace tunewire
