#include "host/decode_usage.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "host/decode_proc.h"

namespace tunewire {
namespace {

/// Fields behind the name, the state (field 3 of proc(5)) first.
constexpr std::size_t kParent = 4 - 3;
constexpr std::size_t kFirstTime = 14 - 3;
constexpr std::size_t kTimes = 4;
constexpr std::size_t kStart = 22 - 3;
constexpr std::size_t kRss = 24 - 3;

template <class Number>
bool ReadNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

/// Times of children that were waited for may be negative in old kernels' arithmetic: as 0.
bool AddTicks(std::string_view text, std::uint64_t& ticks) {
  std::int64_t more = 0;
  if (!ReadNumber(text, more)) return false;
  ticks += static_cast<std::uint64_t>(std::max<std::int64_t>(more, 0));
  return true;
}

bool Runs(const UsageStat& stat) {
  return stat.state != 'Z' && stat.state != 'X' && stat.state != 'x';
}

}  // namespace

std::optional<UsageStat> DecodeUsageStat(std::string_view text) {
  const std::size_t open = text.find(" (");
  const std::size_t close = text.rfind(')');  // the name may hold ") R 1"
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  std::array<std::string_view, kRss + 1> fields;
  UsageStat stat;
  if (!SplitStatFields(text.substr(close + 1), fields) || fields[0].size() != 1 ||
      !ReadNumber(text.substr(0, open), stat.id.pid) || !ReadNumber(fields[kParent], stat.parent) ||
      !ReadNumber(fields[kStart], stat.id.start_ticks) ||
      !ReadNumber(fields[kRss], stat.rss_pages)) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < kTimes; ++i) {
    if (!AddTicks(fields[kFirstTime + i], stat.ticks)) return std::nullopt;
  }
  stat.state = fields[0].front();
  return stat;
}

std::optional<ProcessUsage> SumTree(std::span<const UsageStat> all, const ProcessId& root,
                                    const UsageUnits& units) {
  const auto found = std::ranges::find(all, root, &UsageStat::id);
  if (found == all.end() || !Runs(*found)) return std::nullopt;
  ProcessUsage usage;
  std::vector<const UsageStat*> members{&*found};
  // A process is added once, so a damaged table with a circle in it ends as well.
  for (std::size_t i = 0; i < members.size(); ++i) {
    const UsageStat& member = *members[i];
    usage.cpu_ns += static_cast<std::int64_t>(member.ticks) * units.tick_ns;
    usage.rss_bytes += member.rss_pages * units.page_bytes;
    usage.processes += Runs(member) ? 1 : 0;
    for (const UsageStat& other : all) {
      if (other.parent != member.id.pid) continue;
      if (std::ranges::find(members, &other) == members.end()) members.push_back(&other);
    }
  }
  return usage;
}

}  // namespace tunewire
