// Queues of listeners, and connections that nobody owns.
#include <algorithm>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/looks.h"

namespace tunewire {
namespace {

constexpr const char* kSomaxconn = "net.core.somaxconn";
constexpr const char* kSynBacklog = "net.ipv4.tcp_max_syn_backlog";
constexpr const char* kSyncookies = "net.ipv4.tcp_syncookies";
constexpr const char* kAbort = "net.ipv4.tcp_abort_on_overflow";
constexpr const char* kOrphans = "net.ipv4.tcp_max_orphans";

/// The listener whose queue is fullest; nullptr where there is none.
const ListeningSocket* Fullest(const std::vector<ListeningSocket>& listeners) {
  const auto share = [](const ListeningSocket& one) {
    return ShareOf(one.queue, std::max<std::uint32_t>(one.backlog, 1));
  };
  const auto found = std::ranges::max_element(listeners, {}, share);
  return found == listeners.end() ? nullptr : &*found;
}

std::string NameOfListener(const ListeningSocket& one) {
  const std::string owner = one.owner ? Format(" ({})", one.owner->command) : "";
  return Format("{}:{}{}", one.address, one.port, owner);
}

std::string DropsOfListeners(const HostFacts& facts) {
  if (!facts.listeners) return "";
  std::string all;
  for (const ListeningSocket& one : *facts.listeners) {
    if (one.drops > 0) all += Format("; {} dropped {}", NameOfListener(one), one.drops);
  }
  return all;
}

}  // namespace

CheckResult LookAtSomaxconn(const HostFacts& facts, const CheckWish&) {
  const auto most = TunableNumber(facts, kSomaxconn);
  if (!most) return UnknownCheck(most.error().message);
  // 4096 is the kernel's own default since Linux 5.4; 128, the one before, is a burst of 1.3 ms at
  // 100,000 connections a second.
  return JudgedCheck(
      StateBelow(static_cast<double>(*most), 4096, 128),
      {Format("{}", *most), "4096 or more", TunableEvidence(facts, kSomaxconn),
       "caps the backlog of every listen(2): a burst above it is dropped, and those clients wait "
       "1 s for their next SYN"},
      {"raise net.core.somaxconn, then start the servers anew: listen(2) copies it",
       {AtLeastLine(kSomaxconn, 8192, "a burst of connects must fit between two accepts")}});
}

CheckResult LookAtSynBacklog(const HostFacts& facts, const CheckWish&) {
  const auto most = TunableNumber(facts, kSynBacklog);
  if (!most) return UnknownCheck(most.error().message);
  const auto cookies = TunableNumber(facts, kSyncookies);
  const bool saved = cookies && *cookies != 0;
  // Without cookies, connections of unknown peers are dropped from three quarters of it on; with
  // cookies it decides nothing, so that it is never bad there.
  const CheckState state = saved ? StateBelow(static_cast<double>(*most), 128, 0)
                                 : StateBelow(static_cast<double>(*most), 1024, 256);
  return JudgedCheck(
      state,
      {Format("{}", *most), saved ? "128 or more" : "1024 or more",
       Format("{}; {}", TunableEvidence(facts, kSynBacklog), TunableEvidence(facts, kSyncookies)),
       "handshakes under way to one listener: what is above it is dropped unless SYN cookies are "
       "on, and the client tries again after 1 s"},
      {Format("raise {}", kSynBacklog),
       {AtLeastLine(kSynBacklog, 4096, "handshakes under way would be dropped")}});
}

CheckResult LookAtSyncookies(const HostFacts& facts, const CheckWish&) {
  const auto sent = MoveOf(facts, "TcpExt", "SyncookiesSent");
  if (!sent) return UnknownCheck(sent.error().message);
  return JudgedCheck(
      StateOfMove(*sent),
      {MoveWords(*sent), "none", MoveEvidence("/proc/net/netstat", "TcpExt SyncookiesSent", *sent),
       "a listener's queue of handshakes was full: connections set up by cookies lose window "
       "scaling and SACK where the peer sends no time stamps"},
      {"raise net.core.somaxconn and the backlog that the server asks for",
       {AtLeastLine(kSomaxconn, 8192, "SYN cookies were sent: a listener's queue was full")}});
}

CheckResult LookAtListenOverflows(const HostFacts& facts, const CheckWish&) {
  const auto overflows = MoveOf(facts, "TcpExt", "ListenOverflows");
  if (!overflows) return UnknownCheck(overflows.error().message);
  return JudgedCheck(
      StateOfMove(*overflows),
      {MoveWords(*overflows), "none",
       MoveEvidence("/proc/net/netstat", "TcpExt ListenOverflows", *overflows) +
           DropsOfListeners(facts),
       "an accept queue was full: the SYN is dropped and the client waits 1 s, which is then the "
       "tail of every latency figure"},
      {"accept faster, or raise net.core.somaxconn and the server's backlog",
       {AtLeastLine(kSomaxconn, 8192, "accept queues have overflowed")}});
}

CheckResult LookAtAcceptQueues(const HostFacts& facts, const CheckWish&) {
  if (!facts.listeners) return UnknownCheck(facts.listeners.why());
  const ListeningSocket* fullest = Fullest(*facts.listeners);
  const std::string why = "who waits there is connected and gets no answer";
  if (fullest == nullptr) {
    return JudgedCheck(CheckState::kOk, {"no listeners", "nearly empty", "sock_diag: LISTEN", why},
                       {});
  }
  // A server that keeps up empties its queue at every wakeup: half a backlog is more than a burst.
  const double share = ShareOf(fullest->queue, std::max<std::uint32_t>(fullest->backlog, 1));
  return JudgedCheck(StateAbove(fullest->queue > 1 ? share : 0, 0.5, 0.9),
                     {Format("{} of {} waiting", fullest->queue, fullest->backlog), "under half",
                      Format("sock_diag: {} is the fullest of {}", NameOfListener(*fullest),
                             Count(facts.listeners->size(), "listener", "listeners")),
                      why},
                     {Format("see why {} does not accept", NameOfListener(*fullest)), {}});
}

CheckResult LookAtAbortOnOverflow(const HostFacts& facts, const CheckWish&) {
  const auto abort = TunableNumber(facts, kAbort);
  if (!abort) return UnknownCheck(abort.error().message);
  return JudgedCheck(
      *abort == 0 ? CheckState::kOk : CheckState::kWarn,
      {*abort == 0 ? "off" : "on", "off", TunableEvidence(facts, kAbort),
       "a full accept queue resets clients (ECONNRESET) instead of letting them try again: errors "
       "where other hosts show latency"},
      {"set net.ipv4.tcp_abort_on_overflow to 0",
       {ExactLine(kAbort, "0", "a full accept queue must not reset clients")}});
}

CheckResult LookAtOrphans(const HostFacts& facts, const CheckWish&) {
  if (!facts.sockets) return UnknownCheck(facts.sockets.why());
  const auto most = TunableNumber(facts, kOrphans);
  if (!most) return UnknownCheck(most.error().message);
  const std::uint64_t now = facts.sockets->tcp_orphans;
  // The kernel counts a connection that does not get its data out up to four times against the
  // limit (tcp_check_oom's shift), so trouble may begin at a quarter.
  return JudgedCheck(
      StateAbove(ShareOf(static_cast<double>(now), static_cast<double>(*most)), 0.25, 0.9),
      {Format("{} of {}", now, *most), "under 25 %",
       Format("/proc/net/sockstat: TCP orphan {}; {}", now, TunableEvidence(facts, kOrphans)),
       "closed connections whose data is still on its way: above the limit they are reset, and "
       "clients lose the end of an answer"},
      {Format("raise {}; each may hold up to 64 KiB", kOrphans),
       {AtLeastLine(kOrphans, *most * 2, "closed connections were near their limit")}});
}

}  // namespace tunewire
