// sock_diag(7): whole dumps, and single sockets by name.
#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>

#include "host/decode_socket.h"
#include "host/diag_socket.h"
#include "host/inet_diag_requests.h"
#include "host/netlink_messages.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {
namespace {

// As many answers as the smallest usual receive buffer holds.
constexpr std::size_t kBatch = 32;

/// No such socket, or another one has its place.
bool HasGone(int os_error) { return os_error == ENOENT || os_error == ESTALE; }

/// The answers to one batch of exact requests.
struct Answers {
  std::uint32_t first = 0;
  std::size_t awaited = 0;
  std::vector<bool> gone;

  [[nodiscard]] bool Owns(const NetlinkMessage& message) const {
    return message.sequence - first < gone.size();
  }
};

class DiagSockets : public SocketSource {
 public:
  explicit DiagSockets(DiagSocket socket) : socket_(std::move(socket)) {}

  Result<SocketDump> Dump(const SocketFilter& filter, const TakeSocket& take) override;
  Result<SocketDump> Ask(std::span<const SocketName> names, const TakeSocket& take) override;

 private:
  Status ReceiveDump(std::uint32_t sequence, const TakeSocket& take, SocketDump& dump);
  Result<bool> TakeDumped(const DiagSocket::Datagram& datagram, std::uint32_t sequence,
                          const TakeSocket& take, SocketDump& dump);
  Status AskBatch(std::span<const SocketName> names, const TakeSocket& take, SocketDump& dump,
                  std::vector<std::uint64_t>& hidden);
  Status ReceiveAnswers(Answers& answers, const TakeSocket& take, SocketDump& dump);
  Status TakeAnswer(const NetlinkMessage& message, Answers& answers, const TakeSocket& take,
                    SocketDump& dump);
  Status FindHidden(std::vector<std::uint64_t> cookies, const TakeSocket& take, SocketDump& dump);

  DiagSocket socket_;
  std::uint32_t sequence_ = 0;
  std::vector<std::byte> request_;
};

/// True at the end of the dump.
Result<bool> DiagSockets::TakeDumped(const DiagSocket::Datagram& datagram, std::uint32_t sequence,
                                     const TakeSocket& take, SocketDump& dump) {
  std::span<const std::byte> rest = datagram.bytes;
  while (const auto message = TakeMessage(rest)) {
    if (message->sequence != sequence) continue;
    if ((message->flags & NLM_F_DUMP_INTR) != 0) dump.partial = true;
    if (message->type == NLMSG_DONE || message->type == NLMSG_ERROR) {
      if (message->OsError() != 0) return Fail(DiagError("dump", message->OsError()));
      return true;
    }
    if (!IsSocketAnswer(message->type)) continue;
    ++dump.seen;
    take(message->payload);
  }
  if (datagram.cut || !rest.empty()) dump.partial = true;
  return false;
}

Status DiagSockets::ReceiveDump(std::uint32_t sequence, const TakeSocket& take, SocketDump& dump) {
  for (;;) {
    const Result<DiagSocket::Datagram> datagram = socket_.Receive();
    if (!datagram) return Fail(datagram.error());
    const Result<bool> done = TakeDumped(*datagram, sequence, take, dump);
    if (!done) return Fail(done.error());
    if (*done) return {};
  }
}

Result<SocketDump> DiagSockets::Dump(const SocketFilter& filter, const TakeSocket& take) {
  request_.clear();
  const std::uint32_t sequence = ++sequence_;
  AppendDumpRequest(request_, filter, sequence);
  if (Status sent = socket_.Send(request_); !sent) return Fail(std::move(sent.error()));
  SocketDump dump;
  Status received = ReceiveDump(sequence, take, dump);
  // What was handed out already stands.
  if (!received && dump.seen == 0) return Fail(std::move(received.error()));
  if (!received) dump.partial = true;
  return dump;
}

Status DiagSockets::TakeAnswer(const NetlinkMessage& message, Answers& answers,
                               const TakeSocket& take, SocketDump& dump) {
  --answers.awaited;
  if (IsSocketAnswer(message.type)) {
    ++dump.seen;
    take(message.payload);
    return {};
  }
  const int os_error = message.OsError();
  answers.gone[message.sequence - answers.first] = true;
  if (os_error != 0 && !HasGone(os_error)) return Fail(DiagError("ask", os_error));
  return {};
}

Status DiagSockets::ReceiveAnswers(Answers& answers, const TakeSocket& take, SocketDump& dump) {
  while (answers.awaited > 0) {
    const Result<DiagSocket::Datagram> datagram = socket_.Receive();
    // Answers may be dropped where the receive buffer is full; later ones are told by number.
    const bool lost =
        !datagram && (datagram.error().os_error == ENOBUFS || datagram.error().os_error == EAGAIN);
    if (lost) {
      dump.partial = true;
      return {};
    }
    if (!datagram) return Fail(datagram.error());
    if (datagram->cut) dump.partial = true;
    std::span<const std::byte> rest = datagram->bytes;
    while (const auto message = TakeMessage(rest)) {
      if (!answers.Owns(*message)) continue;
      if (Status status = TakeAnswer(*message, answers, take, dump); !status) return status;
    }
  }
  return {};
}

Status DiagSockets::AskBatch(std::span<const SocketName> names, const TakeSocket& take,
                             SocketDump& dump, std::vector<std::uint64_t>& hidden) {
  request_.clear();
  Answers answers{.first = sequence_ + 1, .awaited = names.size(), .gone = {}};
  answers.gone.assign(names.size(), false);
  for (const SocketName& name : names) AppendExactRequest(request_, name, ++sequence_);
  if (Status sent = socket_.Send(request_); !sent) return sent;
  if (Status status = ReceiveAnswers(answers, take, dump); !status) return status;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (answers.gone[i] && names[i].remote.port == 0) hidden.push_back(names[i].cookie);
  }
  return {};
}

/// Of listeners that share a port (SO_REUSEPORT) the kernel finds one by name; the others only in
/// a dump.
Status DiagSockets::FindHidden(std::vector<std::uint64_t> cookies, const TakeSocket& take,
                               SocketDump& dump) {
  if (cookies.empty()) return {};
  std::sort(cookies.begin(), cookies.end());
  const auto wanted = [&](std::span<const std::byte> raw) {
    const auto cookie = CookieOf(raw);
    if (!cookie || !std::binary_search(cookies.begin(), cookies.end(), *cookie)) return;
    ++dump.seen;
    take(raw);
  };
  SocketFilter listeners;
  listeners.states = kListenOnly;
  const Result<SocketDump> found = Dump(listeners, wanted);
  if (!found) return Fail(found.error());
  dump.partial = dump.partial || found->partial;
  return {};
}

Result<SocketDump> DiagSockets::Ask(std::span<const SocketName> names, const TakeSocket& take) {
  SocketDump dump;
  std::vector<std::uint64_t> hidden;
  while (!names.empty()) {
    const auto batch = names.first(std::min(kBatch, names.size()));
    if (Status status = AskBatch(batch, take, dump, hidden); !status) return Fail(status.error());
    names = names.subspan(batch.size());
  }
  if (Status status = FindHidden(std::move(hidden), take, dump); !status) {
    return Fail(status.error());
  }
  return dump;
}

}  // namespace

Result<std::unique_ptr<SocketSource>> LinuxSockets() {
  Result<DiagSocket> socket = DiagSocket::Open();
  if (!socket) return Fail(std::move(socket.error()));
  return std::make_unique<DiagSockets>(std::move(*socket));
}

}  // namespace tunewire
