#include "support/fake_live_network.h"

#include <algorithm>
#include <cerrno>
#include <tuple>

namespace tunewire {
namespace {

void AddRow(const FakeNetworkSocket& socket, std::uint64_t inode, const ProcessId& owner,
            bool receive, std::vector<LockedBuffer>& rows) {
  const std::optional<std::uint64_t>& asked = receive ? socket.receive : socket.send;
  if (!asked) return;
  rows.push_back({socket.local, socket.peer, inode, receive, 2 * *asked, owner});
}

}  // namespace

Result<SocketOwners> FakeLiveNetwork::Owners(const std::vector<std::uint64_t>& inodes) const {
  SocketOwners owners;
  if (inodes.empty()) return owners;
  const std::set<std::uint64_t> wanted(inodes.begin(), inodes.end());
  for (const auto& [id, held] : processes_) {
    if (hidden_.contains(id)) {
      ++owners.unreadable;
      continue;
    }
    for (const std::uint64_t inode : held) {
      if (wanted.contains(inode)) owners.by_inode[inode].push_back(id);
    }
  }
  return owners;
}

Result<std::vector<LockedBuffer>> FakeLiveNetwork::LockedBuffers(
    const std::vector<ProcessId>& processes) const {
  if (!buffer_locks_) {
    Error error = SystemError("getsockopt", "sockets of other processes", ENOPROTOOPT);
    error.kind = ErrorKind::kUnsupported;
    error.code = "no_buffer_locks";
    return Fail(std::move(error));
  }
  std::vector<LockedBuffer> rows;
  std::set<std::uint64_t> seen;
  for (const ProcessId& id : processes) {
    const auto held = processes_.find(id);
    if (held == processes_.end() || hidden_.contains(id)) continue;
    for (const std::uint64_t inode : held->second) {
      const FakeNetworkSocket& socket = sockets_.at(inode);
      if (!seen.insert(inode).second || socket.protocol != FakeNetworkSocket::Protocol::kTcp)
        continue;
      AddRow(socket, inode, id, true, rows);
      AddRow(socket, inode, id, false, rows);
    }
  }
  std::ranges::sort(rows, {}, [](const LockedBuffer& one) {
    return std::tie(one.local, one.peer, one.inode, one.receive);
  });
  return rows;
}

Result<std::vector<InterfaceQdisc>> FakeLiveNetwork::Qdiscs() const {
  std::vector<InterfaceQdisc> rows = qdiscs_;
  std::ranges::sort(rows, {},
                    [](const InterfaceQdisc& row) { return std::tie(row.interface, row.qdisc); });
  return rows;
}

}  // namespace tunewire
