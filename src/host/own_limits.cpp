#include "tunewire/host/own_limits.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

#include "tunewire/base/text.h"
#include "tunewire/base/unique_fd.h"
#include "tunewire/profile/profile.h"

namespace tunewire {
namespace {

std::uint64_t Amount(rlim_t limit) { return limit == RLIM_INFINITY ? kUnlimited : limit; }

/// "VmHWM:\t    3456 kB"
std::uint64_t PeakOf(std::string_view status) {
  for (const std::string& line : Split(status, '\n')) {
    if (!line.starts_with("VmHWM:")) continue;
    const auto words = SplitWords(line);
    const auto kibibytes = words.size() == 3 ? ParseDecimal(words[1]) : std::nullopt;
    return kibibytes && *kibibytes > 0 ? static_cast<std::uint64_t>(*kibibytes) * 1024 : 0;
  }
  return 0;
}

}  // namespace

Limits OwnNofile() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  return {Amount(limit.rlim_cur), Amount(limit.rlim_max)};
}

std::uint64_t RaiseOwnNofile(std::uint64_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur >= wanted) return Amount(limit.rlim_cur);
  rlimit raised = limit;
  raised.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  return Amount(::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur);
}

std::uint64_t OwnPeakMemory() {
  const UniqueFd file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> room{};
  const ssize_t length = file.valid() ? ::read(file.get(), room.data(), room.size()) : -1;
  return length <= 0 ? 0 : PeakOf({room.data(), static_cast<std::size_t>(length)});
}

std::int64_t OwnCpuNs() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

}  // namespace tunewire
