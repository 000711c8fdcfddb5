// One netlink conversation over libnl's core, with the kernel's own errno where it refuses: libnl's
// numbers fold several of them into one.
#pragma once

#include <linux/netlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "tunewire/base/result.h"

namespace tunewire {

struct FreeNlSocket {
  void operator()(nl_sock* socket) const;
};
struct FreeNlMessage {
  void operator()(nl_msg* message) const;
};
using NlMessage = std::unique_ptr<nl_msg, FreeNlMessage>;

/// One answer: its header and what stands behind it. Lives only during the call.
struct NetlinkAnswer {
  nlmsghdr* header = nullptr;
  std::span<const std::byte> payload;
};

enum class GoOn { kYes, kEnough };
using TakeAnswer = std::function<GoOn(const NetlinkAnswer& answer)>;

enum class DumpChecks {
  kLoose,
  kStrict,  ///< NETLINK_GET_STRICT_CHK: the kernel looks at the request's fields and filters by
            ///< them
};

class NetlinkSocket {
 public:
  /// NETLINK_ROUTE, NETLINK_GENERIC. Errors: of socket(2) and bind(2).
  static Result<NetlinkSocket> Open(int protocol, DumpChecks checks);

  /// Sends, and takes the answers until the last. 0, or the kernel's errno; EINTR where a dump is
  /// not one picture because what it shows changed meanwhile. What was taken before an error was
  /// taken. After kEnough the socket is spent.
  int Ask(nl_msg& request, const TakeAnswer& take);

  [[nodiscard]] nl_sock* get() const { return socket_.get(); }

 private:
  explicit NetlinkSocket(nl_sock* socket) : socket_(socket) {}
  std::unique_ptr<nl_sock, FreeNlSocket> socket_;
};

/// A request with its fixed head; nothing where there is no memory.
NlMessage MakeRequest(int type, int flags, const void* head, std::size_t size);

/// Asks again, a few times, while the dump is interrupted; `begin` forgets what was taken so far.
int AskWhole(NetlinkSocket& socket, const std::function<NlMessage()>& request,
             const std::function<void()>& begin, const TakeAnswer& take);

}  // namespace tunewire
