#include "probe/end_record.h"

#include <algorithm>
#include <cstdlib>

#include "host/precise_clock.h"
#include "host/tcp_options.h"
#include "host/thread_network.h"
#include "probe/stamps.h"
#include "tunewire/base/text.h"
#include "tunewire/host/clock.h"

namespace tunewire {
namespace {

/// A longer delayed ACK than the kernel's longest (TCP_DELACK_MAX) and two ticks.
constexpr std::int64_t kLongestAck = 250'000'000;
constexpr std::int64_t kLookEvery = 1'000'000;
/// A difference of this size between the clocks' distances is no reading's error: somebody set the
/// clock meanwhile.
constexpr std::int64_t kClockStep = 50'000;

std::optional<std::int64_t> Nanoseconds(std::optional<std::uint32_t> microseconds) {
  if (!microseconds) return std::nullopt;
  return std::int64_t{*microseconds} * 1000;
}

std::optional<std::int64_t> Nanoseconds(std::optional<std::uint64_t> microseconds) {
  if (!microseconds) return std::nullopt;
  return static_cast<std::int64_t>(*microseconds) * 1000;
}

TcpSnapshot SnapshotOf(int fd) {
  const TcpInfo info = TcpInfoOf(fd);
  TcpSnapshot snapshot;
  snapshot.rtt_ns = Nanoseconds(info.rtt);
  snapshot.min_rtt_ns = Nanoseconds(info.min_rtt);
  snapshot.ato_ns = Nanoseconds(info.ato);
  snapshot.rto_ns = Nanoseconds(info.rto);
  snapshot.send_mss = info.snd_mss;
  snapshot.receive_mss = info.rcv_mss;
  snapshot.retransmitted_segments = info.total_retrans;
  snapshot.unacked_segments = info.unacked;
  snapshot.notsent_bytes = info.notsent_bytes;
  snapshot.congestion_window = info.snd_cwnd;
  snapshot.window_limited_ns = Nanoseconds(info.rwnd_limited);
  snapshot.buffer_limited_ns = Nanoseconds(info.sndbuf_limited);
  snapshot.pacing_bytes_per_second = info.pacing_rate;
  if (std::string name = CongestionOf(fd); !name.empty()) snapshot.congestion = std::move(name);
  // ~0 is what the kernel says before it has seen a round trip (net/ipv4/tcp_input.c).
  if (info.min_rtt == ~0U) snapshot.min_rtt_ns.reset();
  return snapshot;
}

EndFacts ReadFacts() {
  EndFacts facts;
  facts.hz = TicksPerSecond();
  if (const auto text = ThreadSysctl("ipv4/tcp_pingpong_thresh")) {
    if (const auto number = ParseDecimal(*text)) facts.pingpong_thresh = static_cast<int>(*number);
  }
  facts.congestion = ThreadSysctl("ipv4/tcp_congestion_control").value_or("");
  facts.kernel = KernelRelease();
  facts.netns_inode = ThreadNetworkNamespace();
  return facts;
}

std::optional<std::uint32_t> LastByteWritten(const std::vector<Event>& events) {
  std::uint64_t bytes = 0;
  for (const Event& event : events) {
    if (IsWrite(event.kind)) bytes += event.bytes;
  }
  if (bytes == 0) return std::nullopt;
  return static_cast<std::uint32_t>(bytes - 1);
}

bool HasAck(const std::vector<KernelStamp>& stamps, std::uint32_t byte) {
  return std::any_of(stamps.rbegin(), stamps.rend(), [&](const KernelStamp& stamp) {
    return stamp.kind == StampKind::kAcked && stamp.byte == byte;
  });
}

}  // namespace

EndRecord::EndRecord(int fd, const Script& script, const RunSpec& spec)
    : fd_(fd), wanted_(spec.stamping == Stamping::kOn), queue_(fd) {
  if (!wanted_) return;
  const std::uint64_t count = spec.count == 0 ? kMostTimelines : spec.count;
  const auto kept = static_cast<std::size_t>(std::min<std::uint64_t>(count, kMostTimelines));
  events_.reserve(kept * script.size());
  stamps_.reserve(kept * script.size() * 3);
}

Status EndRecord::Begin() {
  if (Result<NetCounters> counters = ReadNetCounters()) before_ = std::move(*counters);
  if (!wanted_) return {};
  realtime_offset_ = RealtimeOffset();
  if (Status started = StartStamping(fd_); !started) return started;
  stamping_ = true;
  return {};
}

bool EndRecord::FetchStamps() {
  const std::size_t before = stamps_.size();
  queue_.Drain(stamps_);
  return stamps_.size() > before;
}

void EndRecord::EndExchange(std::uint32_t number) {
  queue_.Drain(stamps_);
  if (number + 1 < kMostTimelines) return;
  StopStamping(fd_);
  stamping_ = false;
}

void EndRecord::DropFrom(std::uint32_t exchange) {
  while (!events_.empty() && events_.back().exchange >= exchange) events_.pop_back();
}

void EndRecord::AwaitLastAck() {
  const std::optional<std::uint32_t> last = LastByteWritten(events_);
  const std::int64_t end = MonotonicNow() + kLongestAck;
  for (std::int64_t now = end - kLongestAck; now < end; now = MonotonicNow()) {
    queue_.Drain(stamps_);
    if (!last || HasAck(stamps_, *last)) return;
    SleepUntil(now + kLookEvery);
  }
}

void EndRecord::PlaceStamps() {
  const bool stepped = std::abs(RealtimeOffset() - realtime_offset_) > kClockStep;
  for (Event& event : events_) {
    if (!event.arrived_ns) continue;
    *event.arrived_ns -= realtime_offset_;
    if (stepped) event.arrived_ns.reset();
  }
  if (!stepped) MatchStamps(events_, stamps_, realtime_offset_);
}

CounterChanges EndRecord::Changes() const {
  const Result<NetCounters> after = ReadNetCounters();
  if (!before_ || !after) return {};
  CounterChanges changes;
  for (const NetCounter& one : ChangedCounters(*before_, *after).all) {
    const bool wanted = one.group == "TcpExt" || (one.group == "Tcp" && one.name == "RetransSegs");
    if (wanted) changes.emplace_back(one.name, one.value);
  }
  return changes;
}

EndEvidence EndRecord::Finish(Wait wait) {
  if (wanted_) {
    if (wait == Wait::kForAcks) AwaitLastAck();
    queue_.Drain(stamps_);
    PlaceStamps();
  }
  return {std::move(events_), Changes(), SnapshotOf(fd_), ReadFacts()};
}

}  // namespace tunewire
