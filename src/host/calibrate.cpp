#include "tunewire/host/calibrate.h"

#include "base/format.h"
#include "host/charged_time.h"
#include "host/precise_clock.h"
#include "host/socket_address.h"
#include "tunewire/host/traffic.h"

namespace tunewire {
namespace {

constexpr std::uint64_t kMostConnections = 2000;
/// Enough that neither end waits for the other all the time, few enough for any limit of
/// descriptors.
constexpr std::uint32_t kConcurrency = 8;
/// Less than this is less than the tick some kernels charge by.
constexpr double kLeastCpuSeconds = 0.001;

TrafficWish Wish(TrafficKind kind, std::chrono::milliseconds duration) {
  TrafficWish wish;
  wish.kind = kind;
  wish.duration = duration;
  wish.concurrency = kConcurrency;
  if (kind == TrafficKind::kConnections) wish.most = kMostConnections;
  return wish;
}

Error NoLoopback(const TrafficResult& result) {
  Error error;
  error.kind = ErrorKind::kUnsupported;
  error.code = "no_loopback";
  error.operation = "calibrate";
  error.subject = "127.0.0.1";
  error.os_error = result.errors.empty() ? 0 : result.errors.begin()->first;
  error.message = Format("nothing gets through 127.0.0.1{}{}", error.os_error == 0 ? "" : ": ",
                         error.os_error == 0 ? "" : DescribeErrno(error.os_error));
  error.hint = "is the loopback interface of this network namespace up?";
  return error;
}

struct Phase {
  double count = 0;        ///< connections or exchanges
  double bytes = 0;        ///< that the server received
  double cpu_seconds = 0;  ///< charged
};

Result<Phase> Run(TrafficKind kind, std::chrono::milliseconds duration) {
  TrafficPlaces here;
  here.listen = LoopbackV4();
  const Result<TrafficResult> result = RunTraffic(Wish(kind, duration), here);
  if (!result) return Fail(result.error());
  const bool nothing = kind == TrafficKind::kBulk ? result->bytes == 0 : result->done == 0;
  const double cpu = static_cast<double>(result->cpu_ns) / 1e9;
  if (nothing || cpu < kLeastCpuSeconds) return Fail(NoLoopback(*result));
  return Phase{static_cast<double>(result->done), static_cast<double>(result->bytes), cpu};
}

}  // namespace

Result<Calibration> Calibrate(std::chrono::milliseconds budget) {
  const std::int64_t begun = MonotonicNow();
  const auto connections = Run(TrafficKind::kConnections, budget * 35 / 100);
  if (!connections) return Fail(connections.error());
  const auto exchanges = Run(TrafficKind::kExchanges, budget * 35 / 100);
  if (!exchanges) return Fail(exchanges.error());
  const auto bulk = Run(TrafficKind::kBulk, budget * 25 / 100);
  if (!bulk) return Fail(bulk.error());
  const double charged = ChargedShare(budget * 5 / 100);
  Calibration calibration;
  calibration.connections_per_s = connections->count / connections->cpu_seconds * charged;
  calibration.exchanges_per_s = exchanges->count / exchanges->cpu_seconds * charged;
  calibration.bytes_per_s = bulk->bytes / bulk->cpu_seconds * charged;
  calibration.seconds = static_cast<double>(MonotonicNow() - begun) / 1e9;
  calibration.uncharged_share = 1 - charged;
  return calibration;
}

}  // namespace tunewire
