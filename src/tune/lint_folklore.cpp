// Settings that wander from guide to guide and do not do what is said of them.
#include "base/format.h"
#include "tune/lint_subject.h"

namespace tunewire {
namespace {

enum class When { kAlways, kEquals, kBelow, kAbove };

struct Folklore {
  std::string_view path;
  When when;
  std::int64_t number;
  std::string_view truth;
  std::string_view advice;
};

constexpr Folklore kFolklore[] = {
    {"net/ipv4/tcp_timestamps", When::kEquals, 0,
     "without time stamps a connection loses its protection against old segments and measures its "
     "round trips worse; it saves 12 bytes a segment",
     "leave it at 1"},
    {"net/ipv4/tcp_sack", When::kEquals, 0,
     "without selective acknowledgements every loss costs a retransmission of much that arrived",
     "leave it at 1"},
    {"net/ipv4/tcp_window_scaling", When::kEquals, 0,
     "without window scaling no connection has more than 64 KiB on the way", "leave it at 1"},
    {"net/ipv4/tcp_moderate_rcvbuf", When::kEquals, 0,
     "receive buffers no longer grow with the connection's rate", "leave it at 1"},
    {"net/ipv4/tcp_syncookies", When::kEquals, 0,
     "when the queue of half-open connections is full, new clients are dropped", "leave it at 1"},
    {"net/ipv4/tcp_fin_timeout", When::kBelow, 60,
     "this ends FIN-WAIT-2 of closed sockets; TIME-WAIT lasts 60 seconds, and no key changes that",
     "remove it unless FIN-WAIT-2 sockets pile up"},
    {"net/ipv4/tcp_tw_reuse", When::kEquals, 1,
     "this helps the side that connects; a server's TIME-WAIT sockets are not touched by it",
     "keep it only on hosts that open many connections"},
    {"net/ipv4/tcp_max_tw_buckets", When::kBelow, 16384,
     "TIME-WAIT sockets beyond it are destroyed at once, and late segments can hit new connections",
     "leave the kernel's own value; a TIME-WAIT socket costs little"},
    {"net/ipv4/tcp_retries2", When::kBelow, 8,
     "connections are given up in less than the 100 seconds that RFC 1122 asks for",
     "use TCP_USER_TIMEOUT or keepalive in the program that needs it"},
    {"net/ipv4/tcp_no_metrics_save", When::kEquals, 1,
     "new connections start without what earlier ones to the same peer have learned",
     "set it only where paths change under fixed addresses"},
    {"net/ipv4/tcp_mem", When::kAlways, 0,
     "the kernel sizes this from the memory at boot; a number carried from host to host is wrong "
     "on the next one",
     "remove it, or say it as a share of the memory"},
    {"net/ipv4/tcp_abort_on_overflow", When::kEquals, 1,
     "clients are reset when the accept queue is full, instead of trying again a moment later",
     "leave it at 0 and raise the backlog"},
    {"net/ipv4/route/flush", When::kAlways, 0, "the routing cache is gone since Linux 3.6",
     "remove it"},
    {"net/ipv6/route/flush", When::kAlways, 0,
     "an action, not a setting: there is nothing to flush at boot", "remove it"},
    {"vm/drop_caches", When::kAlways, 0, "an action, not a setting: it empties caches once",
     "remove it"},
    {"net/core/netdev_max_backlog", When::kAbove, 100000,
     "a queue this long only adds delay; packets are dropped when the CPU cannot keep up, whatever "
     "its length",
     "spread the load over CPUs, and look at /proc/net/softnet_stat first"},
    {"net/ipv4/ip_no_pmtu_disc", When::kEquals, 1,
     "without path MTU discovery packets are cut up or sent small everywhere",
     "leave it at 0 and let ICMP through"},
};

bool Applies(const Folklore& folklore, const LintEntry& entry) {
  if (folklore.when == When::kAlways) return true;
  const auto number = entry.Number(0);
  if (!number) return false;
  switch (folklore.when) {
    case When::kEquals:
      return *number == folklore.number;
    case When::kBelow:
      return *number < folklore.number;
    case When::kAbove:
      return *number > folklore.number;
    case When::kAlways:
      break;
  }
  return true;
}

void FolkloreSetting(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  for (const LintEntry& entry : subject.entries) {
    if (!entry.assigns_one()) continue;
    for (const Folklore& folklore : kFolklore) {
      if (entry.path != folklore.path || !Applies(folklore, entry)) continue;
      report.AtValue(entry, std::string(folklore.truth), std::string(folklore.advice));
    }
  }
}

}  // namespace

std::vector<LintRuleRow> LintFolkloreRules() {
  return {{{"folklore", LintSeverity::kWarning, "remove it"}, FolkloreSetting}};
}

}  // namespace tunewire
