#include "tunewire/host/source_ports.h"

#include <netinet/in.h>

#include <cstring>

#include "base/format.h"
#include "host/decode_ports.h"
#include "host/proc_folder.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// 127.0.0.0/8, ::1, and the first as an IPv6 address.
bool IsLoopback(const SocketAddress& address) {
  sa_family_t family = AF_UNSPEC;
  std::memcpy(&family, address.bytes.data(), sizeof family);
  if (family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address.bytes.data(), sizeof v4);
    return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, address.bytes.data(), sizeof v6);
  const in6_addr& host = v6.sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&host) || (IN6_IS_ADDR_V4MAPPED(&host) && host.s6_addr[12] == 127);
}

Error Unknown(const char* name) {
  Error error;
  error.kind = ErrorKind::kUnsupported;
  error.code = "no_port_facts";
  error.message = Format("/proc/{} does not say how many source ports there are", name);
  error.subject = Format("/proc/{}", name);
  return error;
}

}  // namespace

Result<SourcePorts> ReadSourcePorts(const SocketAddress& destination) {
  constexpr const char* kRange = "sys/net/ipv4/ip_local_port_range";
  constexpr const char* kReserved = "sys/net/ipv4/ip_local_reserved_ports";
  constexpr const char* kReuse = "sys/net/ipv4/tcp_tw_reuse";
  constexpr const char* kSockets = "self/net/sockstat";
  const auto proc = OpenProc();
  if (!proc) return Fail(proc.error());
  // A list of reserved ports may be the longest of them: 65536 ports, every second one.
  std::vector<char> room(std::size_t{512} * 1024);
  const auto read = [&](const char* name) { return ReadAt(proc->get(), name, room).value_or(""); };
  const auto range = DecodePortRange(read(kRange));
  if (!range) return Fail(Unknown(kRange));
  const auto reserved = CountReservedPorts(read(kReserved), *range);
  if (!reserved) return Fail(Unknown(kReserved));
  SourcePorts ports{range->first, range->last, *reserved};
  ports.time_wait = DecodeTimeWait(read(kSockets)).value_or(0);
  ports.time_wait_reuse = static_cast<int>(ParseDecimal(Trim(read(kReuse))).value_or(0));
  ports.loopback = IsLoopback(destination);
  return ports;
}

}  // namespace tunewire
