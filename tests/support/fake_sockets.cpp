#include "support/fake_sockets.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/tcp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/format.h"

namespace tunewire {
namespace {

constexpr std::uint32_t kDefaultDelackUs = 200'000;

Error Refusal(ErrorKind kind, std::string code, int os_error) {
  Error error = SystemError("pidfd_getfd", "process", os_error);
  error.kind = kind;
  error.code = std::move(code);
  return error;
}

bool Quick(const FakeSocket& socket) {
  const auto option = socket.options.find(socket.helps);
  return option != socket.options.end() && option->second == socket.helping;
}

class LentSocket : public ForeignSocket {
 public:
  LentSocket(FakeSocketWorld& world, std::uint64_t cookie) : world_(world), cookie_(cookie) {}

  std::uint64_t cookie() const override { return cookie_; }

  SocketOptions Options() const override {
    SocketOptions options;
    if (const auto value = Get(SocketSwitch::kNodelay)) options.nodelay = *value != 0;
    if (const auto value = Get(SocketSwitch::kCork)) options.cork = *value != 0;
    if (const auto value = Get(SocketSwitch::kQuickAck)) options.quickack = *value != 0;
    if (const auto value = Get(SocketSwitch::kDelackMax)) options.delack_max_us = *value;
    return options;
  }

  Result<std::uint32_t> Get(SocketSwitch which) const override {
    if (which == SocketSwitch::kDelackMax && !world_.has_delack_max)
      return Fail(Refusal(ErrorKind::kUnsupported, "not_supported", ENOPROTOOPT));
    return world_.Find(cookie_)->options[which];
  }

  Status Set(SocketSwitch which, std::uint32_t value) override {
    FakeSocket& socket = *world_.Find(cookie_);
    if (which == SocketSwitch::kDelackMax && !world_.has_delack_max)
      return Fail(Refusal(ErrorKind::kUnsupported, "not_supported", ENOPROTOOPT));
    if (world_.on_set) {
      if (const std::optional<Error> error = world_.on_set(socket, which)) return Fail(*error);
    }
    world_.Run();
    world_.sets.emplace_back(cookie_, which);
    if (which == SocketSwitch::kDelackMax && value < world_.least_delack_us)
      return Fail(Refusal(ErrorKind::kInvalid, "invalid_option", EINVAL));
    if (which == SocketSwitch::kDelackMax)
      value = (value + world_.least_delack_us / 2 - 1) / (world_.least_delack_us / 2) *
              (world_.least_delack_us / 2);
    if (which == SocketSwitch::kCork && value == 0 && socket.more_held) {
      socket.more_held = false;
      ++socket.pushes;
    }
    socket.options[which] = value;
    return {};
  }

 private:
  FakeSocketWorld& world_;
  std::uint64_t cookie_;
};

void PutEnd(const SocketEnd& end, __be16& port, std::uint32_t (&address)[4]) {
  port = htons(end.port);
  std::memcpy(address, end.address.data(), end.v6 ? 16 : 4);
}

SocketEnd Loopback(std::uint16_t port) {
  SocketEnd end;
  end.address[0] = 127;
  end.address[3] = 1;
  end.port = port;
  return end;
}

}  // namespace

FakeSocketWorld::FakeSocketWorld(FakeClock& clock) : clock_(clock), ran_(clock.SinceBoot()) {}

FakeSocket& FakeSocketWorld::Add(int pid, int descriptor, std::uint16_t local_port,
                                 std::uint16_t remote_port) {
  auto socket = std::make_unique<FakeSocket>();
  socket->cookie = ++next_;
  socket->inode = next_ * 10;
  socket->local = Loopback(local_port);
  socket->remote = Loopback(remote_port);
  socket->options = {{SocketSwitch::kNodelay, 0},
                     {SocketSwitch::kCork, 0},
                     {SocketSwitch::kQuickAck, 0},
                     {SocketSwitch::kDelackMax, kDefaultDelackUs}};
  sockets_.push_back(std::move(socket));
  Share(pid, descriptor, *sockets_.back());
  return *sockets_.back();
}

FakeSocket& FakeSocketWorld::Listen(int pid, int descriptor, std::uint16_t port) {
  FakeSocket& socket = Add(pid, descriptor, port, 0);
  socket.listens = true;
  socket.remote = SocketEnd();
  return socket;
}

Process& FakeSocketWorld::AddProcess(int pid, const std::string& command) {
  Process process;
  process.id = {pid, static_cast<std::uint64_t>(pid) * 100};
  process.command = command;
  processes.push_back(process);
  return processes.back();
}

void FakeSocketWorld::Share(int pid, int descriptor, const FakeSocket& socket) {
  held.push_back({socket.inode, pid, descriptor});
  std::ranges::sort(held);
}

void FakeSocketWorld::Close(std::uint64_t cookie) {
  const FakeSocket* socket = Find(cookie);
  std::erase_if(held, [socket](const HeldSocket& one) { return one.inode == socket->inode; });
  std::erase_if(sockets_, [cookie](const auto& one) { return one->cookie == cookie; });
}

void FakeSocketWorld::End(int pid) {
  std::erase_if(held, [pid](const HeldSocket& one) { return one.pid == pid; });
  std::erase_if(processes, [pid](const Process& one) { return one.id.pid == pid; });
  std::erase_if(sockets_, [this](const auto& socket) {
    return std::ranges::none_of(
        held, [&socket](const HeldSocket& one) { return one.inode == socket->inode; });
  });
}

FakeSocket* FakeSocketWorld::Find(std::uint64_t cookie) {
  const auto found =
      std::ranges::find(sockets_, cookie, [](const auto& socket) { return socket->cookie; });
  return found == sockets_.end() ? nullptr : found->get();
}

FakeSocket* FakeSocketWorld::FindInode(std::uint64_t inode) {
  const auto found =
      std::ranges::find(sockets_, inode, [](const auto& socket) { return socket->inode; });
  return found == sockets_.end() ? nullptr : found->get();
}

Result<HeldSockets> FakeSocketWorld::Held(std::span<const int> pids) const {
  HeldSockets found;
  for (const HeldSocket& one : held) {
    const bool asked = pids.empty() || std::ranges::find(pids, one.pid) != pids.end();
    if (asked && !unreadable.contains(one.pid)) found.held.push_back(one);
  }
  for (const int pid : unreadable)
    if (pids.empty() || std::ranges::find(pids, pid) != pids.end()) ++found.unreadable;
  return found;
}

void FakeSocketWorld::Run() {
  const double seconds = std::chrono::duration<double>(clock_.SinceBoot() - ran_).count();
  ran_ = clock_.SinceBoot();
  for (const auto& socket : sockets_) {
    if (!socket->listens)
      socket->exchanges += seconds * (Quick(*socket) ? socket->quick_per_s : socket->slow_per_s);
  }
}

std::vector<std::byte> DiagBytes(const FakeSocket& socket) {
  const std::uint64_t done = static_cast<std::uint64_t>(socket.exchanges);
  const bool held = !socket.listens && (socket.more_held || !Quick(socket));
  inet_diag_msg head{};
  head.idiag_family = socket.local.v6 ? AF_INET6 : AF_INET;
  head.idiag_state =
      static_cast<std::uint8_t>(socket.listens ? TcpState::kListen : TcpState::kEstablished);
  PutEnd(socket.local, head.id.idiag_sport, head.id.idiag_src);
  PutEnd(socket.remote, head.id.idiag_dport, head.id.idiag_dst);
  head.id.idiag_cookie[0] = static_cast<std::uint32_t>(socket.cookie);
  head.id.idiag_cookie[1] = static_cast<std::uint32_t>(socket.cookie >> 32);
  head.idiag_inode = static_cast<std::uint32_t>(socket.inode);
  tcp_info info{};
  info.tcpi_state = head.idiag_state;
  info.tcpi_snd_mss = 1448;
  info.tcpi_snd_cwnd = 10;
  info.tcpi_snd_wnd = 65535;
  info.tcpi_data_segs_in = static_cast<std::uint32_t>(done);
  info.tcpi_data_segs_out = static_cast<std::uint32_t>(2 * done);
  info.tcpi_bytes_received = 50 * done;
  info.tcpi_bytes_acked = 200 * done;
  if (held) {
    info.tcpi_notsent_bytes = 100;
    info.tcpi_unacked = socket.helps == SocketSwitch::kNodelay && !socket.more_held ? 1 : 0;
    head.idiag_wqueue = 100 + 100 * info.tcpi_unacked;
  }
  nlattr attribute{};
  attribute.nla_type = INET_DIAG_INFO;
  attribute.nla_len = NLA_HDRLEN + sizeof info;
  std::vector<std::byte> bytes(sizeof head + NLA_HDRLEN + NLA_ALIGN(sizeof info));
  std::memcpy(bytes.data(), &head, sizeof head);
  std::memcpy(bytes.data() + sizeof head, &attribute, sizeof attribute);
  std::memcpy(bytes.data() + sizeof head + NLA_HDRLEN, &info, sizeof info);
  return bytes;
}

Result<SocketDump> FakeSource::Dump(const SocketFilter& filter, const TakeSocket& take) {
  world_.Run();
  SocketDump dump;
  for (const auto& socket : world_.sockets_) {
    const auto state = socket->listens ? TcpState::kListen : TcpState::kEstablished;
    if ((filter.states >> static_cast<unsigned>(state) & 1U) == 0) continue;
    if (filter.port && socket->local.port != *filter.port && socket->remote.port != *filter.port)
      continue;
    take(DiagBytes(*socket));
    ++dump.seen;
  }
  return dump;
}

Result<SocketDump> FakeSource::Ask(std::span<const SocketName> names, const TakeSocket& take) {
  if (on_ask) on_ask();
  world_.Run();
  SocketDump dump;
  for (const SocketName& name : names) {
    const FakeSocket* socket = world_.Find(name.cookie);
    if (socket == nullptr) continue;
    take(DiagBytes(*socket));
    ++dump.seen;
  }
  return dump;
}

Result<std::unique_ptr<ForeignSocket>> FakeForeignSockets::Borrow(const ProcessId& process,
                                                                  int descriptor,
                                                                  std::uint64_t inode) {
  if (!world_.lends) return Fail(Refusal(ErrorKind::kUnsupported, "not_supported", ENOSYS));
  const auto there = std::ranges::find(world_.processes, process, &Process::id);
  if (there == world_.processes.end())
    return Fail(Refusal(ErrorKind::kNotFound, "no_such_process", ESRCH));
  if (world_.closed_to_us.contains(process.pid)) {
    Error error = Refusal(ErrorKind::kNotPermitted, "not_permitted", EPERM);
    error.subject = Format("process {}", process.pid);
    return Fail(error);
  }
  const HeldSocket wanted{inode, process.pid, descriptor};
  if (std::ranges::find(world_.held, wanted) == world_.held.end())
    return Fail(Refusal(ErrorKind::kNotFound, "no_such_socket", EBADF));
  return std::make_unique<LentSocket>(world_, world_.FindInode(inode)->cookie);
}

}  // namespace tunewire
