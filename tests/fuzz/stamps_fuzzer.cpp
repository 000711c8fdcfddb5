// libFuzzer entry for the kernel's control messages, TCP_INFO and counters: no input may crash the
// readers, and no stamp is ever put where its write had not begun.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "host/decode_stamps.h"
#include "host/decode_tcp_info.h"
#include "probe/stamps.h"
#include "tunewire/host/net_counters.h"

namespace {

using namespace tunewire;

void Match(const KernelStamp& stamp, std::span<const std::byte> bytes) {
  std::vector<Event> events;
  for (const std::byte one : bytes.first(std::min<std::size_t>(bytes.size(), 64))) {
    Event event{.kind = StepKind::kWrite};
    event.bytes = std::to_integer<std::uint32_t>(one) << 20;
    event.begin_ns = static_cast<std::int64_t>(events.size());
    event.notsent_bytes = event.bytes;
    events.push_back(event);
  }
  const std::vector<KernelStamp> stamps(3, stamp);
  MatchStamps(events, stamps, 0);
  for (const Event& event : events) {
    if (event.sched_ns && *event.sched_ns < event.begin_ns) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  if (const auto stamp = DecodeSentStamp(bytes)) Match(*stamp, bytes);
  DecodeArrivalStamp(bytes);
  const TcpInfo info = DecodeTcpInfo(bytes);
  if (info.rtt && size < 72) std::abort();
  const auto counters =
      DecodeNetCounters(std::string_view(reinterpret_cast<const char*>(data), size));
  if (counters && counters->all.size() > size) std::abort();
  return 0;
}
