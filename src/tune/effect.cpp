#include "tunewire/tune/effect.h"

#include <algorithm>

#include "base/format.h"
#include "tunewire/base/text.h"
#include "tunewire/tune/limits.h"
#include "tunewire/tune/transaction.h"

namespace tunewire {
namespace {

std::optional<std::uint64_t> NumberOf(const std::string& text) {
  const auto number = ParseDecimal(text);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::string SocketName(const std::string& address, std::uint16_t port) {
  return address.find(':') == std::string::npos ? Format("{}:{}", address, port)
                                                : Format("[{}]:{}", address, port);
}

class Finder {
 public:
  Finder(const Plan& plan, const EffectFacts& facts, const Tx* in_force)
      : plan_(plan), facts_(facts), in_force_(in_force) {}

  std::vector<NotInEffect> Run() {
    LookAtBacklogs();
    LookAtCongestionControl();
    LookAtNofile();
    LookAtBuffers("net/core/rmem_max", true);
    LookAtBuffers("net/core/wmem_max", false);
    LookAtQdiscs();
    return std::move(found_);
  }

 private:
  using Kind = NotInEffect::Kind;

  const Change* ChangeOf(std::string_view path) const {
    for (const Change& change : plan_.changes)
      if (!change.released() && change.key.path() == path) return &change;
    return nullptr;
  }

  // The value that the profile leaves in /proc/sys: what new sockets get.
  static std::optional<std::uint64_t> ValueAfter(const Change* change) {
    if (change == nullptr || change->after.size() != 1) return std::nullopt;
    return NumberOf(change->after.front());
  }

  // The values that sockets of the time before may have been cut to.
  bool WasTheValue(const Change& change, std::uint64_t value) const {
    const std::string text = Format("{}", value);
    if (change.status == ChangeStatus::kSet && Trim(change.before_raw) == text) return true;
    if (in_force_ == nullptr) return false;
    return std::ranges::any_of(in_force_->items, [&](const TxItem& item) {
      return item.name == change.key.name() &&
             (Trim(item.before_raw) == text || Trim(item.original_raw) == text);
    });
  }

  const Process* OwnerOf(std::uint64_t inode) const {
    const auto owners = facts_.owners.by_inode.find(inode);
    if (owners == facts_.owners.by_inode.end() || owners->second.empty()) return nullptr;
    return ProcessOf(owners->second.front());
  }

  const Process* ProcessOf(const ProcessId& id) const {
    const auto process = std::ranges::find(facts_.processes, id, &Process::id);
    return process == facts_.processes.end() ? nullptr : &*process;
  }

  static std::string Restart(const Process* process) {
    if (process == nullptr) return "restart its program";
    if (process->unit.empty())
      return Format("restart {} (pid {})", Printable(process->command), process->id.pid);
    const bool user = !process->user_manager.empty();
    return Format("systemctl {}restart {}", user ? "--user " : "", Printable(process->unit));
  }

  void Add(Kind kind, std::string key, std::string want, std::string is, const Process* process,
           std::string socket, std::string action) {
    NotInEffect finding{.kind = kind, .key = std::move(key), .want = std::move(want)};
    finding.is = std::move(is);
    finding.socket = std::move(socket);
    finding.action = std::move(action);
    if (process != nullptr) {
      finding.pid = process->id.pid;
      finding.command = process->command;
      finding.unit = process->unit;
    }
    found_.push_back(std::move(finding));
  }

  // somaxconn is copied at listen(2) (net/socket.c): a listener keeps what it got.
  void LookAtBacklogs() {
    const Change* change = ChangeOf("net/core/somaxconn");
    const auto limit = ValueAfter(change);
    if (!limit) return;
    for (const Listener& listener : facts_.listeners) {
      if (listener.backlog >= *limit) continue;
      const Process* owner = OwnerOf(listener.inode);
      const bool cut = WasTheValue(*change, listener.backlog);
      Add(cut ? Kind::kStale : Kind::kOwnChoice, change->key.name(), Format("{}", *limit),
          Format("{}", listener.backlog), owner, SocketName(listener.address, listener.port),
          cut ? Restart(owner)
              : Format("raise the backlog in its own configuration, then {}", Restart(owner)));
    }
  }

  void LookAtCongestionControl() {
    const Change* change = ChangeOf("net/ipv4/tcp_congestion_control");
    if (change == nullptr || change->after.size() != 1) return;
    for (const Listener& listener : facts_.listeners) {
      if (listener.congestion_control.empty() ||
          listener.congestion_control == change->after.front())
        continue;
      const Process* owner = OwnerOf(listener.inode);
      const auto& is = listener.congestion_control;
      const bool stale = Trim(change->before_raw) == is || WasText(*change, is);
      Add(stale ? Kind::kStale : Kind::kOwnChoice, change->key.name(), change->after.front(), is,
          owner, SocketName(listener.address, listener.port), Restart(owner));
    }
  }

  bool WasText(const Change& change, std::string_view text) const {
    return in_force_ != nullptr && std::ranges::any_of(in_force_->items, [&](const TxItem& item) {
             return item.name == change.key.name() &&
                    (Trim(item.before_raw) == text || Trim(item.original_raw) == text);
           });
  }

  // What the profile asks for this very process: by its unit or name, or of everybody who logs in.
  const LimitSetting* NofileFor(const Process& process) const {
    const LimitSetting* general = nullptr;
    for (const LimitSetting& limit : plan_.limits) {
      if (limit.item != "nofile") continue;
      if (limit.target == LimitTarget::kLogins) {
        if (limit.subject == "*") general = &limit;
      } else if (limit.subject == process.unit || limit.subject == process.command ||
                 limit.subject == process.executable) {
        return &limit;
      }
    }
    return general;
  }

  void LookAtNofile() {
    for (const RunningNofile& running : facts_.nofile) {
      const Process* process = ProcessOf(running.id);
      const LimitSetting* limit = process == nullptr ? nullptr : NofileFor(*process);
      if (limit == nullptr || running.limits.soft >= limit->soft) continue;
      const bool named = limit->target != LimitTarget::kLogins;
      Add(named ? Kind::kStale : Kind::kOwnChoice, "nofile", LimitText(limit->soft),
          LimitText(running.limits.soft), process, FirstSocketOf(running.id),
          named || process->unit.empty()
              ? Restart(process)
              : Format("limits.conf does not reach services: LimitNOFILE={} in {}",
                       LimitText(limit->soft), Printable(process->unit)));
    }
  }

  std::string FirstSocketOf(const ProcessId& id) const {
    for (const Listener& listener : facts_.listeners) {
      const auto owners = facts_.owners.by_inode.find(listener.inode);
      if (owners != facts_.owners.by_inode.end() && std::ranges::count(owners->second, id) > 0)
        return SocketName(listener.address, listener.port);
    }
    return {};
  }

  // SO_RCVBUF and SO_SNDBUF are cut to the maximum of that time, silently; the kernel keeps twice
  // the amount (net/core/sock.c).
  void LookAtBuffers(std::string_view path, bool receive) {
    const Change* change = ChangeOf(path);
    const auto limit = ValueAfter(change);
    if (!limit) return;
    for (const LockedBuffer& buffer : facts_.buffers) {
      if (buffer.receive != receive || buffer.bytes / 2 >= *limit) continue;
      const Process* owner = ProcessOf(buffer.owner);
      const bool cut = WasTheValue(*change, buffer.bytes / 2);
      Add(cut ? Kind::kStale : Kind::kOwnChoice, change->key.name(), Format("{}", *limit),
          Format("{}", buffer.bytes / 2), owner, buffer.local,
          cut ? Restart(owner)
              : Format("{} sets {} itself and so turns autotuning off",
                       owner ? Printable(owner->command) : "it",
                       receive ? "SO_RCVBUF" : "SO_SNDBUF"));
    }
  }

  void LookAtQdiscs() {
    const Change* change = ChangeOf("net/core/default_qdisc");
    if (change == nullptr || change->after.size() != 1) return;
    for (const InterfaceQdisc& qdisc : facts_.qdiscs) {
      if (qdisc.qdisc == change->after.front()) continue;
      if (qdisc.virtual_device && qdisc.qdisc == "noqueue") continue;
      Add(WasText(*change, qdisc.qdisc) || Trim(change->before_raw) == qdisc.qdisc
              ? Kind::kStale
              : Kind::kOwnChoice,
          change->key.name(), change->after.front(), qdisc.qdisc, nullptr, qdisc.interface,
          Format("tc qdisc replace dev {} root {}", Printable(qdisc.interface),
                 change->after.front()));
    }
  }

  const Plan& plan_;
  const EffectFacts& facts_;
  const Tx* in_force_;
  std::vector<NotInEffect> found_;
};

}  // namespace

std::vector<NotInEffect> FindNotInEffect(const Plan& plan, const EffectFacts& facts,
                                         const Tx* in_force) {
  return Finder(plan, facts, in_force).Run();
}

}  // namespace tunewire
