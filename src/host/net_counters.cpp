#include "tunewire/host/net_counters.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <tuple>

#include "base/format.h"
#include "host/beneath.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

Error Invalid(int line, std::string why) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = "invalid_counters";
  error.subject = "the kernel's counters";
  error.message = Format("the kernel's counters, line {}: {}", line, std::move(why));
  return error;
}

/// Counters are unsigned longs and settings signed ones: both keep their bits.
std::optional<std::int64_t> ParseCounter(std::string_view text) {
  std::int64_t value = 0;
  std::uint64_t large = 0;
  const char* const end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, value);
      read.ec == std::errc{} && read.ptr == end) {
    return value;
  }
  const auto read = std::from_chars(text.data(), end, large);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return static_cast<std::int64_t>(large);
}

/// "TcpExt: a b" -> TcpExt and its words; an empty group where there is no colon.
struct Line {
  std::string group;
  std::vector<std::string> words;
};

Line SplitLine(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  return {std::string(text.substr(0, colon)), SplitWords(text.substr(colon + 1))};
}

Status AppendPair(const Line& names, const Line& values, int line, NetCounters& counters) {
  if (names.group.empty() || names.group != values.group) {
    return Fail(Invalid(line, "names and values do not belong together"));
  }
  if (names.words.size() != values.words.size()) {
    return Fail(
        Invalid(line, Format("{} names and {} values", names.words.size(), values.words.size())));
  }
  for (std::size_t i = 0; i < names.words.size(); ++i) {
    const std::optional<std::int64_t> value = ParseCounter(values.words[i]);
    if (!value) {
      return Fail(Invalid(line, Format("'{}' is no number", Printable(values.words[i]))));
    }
    counters.all.push_back({names.group, names.words[i], *value});
  }
  return {};
}

std::string_view NextLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

Result<NetCounters> ReadOne(const char* path) {
  const UniqueFd fd = OpenFile(path, O_RDONLY);
  if (!fd.valid()) return Fail(SystemError("open", path, errno));
  const Result<std::string> text = ReadAll(fd.get(), path);
  if (!text) return Fail(text.error());
  return DecodeNetCounters(*text);
}

}  // namespace

std::optional<std::int64_t> NetCounters::Value(std::string_view group,
                                               std::string_view name) const {
  for (const NetCounter& counter : all) {
    if (counter.group == group && counter.name == name) return counter.value;
  }
  return std::nullopt;
}

Result<NetCounters> DecodeNetCounters(std::string_view text) {
  NetCounters counters;
  for (int line = 1; !text.empty(); line += 2) {
    const Line names = SplitLine(NextLine(text));
    const Line values = SplitLine(NextLine(text));
    if (Status added = AppendPair(names, values, line, counters); !added) {
      return Fail(added.error());
    }
  }
  return counters;
}

Result<NetCounters> ReadNetCounters() {
  // /proc/net is the process's leader's; a thread may be in a namespace of its own.
  Result<NetCounters> counters = ReadOne("/proc/thread-self/net/netstat");
  if (!counters) return counters;
  Result<NetCounters> snmp = ReadOne("/proc/thread-self/net/snmp");
  if (!snmp) return snmp;
  counters->all.insert(counters->all.end(), snmp->all.begin(), snmp->all.end());
  return counters;
}

NetCounters ChangedCounters(const NetCounters& before, const NetCounters& after) {
  NetCounters changed;
  const auto same = [](const NetCounter& a, const NetCounter& b) {
    return std::tie(a.group, a.name) == std::tie(b.group, b.name);
  };
  for (std::size_t i = 0; i < after.all.size(); ++i) {
    const NetCounter& now = after.all[i];
    // Two readings of one kernel have the same order: only a foreign pair needs the search.
    auto then = before.all.begin() + static_cast<std::ptrdiff_t>(std::min(i, before.all.size()));
    if (then == before.all.end() || !same(*then, now)) {
      then = std::find_if(before.all.begin(), before.all.end(),
                          [&](const NetCounter& one) { return same(one, now); });
    }
    if (then == before.all.end() || then->value == now.value) continue;
    changed.all.push_back({now.group, now.name, now.value - then->value});
  }
  return changed;
}

}  // namespace tunewire
