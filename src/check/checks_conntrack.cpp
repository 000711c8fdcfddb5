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

/// What a check says where no entries are made here, or nobody knows the table; nothing where the
/// table is to be judged.
std::optional<CheckResult> WithoutTable(const HostFacts& facts, const std::string& why) {
  if (facts.conntrack_loaded && !*facts.conntrack_loaded) {
    return JudgedCheck(CheckState::kOk,
                       {"not loaded", "", "/proc/sys/net/netfilter: no nf_conntrack_max", why}, {});
  }
  if (!facts.conntrack) return UnknownCheck(facts.conntrack.why());
  const Known<bool>& in_use = facts.conntrack->in_use;
  if (in_use && !*in_use) {
    return JudgedCheck(CheckState::kOk,
                       {"not in use here", "", TableEvidence(*facts.conntrack), why}, {});
  }
  return std::nullopt;
}

}  // namespace

CheckResult LookAtConntrackRoom(const HostFacts& facts, const CheckWish&) {
  const std::string why =
      "each connection takes an entry, and keeps it 120 s after its end: where the table is full, "
      "SYNs vanish and connect takes seconds or fails with ETIMEDOUT";
  if (auto result = WithoutTable(facts, why)) return *std::move(result);
  const Conntrack& table = *facts.conntrack;
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
  const std::string why =
      "with a full table every packet walks that long a chain: latency grows with the number of "
      "connections";
  if (auto result = WithoutTable(facts, why)) return *std::move(result);
  const Conntrack& table = *facts.conntrack;
  if (table.buckets == 0) return UnknownCheck("the table does not say how many buckets it has");
  // Every connection stands in it twice, once per direction; 4 to a bucket was the kernel's default
  // until Linux 5.15 and still costs under a microsecond.
  const double chain = ShareOf(static_cast<double>(table.most), static_cast<double>(table.buckets));
  return JudgedCheck(
      StateAbove(chain, 4, 16),
      {Format("{:.1f} entries a bucket", chain), "4 or fewer", TableEvidence(table), why},
      {"raise net.netfilter.nf_conntrack_buckets to nf_conntrack_max",
       {AtLeastLine("net.netfilter.nf_conntrack_buckets", static_cast<std::int64_t>(table.most),
                    "long chains make every packet slower")}});
}

CheckResult LookAtConntrackLoopback(const HostFacts& facts, const CheckWish& wish) {
  const std::string why =
      "a test over loopback takes an entry per connection too, and its processor time";
  if (auto result = WithoutTable(facts, why)) return *std::move(result);
  const Conntrack& table = *facts.conntrack;
  if (!table.in_use) return UnknownCheck(table.in_use.why());
  const bool tracked = table.loopback_tracked;
  return JudgedCheck(
      tracked && wish.loopback ? CheckState::kWarn : CheckState::kOk,
      {tracked ? "tracked" : "not tracked", "not tracked",
       Format("{}; a rule exempts lo: {}", TableEvidence(table), tracked ? "none seen" : "yes"),
       why},
      {"exempt lo with a notrack rule in the raw table", {}});
}

}  // namespace tunewire
