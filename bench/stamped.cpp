// What time stamps cost a ping-pong: the probe's own loop with and without them, in turn.
//
//   bench_stamped BYTES ROUNDS      prints "nanoseconds nanoseconds" of an exchange each round:
//                                   the median of those without stamps, and of those with
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "tunewire/probe/ends.h"

namespace tunewire {
namespace {

/// Every exchange of a block is stamped.
constexpr std::uint64_t kCount = kMostTimelines - 24;

/// Exits where the run fails.
long long MedianNs(Ends& ends, const Traffic& traffic, Stamping stamping) {
  const RunSpec spec{.traffic = traffic, .count = kCount, .stamping = stamping};
  const Result<RunEvidence> run =
      ends.Run(spec, [](std::uint64_t, std::chrono::nanoseconds) { return false; });
  if (run && run->latency.count() == kCount) return run->latency.At(0.5);
  std::fprintf(stderr, "%s\n", run ? "too few exchanges" : run.error().message.c_str());
  std::exit(1);
}

int Main(std::uint32_t bytes, int rounds) {
  Shape shape;
  shape.writes = {bytes};
  shape.reply = bytes;
  const Result<Traffic> traffic = NamedTraffic("one_write", shape, Writer::kClient);
  const Result<std::unique_ptr<Ends>> ends = LocalEnds("", "");
  if (!traffic || !ends) return 2;
  for (int round = 0; round < rounds; ++round) {
    const long long plain = MedianNs(**ends, *traffic, Stamping::kOff);
    std::printf("%lld %lld\n", plain, MedianNs(**ends, *traffic, Stamping::kOn));
  }
  return 0;
}

}  // namespace
}  // namespace tunewire

int main(int count, char** arguments) {
  if (count != 3) return 2;
  return tunewire::Main(static_cast<std::uint32_t>(std::strtoul(arguments[1], nullptr, 10)),
                        std::atoi(arguments[2]));
}
