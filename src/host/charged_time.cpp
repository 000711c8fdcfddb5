#include "host/charged_time.h"

#include <fcntl.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "host/beneath.h"
#include "host/precise_clock.h"
#include "host/socket_address.h"
#include "tunewire/base/text.h"
#include "tunewire/host/tcp.h"

namespace tunewire {
namespace {

constexpr int kRounds = 6;
/// No interrupt takes more than three quarters of a CPU that gets anything done.
constexpr double kLeast = 0.25;

std::int64_t ThreadCpuNow() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Nanoseconds this thread was ready to run and did not.
std::optional<std::int64_t> RunDelay() {
  constexpr const char* kPath = "/proc/thread-self/schedstat";
  const UniqueFd fd = OpenFile(kPath, O_RDONLY);
  if (!fd.valid()) return std::nullopt;
  const auto text = ReadAll(fd.get(), kPath);
  if (!text) return std::nullopt;
  const std::vector<std::string> words = SplitWords(*text);
  return words.size() < 2 ? std::nullopt : ParseDecimal(words[1]);
}

/// Both ends of a connection over loopback, held by this thread.
struct Ends {
  UniqueFd listener, client, server;

  static std::optional<Ends> Make() {
    Ends ends;
    auto listener = ListenTcp(LoopbackV4(), 1);
    if (!listener) return std::nullopt;
    ends.listener = *std::move(listener);
    const auto where = LocalAddressOf(ends.listener.get());
    auto client = where ? ConnectTcp(*where, {}) : Result<UniqueFd>(Fail(where.error()));
    if (!client) return std::nullopt;
    ends.client = *std::move(client);
    SocketAddress peer;
    auto server = AcceptTcp(ends.listener.get(), std::chrono::milliseconds(100), peer);
    if (!server || !server->valid()) return std::nullopt;
    ends.server = *std::move(server);
    return ends;
  }

  [[nodiscard]] bool Exchange() const {
    constexpr std::chrono::milliseconds kPatience(100);
    std::array<std::byte, 64> room{};
    return SendAll(client.get(), room.data(), room.size(), kPatience) &&
           ReceiveAll(server.get(), room.data(), room.size(), kPatience);
  }
};

std::optional<double> ShareOfRound(const Ends& ends, std::int64_t duration_ns) {
  const auto delay_before = RunDelay();
  const std::int64_t cpu = ThreadCpuNow(), begun = MonotonicNow();
  while (MonotonicNow() - begun < duration_ns) {
    if (!ends.Exchange()) return std::nullopt;
  }
  const std::int64_t wall = MonotonicNow() - begun;
  const std::int64_t used = ThreadCpuNow() - cpu;
  const auto delay = RunDelay();
  if (!delay_before || !delay || wall <= *delay - *delay_before) return std::nullopt;
  return static_cast<double>(used) / static_cast<double>(wall - (*delay - *delay_before));
}

}  // namespace

double ChargedShare(std::chrono::milliseconds budget) {
  const auto ends = Ends::Make();
  if (!ends) return 1;
  // A hypervisor that takes the CPU away makes it seem less; never more.
  double most = 0;
  const std::int64_t each = std::chrono::nanoseconds(budget).count() / kRounds;
  for (int round = 0; round < kRounds; ++round) {
    most = std::max(most, ShareOfRound(*ends, each).value_or(0));
  }
  return most == 0 ? 1 : std::clamp(most, kLeast, 1.0);
}

}  // namespace tunewire
