// Which sockets a fix would touch.
#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <tuple>

#include "base/format.h"
#include "sockets/fix_pace.h"
#include "sockets/fix_touch.h"

namespace tunewire {
namespace {

/// One socket and the processes that hold it: a fork shares it, so that it is touched once.
struct Candidate {
  SocketInfo socket;
  std::vector<std::pair<Process, HeldSocket>> holders;
};

Error Nothing(std::string code, std::string message) {
  return {.kind = ErrorKind::kNotFound, .code = std::move(code), .message = std::move(message)};
}

Error NoSelection() {
  return {.kind = ErrorKind::kUsage,
          .code = "no_selection",
          .message = "--fix touches only what is named",
          .hint = "--pid, --command, --unit or --port says whose sockets are meant"};
}

Error NotInherited() {
  return {.kind = ErrorKind::kUsage,
          .code = "not_inherited",
          .message = "this kernel has nothing that connections could inherit for quick ACKs",
          .hint =
              "TCP_DELACK_MAX_US came with Linux 6.15; without --listener the connections that "
              "there are can be held quick for a time"};
}

Error MayNotLook(int pid, const std::string& command) {
  return {
      .kind = ErrorKind::kNotPermitted,
      .code = "not_permitted",
      .message = Format("the descriptors of process {} ({}) are closed to this user", pid, command),
      .operation = "readlink",
      .os_error = EACCES,
      .subject = Format("process {}", pid),
      .hint =
          "a socket of another program needs a debugger's rights over it: run it as root, "
          "or with CAP_SYS_PTRACE"};
}

Error OthersHold(std::size_t sockets) {
  return {.kind = ErrorKind::kNotPermitted,
          .code = "not_permitted",
          .message = Format("{} of these sockets belong to processes whose descriptors are closed "
                            "to this user",
                            sockets),
          .operation = "readlink",
          .os_error = EACCES,
          .hint = "run it as root, or with CAP_SYS_PTRACE"};
}

bool Matches(const FixSelection& selection, const Process& process) {
  if (!selection.pids.empty() &&
      std::ranges::find(selection.pids, process.id.pid) == selection.pids.end())
    return false;
  if (!selection.command.empty() && process.command != selection.command &&
      process.executable != selection.command)
    return false;
  return selection.unit.empty() || process.unit == selection.unit;
}

bool MeansProcesses(const FixSelection& selection) {
  return !selection.pids.empty() || !selection.command.empty() || !selection.unit.empty();
}

class Planner {
 public:
  Planner(FixHost& host, const FixWish& wish) : host_(host), wish_(wish) {
    plan_.kind = wish.kind;
    plan_.listeners = wish.listeners;
  }

  Result<FixPlan> Plan() {
    if (wish_.selection.Empty()) return Fail(NoSelection());
    Status step = ChooseProcesses();
    if (step) step = FindHolders();
    if (step) step = FindSockets();
    if (step) step = LookAtAll();
    if (step) FindPushes();
    if (step) step = SomethingFound();
    if (!step) return Fail(step.error());
    return std::move(plan_);
  }

 private:
  Status ChooseProcesses() {
    const Result<std::vector<Process>> all = host_.processes();
    if (!all) return Fail(all.error());
    for (const Process& process : *all) {
      if (Matches(wish_.selection, process)) processes_[process.id.pid] = process;
    }
    for (const int pid : wish_.selection.pids) {
      const bool there = std::ranges::any_of(
          *all, [pid](const Process& process) { return process.id.pid == pid; });
      if (!there) return Fail(Nothing("no_such_process", Format("there is no process {}", pid)));
    }
    if (processes_.empty())
      return Fail(Nothing("no_such_process", "no running process is what was named"));
    return {};
  }

  Status FindHolders() {
    if (!MeansProcesses(wish_.selection)) return TakeHolders({});
    for (const auto& [pid, process] : processes_) {
      if (Status taken = TakeHolders({&pid, 1}); !taken) return taken;
    }
    return {};
  }

  /// One process, or with none every one.
  Status TakeHolders(std::span<const int> pids) {
    const Result<HeldSockets> held = host_.held(pids);
    if (!held) return Fail(held.error());
    for (const HeldSocket& one : held->held) {
      const auto process = processes_.find(one.pid);
      if (process != processes_.end()) holders_[one.inode].emplace_back(process->second, one);
    }
    if (pids.empty()) unreadable_ = held->unreadable;
    if (!pids.empty() && held->unreadable > 0)
      Refused(MayNotLook(pids.front(), processes_[pids.front()].command));
    return {};
  }

  Status FindSockets() {
    SocketFilter filter;
    filter.states = 1U << static_cast<unsigned>(TcpState::kEstablished);
    if (wish_.listeners == WithListeners::kYes) filter.states |= kListenOnly;
    filter.port = wish_.selection.port;
    const Result<SocketDump> dump =
        host_.sockets.Dump(filter, [this](std::span<const std::byte> raw) { Take(raw); });
    if (!dump) return Fail(dump.error());
    plan_.sockets_seen = dump->seen;
    plan_.partial = dump->partial;
    if (unheld_ > 0 && unreadable_ > 0) Refused(OthersHold(unheld_));
    std::ranges::stable_sort(candidates_, {}, [](const Candidate& candidate) {
      return std::tuple(candidate.holders.front().first.id.pid,
                        candidate.socket.state != TcpState::kListen, candidate.socket.local,
                        candidate.socket.remote);
    });
    return {};
  }

  void Take(std::span<const std::byte> raw) {
    std::optional<SocketInfo> socket = DecodeSocket(raw);
    if (!socket || socket->inode == 0 || !Wanted(*socket)) return;
    const auto holders = holders_.find(socket->inode);
    if (holders == holders_.end()) {
      ++unheld_;
    } else if (seen_.insert(socket->cookie).second) {
      candidates_.push_back({std::move(*socket), holders->second});
    }
  }

  [[nodiscard]] bool Wanted(const SocketInfo& socket) const {
    const bool listens = socket.state == TcpState::kListen;
    if (listens ? wish_.listeners == WithListeners::kNo : socket.state != TcpState::kEstablished)
      return false;
    const std::optional<std::uint16_t> port = wish_.selection.port;
    return !port || socket.local.port == *port || (!listens && socket.remote.port == *port);
  }

  Status LookAtAll() {
    for (const Candidate& candidate : candidates_) {
      const Status looked = LookAt(candidate);
      if (looked) continue;
      const ErrorKind kind = looked.error().kind;
      if (kind == ErrorKind::kNotPermitted) {
        Refused(looked.error());
      } else if (kind != ErrorKind::kNotFound) {
        return looked;
      }
    }
    return {};
  }

  /// Through the first holder that lends it.
  Status LookAt(const Candidate& candidate) {
    Error refused = Nothing("no_such_socket", "gone");
    for (const auto& [process, held] : candidate.holders) {
      const Result<std::unique_ptr<ForeignSocket>> socket =
          BorrowSame(host_, process.id, held, candidate.socket.cookie);
      if (!socket) {
        if (socket.error().kind != ErrorKind::kNotFound) refused = socket.error();
        continue;
      }
      FixTarget target{.process = process,
                       .held = held,
                       .socket = candidate.socket,
                       .listener = candidate.socket.state == TcpState::kListen};
      return Decide(**socket, std::move(target));
    }
    return Fail(std::move(refused));
  }

  Status Decide(ForeignSocket& socket, FixTarget target) {
    switch (wish_.kind) {
      case FixKind::kNodelay:
        return Offer(socket, std::move(target), SocketSwitch::kNodelay, 1);
      case FixKind::kUncork:
        return Offer(socket, std::move(target), SocketSwitch::kCork, 0);
      case FixKind::kQuickAck:
        return DecideQuickAck(socket, std::move(target));
    }
    return {};
  }

  Status Offer(ForeignSocket& socket, FixTarget target, SocketSwitch which, std::uint32_t wanted) {
    const Result<std::uint32_t> now = socket.Get(which);
    if (!now) return Fail(now.error());
    target.which = which;
    target.before = *now;
    target.wanted = wanted;
    (*now == wanted ? as_wanted_ : plan_.targets).push_back(std::move(target));
    return {};
  }

  Status DecideQuickAck(ForeignSocket& socket, FixTarget target) {
    const std::uint32_t least = 2'000'000U / static_cast<std::uint32_t>(std::max(host_.hz, 1));
    const Result<std::uint32_t> most = socket.Get(SocketSwitch::kDelackMax);
    if (most) {
      target.which = SocketSwitch::kDelackMax;
      target.before = *most;
      target.wanted = least;
      (*most <= least ? as_wanted_ : plan_.targets).push_back(std::move(target));
      return {};
    }
    if (most.error().kind != ErrorKind::kUnsupported) return Fail(most.error());
    if (target.listener) return Fail(NotInherited());
    const Result<std::uint32_t> now = socket.Get(SocketSwitch::kQuickAck);
    if (!now) return Fail(now.error());
    target.which = SocketSwitch::kQuickAck;
    target.before = *now;
    target.wanted = 1;
    target.lasting = Lasting::kFades;
    plan_.targets.push_back(std::move(target));
    return {};
  }

  /// MSG_MORE is an order of one write(2), not an option: only what it holds can be seen, and
  /// clearing TCP_CORK pushes that too.
  void FindPushes() {
    std::size_t pushes = 0;
    if (wish_.kind == FixKind::kUncork && !as_wanted_.empty()) {
      constexpr std::chrono::milliseconds kGlance(300);
      PaceMeter meter(host_, wish_.kind, as_wanted_, FixTiming());
      const PaceReading reading = meter.Measure(kGlance, 1, {});
      for (std::size_t i = 0; i < as_wanted_.size(); ++i) {
        const std::optional<SocketPace>& pace = reading.sockets[i];
        if (!pace || pace->held_share <= 0) continue;
        as_wanted_[i].lasting = Lasting::kFades;
        plan_.targets.push_back(as_wanted_[i]);
        ++pushes;
      }
    }
    plan_.already = as_wanted_.size() - pushes;
  }

  [[nodiscard]] Status SomethingFound() const {
    if (!plan_.targets.empty() || plan_.already > 0) return {};
    if (!plan_.refused.empty()) return Fail(plan_.refused.front());
    Error error = Nothing("no_such_socket", wish_.listeners == WithListeners::kYes
                                                ? "no established connection or listening socket "
                                                  "is what was named"
                                                : "no established connection is what was named");
    error.hint = "tunewire sockets shows what there is";
    return Fail(std::move(error));
  }

  /// One a process.
  void Refused(Error error) {
    const bool known = std::ranges::any_of(
        plan_.refused, [&error](const Error& other) { return other.subject == error.subject; });
    if (!known) plan_.refused.push_back(std::move(error));
  }

  FixHost& host_;
  const FixWish& wish_;
  FixPlan plan_;
  std::map<int, Process> processes_;
  std::map<std::uint64_t, std::vector<std::pair<Process, HeldSocket>>> holders_;
  std::vector<Candidate> candidates_;
  std::set<std::uint64_t> seen_;
  std::vector<FixTarget> as_wanted_;
  std::size_t unheld_ = 0, unreadable_ = 0;
};

}  // namespace

Result<FixPlan> PlanFix(FixHost& host, const FixWish& wish) { return Planner(host, wish).Plan(); }

}  // namespace tunewire
