// The listening part of the socket table.
#include "tunewire/host/listeners.h"

#include <algorithm>
#include <tuple>

#include "host/decode_inet_diag.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {
namespace {

// They are few: where the table changed under a dump, another one costs little.
constexpr int kAttempts = 8;

Error CannotList(Error error) {
  error.message = "cannot list listening sockets: " + error.message;
  error.code = "netlink";
  return error;
}

Result<SocketDump> Collect(SocketSource& source, std::vector<Listener>& listeners) {
  SocketFilter filter;
  filter.states = kListenOnly;
  return source.Dump(filter, [&](std::span<const std::byte> raw) {
    if (auto listener = DecodeListener(raw)) listeners.push_back(std::move(*listener));
  });
}

Error KeepsChanging() {
  return {.kind = ErrorKind::kIo,
          .code = "netlink",
          .message = "cannot list listening sockets: they change faster than they can be read",
          .operation = "dump",
          .subject = "sock_diag"};
}

class SockDiagListeners : public ListenerSource {
 public:
  Result<std::vector<Listener>> Listeners() override {
    auto source = LinuxSockets();
    if (!source) return Fail(CannotList(std::move(source.error())));
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      std::vector<Listener> listeners;
      Result<SocketDump> dump = Collect(**source, listeners);
      if (!dump) return Fail(CannotList(std::move(dump.error())));
      if (dump->partial) continue;
      std::sort(listeners.begin(), listeners.end(), [](const Listener& a, const Listener& b) {
        return std::tie(a.port, a.address, a.inode) < std::tie(b.port, b.address, b.inode);
      });
      return listeners;
    }
    return Fail(KeepsChanging());
  }
};

}  // namespace

std::unique_ptr<ListenerSource> LinuxListeners() { return std::make_unique<SockDiagListeners>(); }

}  // namespace tunewire
