// How the kernel runs it: each operation says how far to go on where it holds and where it does
// not. Who comes to the very end passes; a jump to four bytes behind it throws the socket out.
#include "host/inet_diag_bytecode.h"

#include <linux/inet_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "host/socket_end.h"

namespace tunewire {
namespace {

constexpr std::size_t kOp = sizeof(inet_diag_bc_op);
constexpr std::size_t kPortTest = 2 * kOp;  // its port stands in a second operation's `no`
constexpr std::size_t kMappedBits = 96;

template <class T>
void Append(std::vector<std::byte>& program, const T& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  program.insert(program.end(), bytes.begin(), bytes.end());
}

inet_diag_bc_op Op(int code, std::size_t yes, std::size_t no) {
  return {static_cast<unsigned char>(code), static_cast<unsigned char>(yes),
          static_cast<unsigned short>(no)};
}

void AppendPort(std::vector<std::byte>& program, int code, std::size_t no, std::uint16_t port) {
  Append(program, Op(code, kPortTest, no));
  Append(program, Op(INET_DIAG_BC_NOP, 0, port));
}

struct PeerTest {
  int family = AF_INET;
  std::span<const std::uint8_t> address;
  std::size_t prefix = 0;
};

/// IPv4-mapped is asked for as IPv4: the kernel takes that for mapped peers too.
PeerTest TestOf(const SocketEnd& peer, std::uint8_t prefix) {
  const std::span<const std::uint8_t> bytes(peer.address);
  if (!peer.v6) return {AF_INET, bytes.first(4), std::min<std::size_t>(prefix, 32)};
  const std::size_t bits = std::min<std::size_t>(prefix, 128);
  if (IsMappedV4(peer) && bits >= kMappedBits) {
    return {AF_INET, bytes.last(4), bits - kMappedBits};
  }
  return {AF_INET6, bytes, bits};
}

std::size_t SizeOf(const PeerTest& test) {
  return kOp + sizeof(inet_diag_hostcond) + test.address.size();
}

void AppendPeer(std::vector<std::byte>& program, const PeerTest& test, std::uint16_t port) {
  Append(program, Op(INET_DIAG_BC_D_COND, SizeOf(test), SizeOf(test) + kOp));
  inet_diag_hostcond condition{};
  condition.family = static_cast<__u8>(test.family);
  condition.prefix_len = static_cast<__u8>(test.prefix);
  condition.port = port == 0 ? -1 : port;
  Append(program, condition);
  const auto address = std::as_bytes(test.address);
  program.insert(program.end(), address.begin(), address.end());
}

/// Local port, or else remote port; `behind` bytes of other tests follow.
void AppendEitherPort(std::vector<std::byte>& program, std::uint16_t port, std::size_t behind) {
  AppendPort(program, INET_DIAG_BC_S_EQ, kPortTest + kOp, port);
  // A jump's `no` is where it leads.
  Append(program, Op(INET_DIAG_BC_JMP, kOp, kOp + kPortTest));
  AppendPort(program, INET_DIAG_BC_D_EQ, kPortTest + behind + kOp, port);
}

}  // namespace

std::vector<std::byte> CompileFilter(const SocketFilter& filter) {
  std::vector<std::byte> program;
  std::size_t behind = 0;
  PeerTest peer;
  if (filter.peer) {
    peer = TestOf(*filter.peer, filter.peer_prefix);
    behind = SizeOf(peer);
  }
  if (filter.port) AppendEitherPort(program, *filter.port, behind);
  if (filter.peer) AppendPeer(program, peer, filter.peer->port);
  return program;
}

bool MayPass(const SocketFilter& filter, int family) {
  if (family == AF_INET6 || !filter.peer) return true;
  return TestOf(*filter.peer, filter.peer_prefix).family == AF_INET;
}

}  // namespace tunewire
