#include "tunewire/host/port_use.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>
#include <utility>

#include "base/format.h"
#include "host/decode_ports.h"
#include "host/socket_address.h"
#include "host/socket_end.h"
#include "host/thread_network.h"

namespace tunewire {
namespace {

constexpr std::size_t kPorts = 65536;

SocketEnd EndOf(const SocketAddress& address) {
  SocketEnd end;
  end.port = address.port();
  end.v6 = FamilyOf(address) == AF_INET6;
  // IPv4 and IPv6 addresses stand at different places in their structures.
  const std::size_t from =
      end.v6 ? offsetof(sockaddr_in6, sin6_addr) : offsetof(sockaddr_in, sin_addr);
  const std::size_t size = end.v6 ? sizeof(in6_addr) : sizeof(in_addr);
  std::memcpy(end.address.data(), address.bytes.data() + from, size);
  return end;
}

/// The source that the kernel chooses, which connect(2) of a datagram socket tells without sending
/// anything; empty where there is none.
std::string SourceTowards(const SocketAddress& destination) {
  const UniqueFd fd(::socket(FamilyOf(destination), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), Generic(destination), destination.length) != 0) return "";
  const auto source = LocalAddressOf(fd.get());
  return source ? EndOf(*source).Host() : "";
}

Result<ChoosablePorts> ReadChoosablePorts() {
  constexpr const char* kRange = "ipv4/ip_local_port_range";
  constexpr const char* kReserved = "ipv4/ip_local_reserved_ports";
  const auto range = DecodePortRange(ThreadSysctl(kRange).value_or(""));
  const auto reserved = range ? DecodePortList(ThreadSysctl(kReserved).value_or("")) : std::nullopt;
  if (reserved) {
    ChoosablePorts ports(kPorts);
    std::fill(ports.begin() + range->first, ports.begin() + range->last + 1, true);
    for (const PortRange& one : *reserved) {
      std::fill(ports.begin() + one.first, ports.begin() + one.last + 1, false);
    }
    return ports;
  }
  Error error;
  error.kind = ErrorKind::kUnsupported;
  error.code = "no_port_facts";
  error.subject = Format("/proc/sys/net/{}", range ? kReserved : kRange);
  error.message = Format("{} does not say which source ports there are", error.subject);
  return Fail(std::move(error));
}

}  // namespace

PortCount::PortCount(ChoosablePorts choosable, std::vector<std::string> sources)
    : choosable_(std::move(choosable)), sources_(std::move(sources)), bound_(kPorts) {}

bool PortCount::Counts(std::uint16_t port) const {
  return port < choosable_.size() && choosable_[port];
}

void PortCount::TakeConnection(const SocketInfo& socket) {
  if (!Counts(socket.local.port)) return;
  const bool wanted =
      sources_.empty() || std::ranges::find(sources_, socket.local.Host()) != sources_.end();
  if (!wanted) return;
  taken_.push_back(
      {Unmapped(socket.local), Unmapped(socket.remote), socket.state == TcpState::kTimeWait});
}

void PortCount::TakePortOf(SocketInfo socket) {
  socket.remote = {};
  TakeConnection(socket);
}

void PortCount::TakeBound(const SocketInfo& socket) {
  if (Counts(socket.local.port)) bound_[socket.local.port] = true;
}

std::vector<PortCount::Pair> PortCount::PairsOf(const std::vector<Taken>& taken) {
  std::map<std::pair<SocketEnd, SocketEnd>, Pair> pairs;
  for (const Taken& one : taken) {
    SocketEnd source = one.local;
    source.port = 0;
    Pair& pair = pairs[{source, one.remote}];
    ++pair.in_use;
    if (one.time_wait) ++pair.time_wait;
  }
  std::vector<Pair> found;
  for (const auto& [ends, pair] : pairs) found.push_back(pair);
  return found;
}

PortUse PortCount::Sum() const {
  PortUse use;
  use.bound = static_cast<std::uint32_t>(std::ranges::count(bound_, true));
  std::vector<Taken> taken = taken_;
  // A port that is bound is not had anyhow.
  std::erase_if(taken, [&](const Taken& one) { return bound_[one.local.port]; });
  const auto pair = [](const Taken& one) { return std::tie(one.local, one.remote); };
  std::sort(taken.begin(), taken.end(),
            [&](const Taken& a, const Taken& b) { return pair(a) < pair(b); });
  const auto same = [&](const Taken& a, const Taken& b) { return pair(a) == pair(b); };
  taken.erase(std::unique(taken.begin(), taken.end(), same), taken.end());
  use.in_use = static_cast<std::uint32_t>(taken.size());
  use.time_wait = static_cast<std::uint32_t>(std::ranges::count(taken, true, &Taken::time_wait));
  for (const Pair& one : PairsOf(taken)) {
    use.most_in_use = std::max(use.most_in_use, one.in_use);
    use.most_busy = std::max(use.most_busy, one.in_use - one.time_wait);
  }
  return use;
}

namespace {

Status TakeTowards(SocketSource& sockets, const PortQuestion& question,
                   const SocketAddress& destination, PortCount& count) {
  SocketFilter filter;
  filter.states = kConnections;
  filter.peer = EndOf(destination);
  const std::string chosen = question.sources.empty() ? SourceTowards(destination) : "";
  const auto dump = sockets.Dump(filter, [&](std::span<const std::byte> raw) {
    const auto socket = DecodeSocket(raw);
    if (!socket) return;
    if (chosen.empty() || socket->local.Host() == chosen) count.TakeConnection(*socket);
  });
  if (!dump) return Fail(dump.error());
  return {};
}

Status TakeAll(SocketSource& sockets, PortCount& count) {
  SocketFilter filter;
  filter.states = kConnections;
  const auto dump = sockets.Dump(filter, [&](std::span<const std::byte> raw) {
    if (auto socket = DecodeSocket(raw)) count.TakePortOf(std::move(*socket));
  });
  if (!dump) return Fail(dump.error());
  return {};
}

Status TakeConnections(SocketSource& sockets, const PortQuestion& question, PortCount& count) {
  if (question.chooser == PortChooser::kBind) return TakeAll(sockets, count);
  for (const SocketAddress& destination : question.destinations) {
    if (Status taken = TakeTowards(sockets, question, destination, count); !taken) return taken;
  }
  return {};
}

}  // namespace

Result<PortUse> ReadPortUse(SocketSource& sockets, const PortQuestion& question) {
  auto choosable = ReadChoosablePorts();
  if (!choosable) return Fail(std::move(choosable.error()));
  PortCount count(std::move(*choosable), question.sources);
  if (const Status taken = TakeConnections(sockets, question, count); !taken) {
    return Fail(taken.error());
  }
  SocketFilter held;
  held.states = kListenOnly | kBoundOnly;
  const auto dump = sockets.Dump(held, [&](std::span<const std::byte> raw) {
    if (const auto socket = DecodeSocket(raw)) count.TakeBound(*socket);
  });
  if (!dump) return Fail(dump.error());
  return count.Sum();
}

}  // namespace tunewire
