#include "sockets/fix_touch.h"

#include <algorithm>

#include "base/format.h"

namespace tunewire {
namespace {

// More than ten ticks of the slowest kernel are no quick answer any more.
constexpr std::uint32_t kMostDelackUs = 100'000;

Error Replaced(const HeldSocket& held) {
  return {.kind = ErrorKind::kNotFound,
          .code = "no_such_socket",
          .message = Format("descriptor {} of process {} is another socket now", held.descriptor,
                            held.pid),
          .subject = Format("process {}", held.pid)};
}

Error NotStored(const FixTarget& target, std::uint32_t value) {
  return {.kind = ErrorKind::kConflict,
          .code = "not_stored",
          .message = Format("the option of {} reads back as {} after {} was set",
                            target.socket.local.Text(), value, target.wanted),
          .operation = "getsockopt",
          .subject = Format("process {}", target.held.pid)};
}

/// The kernel's least value is two of its ticks; whoever cannot know the tick finds it this way.
Status SetLeastDelack(ForeignSocket& socket, std::uint32_t wanted) {
  Status set = socket.Set(SocketSwitch::kDelackMax, wanted);
  while (!set && set.error().code == "invalid_option" && wanted <= kMostDelackUs / 2) {
    wanted *= 2;
    set = socket.Set(SocketSwitch::kDelackMax, wanted);
  }
  return set;
}

Status SetIt(ForeignSocket& socket, const FixTarget& target) {
  if (target.which != SocketSwitch::kDelackMax) return socket.Set(target.which, target.wanted);
  Status set = SetLeastDelack(socket, target.wanted);
  // An ACK that is being delayed at this moment goes out at once.
  if (set && !target.listener) (void)socket.Set(SocketSwitch::kQuickAck, 1);
  return set;
}

bool HasGone(const Error& error) { return error.kind == ErrorKind::kNotFound; }

PutBack Failed(const FixRecord::Entry& entry, Error error) {
  return {entry, PutBack::Outcome::kFailed, 0, std::move(error)};
}

PutBack Restore(ForeignSocket& socket, const FixRecord::Entry& entry) {
  if (const Status set = socket.Set(entry.which, entry.before); !set)
    return Failed(entry, set.error());
  const Result<std::uint32_t> now = socket.Get(entry.which);
  if (!now) return Failed(entry, now.error());
  // The kernel moves in and out of ping-pong mode as it likes.
  if (*now == entry.before || entry.which == SocketSwitch::kQuickAck)
    return {entry, PutBack::Outcome::kRestored, 0, std::nullopt};
  return Failed(entry, {.kind = ErrorKind::kConflict,
                        .code = "not_stored",
                        .message = Format("the option of {} reads back as {} after {} was put back",
                                          entry.local, *now, entry.before),
                        .operation = "getsockopt",
                        .subject = Format("process {}", entry.process.pid)});
}

}  // namespace

Result<std::unique_ptr<ForeignSocket>> BorrowSame(FixHost& host, const ProcessId& process,
                                                  const HeldSocket& held, std::uint64_t cookie) {
  Result<std::unique_ptr<ForeignSocket>> socket =
      host.foreign.Borrow(process, held.descriptor, held.inode);
  if (socket && (*socket)->cookie() != cookie) return Fail(Replaced(held));
  return socket;
}

bool AsWanted(const FixTarget& target, std::uint32_t value) {
  if (target.which == SocketSwitch::kQuickAck) return true;
  if (target.which == SocketSwitch::kDelackMax) return value < target.before;
  return value == target.wanted;
}

Result<std::uint32_t> SetTarget(FixHost& host, const FixTarget& target) {
  const Result<std::unique_ptr<ForeignSocket>> socket =
      BorrowSame(host, target.process.id, target.held, target.socket.cookie);
  if (!socket) return Fail(socket.error());
  if (const Status set = SetIt(**socket, target); !set) return Fail(set.error());
  Result<std::uint32_t> value = (*socket)->Get(target.which);
  if (value && !AsWanted(target, *value)) return Fail(NotStored(target, *value));
  return value;
}

void SetAgain(FixHost& host, const FixTarget& target) {
  const Result<std::unique_ptr<ForeignSocket>> socket =
      BorrowSame(host, target.process.id, target.held, target.socket.cookie);
  if (socket) (void)(*socket)->Set(target.which, target.wanted);
}

FixRecord::Entry EntryOf(const FixTarget& target) {
  return {.process = target.process.id,
          .command = target.process.command,
          .unit = target.process.unit,
          .descriptor = target.held.descriptor,
          .inode = target.held.inode,
          .cookie = target.socket.cookie,
          .local = target.socket.local.Text(),
          .remote = target.listener ? "" : target.socket.remote.Text(),
          .listener = target.listener,
          .which = target.which,
          .before = target.before,
          .wanted = target.wanted};
}

void PuttingBack::LookForHolders() {
  if (looked_) return;
  looked_ = true;
  if (const Result<std::vector<Process>> processes = host_.processes()) {
    for (const Process& process : *processes) processes_[process.id.pid] = process.id;
  }
  if (Result<HeldSockets> held = host_.held({})) held_ = std::move(held->held);
}

Result<std::unique_ptr<ForeignSocket>> PuttingBack::Find(const FixRecord::Entry& entry) {
  const HeldSocket recorded{entry.inode, entry.process.pid, entry.descriptor};
  Result<std::unique_ptr<ForeignSocket>> socket =
      BorrowSame(host_, entry.process, recorded, entry.cookie);
  if (socket || !HasGone(socket.error())) return socket;
  LookForHolders();
  for (const HeldSocket& held : held_) {
    const auto process = processes_.find(held.pid);
    if (held.inode != entry.inode || process == processes_.end()) continue;
    Result<std::unique_ptr<ForeignSocket>> other =
        BorrowSame(host_, process->second, held, entry.cookie);
    if (other || !HasGone(other.error())) return other;
  }
  return socket;
}

PutBack PuttingBack::Do(const FixRecord::Entry& entry) {
  const Result<std::unique_ptr<ForeignSocket>> socket = Find(entry);
  if (!socket && HasGone(socket.error())) return {entry, PutBack::Outcome::kGone, 0, std::nullopt};
  if (!socket) return Failed(entry, socket.error());
  const Result<std::uint32_t> now = (*socket)->Get(entry.which);
  if (!now) return Failed(entry, now.error());
  if (*now == entry.before) return {entry, PutBack::Outcome::kAlready, *now, std::nullopt};
  if (*now != entry.wanted) return {entry, PutBack::Outcome::kForeign, *now, std::nullopt};
  return Restore(**socket, entry);
}

}  // namespace tunewire
