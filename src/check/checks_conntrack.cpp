// The table of tracked connections.
#include "base/format.h"
#include "check/check_parts.h"
#include "check/looks.h"

namespace tunewire {
namespace {

constexpr const char* kMost = "net.netfilter.nf_conntrack_max";

std::string TableEvidence(const Conntrack& table) {
  return Format(
      "/proc/sys/net/netfilter: nf_conntrack_count {}, nf_conntrack_max {}, "
      "nf_conntrack_buckets {}",
      table.count, table.most, table.buckets);
}

}  // namespace

CheckResult LookAtConntrackRoom(const HostFacts& facts, const CheckWish&) {
  if (!facts.conntrack) return UnknownCheck(facts.conntrack.why());
  const Conntrack& table = *facts.conntrack;
  const std::string why =
      "each connection takes an entry, and keeps it 120 s after its end: where the table is full, "
      "SYNs vanish and connect takes seconds or fails with ETIMEDOUT";
  if (!table.rules_seen && table.count == 0) {
    return JudgedCheck(CheckState::kOk, {"not in use", "under 75 %", TableEvidence(table), why},
                       {});
  }
  // 0 is no limit. From 95 % on the kernel looks for connections it may forget early (gc_worker).
  const double used = ShareOf(static_cast<double>(table.count), static_cast<double>(table.most));
  return JudgedCheck(
      StateAbove(used, 0.75, 0.95),
      {Format("{} of {}", table.count, table.most), "under 75 %", TableEvidence(table), why},
      {Format("raise {}, or exempt the traffic under test (notrack)", kMost),
       {AtLeastLine(kMost, static_cast<std::int64_t>(table.most) * 2,
                    "the table of tracked connections is nearly full")}});
}

CheckResult LookAtConntrackBuckets(const HostFacts& facts, const CheckWish&) {
  if (!facts.conntrack) return UnknownCheck(facts.conntrack.why());
  const Conntrack& table = *facts.conntrack;
  if (table.buckets == 0) return UnknownCheck("the table does not say how many buckets it has");
  // Every connection stands in it twice, once per direction; 4 to a bucket was the kernel's default
  // until Linux 5.15 and still costs under a microsecond.
  const double chain = ShareOf(static_cast<double>(table.most), static_cast<double>(table.buckets));
  const auto wanted = static_cast<std::int64_t>(table.most);
  return JudgedCheck(
      StateAbove(chain, 4, 16),
      {Format("{:.1f} entries a bucket", chain), "4 or fewer", TableEvidence(table),
       "with a full table every packet walks that long a chain: latency grows with the number of "
       "connections"},
      {"raise net.netfilter.nf_conntrack_buckets to nf_conntrack_max",
       {AtLeastLine("net.netfilter.nf_conntrack_buckets", wanted,
                    "long chains make every packet slower")}});
}

CheckResult LookAtConntrackLoopback(const HostFacts& facts, const CheckWish& wish) {
  if (!facts.conntrack) return UnknownCheck(facts.conntrack.why());
  const Conntrack& table = *facts.conntrack;
  const bool tracked = table.rules_seen && table.loopback_tracked;
  const CheckState state = tracked && wish.loopback ? CheckState::kWarn : CheckState::kOk;
  return JudgedCheck(
      state,
      {tracked ? "tracked" : "not tracked", "not tracked",
       Format("rules that use connection tracking: {}; lo exempt: {}",
              table.rules_seen ? "yes" : "none", table.loopback_tracked ? "no" : "yes"),
       "a test over loopback takes an entry per connection too, and its processor time"},
      {"exempt lo with a notrack rule in the raw table", {}});
}

}  // namespace tunewire
