#include "probe/grant.h"

#include <algorithm>
#include <string_view>

#include "base/format.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::uint32_t kLargestMss = 65535;

Refusal Beyond(std::string text) {
  return {.reason = RefusalReason::kLimit, .text = std::move(text)};
}

bool RightSize(std::uint32_t size) { return size >= 1 && size <= kLargestPiece; }

bool RightSizes(const Script& script) {
  return std::all_of(script.begin(), script.end(), [](const Step& step) {
    return std::all_of(step.sizes.begin(), step.sizes.end(), RightSize);
  });
}

std::optional<Refusal> RefusalOfScripts(const Traffic& traffic) {
  for (const Script* script : {&traffic.client, &traffic.server}) {
    if (script->empty() || script->size() > kMostSteps) {
      return Beyond(Format("a script has 1 to {} steps", kMostSteps));
    }
    if (!RightSizes(*script)) {
      return Beyond(Format("a write or read has 1 to {} bytes", kLargestPiece));
    }
  }
  return {};
}

std::optional<Refusal> RefusalOfSizes(const RunRequest& run) {
  const ExchangeBytes bytes = BytesOf(run.spec.traffic);
  const bool same = bytes == run.bytes && bytes.client_writes == bytes.server_reads &&
                    bytes.server_writes == bytes.client_reads;
  if (!same) {
    return Refusal{
        .reason = RefusalReason::kSizeMismatch,
        .text = Format("an exchange's sizes do not agree: the client writes {} and reads "
                       "{} bytes, the server reads {} and writes {}",
                       run.bytes.client_writes, run.bytes.client_reads, bytes.server_reads,
                       bytes.server_writes)};
  }
  if (bytes.client_writes + bytes.server_writes == 0) return Beyond("an exchange without a byte");
  if (std::max(bytes.client_writes, bytes.server_writes) > kMostExchangeBytes) {
    return Beyond(Format("an exchange carries at most {} bytes one way", kMostExchangeBytes));
  }
  return {};
}

// Each alone first, so that the sum cannot overflow.
bool TooSilent(const RunSpec& spec) {
  microseconds sum{};
  for (const Script* script : {&spec.traffic.client, &spec.traffic.server}) {
    for (const Step& step : *script) {
      if (step.pause > kMostSilence) return true;
      sum += step.pause;
    }
  }
  if (spec.think > kMostSilence || spec.interval > kMostSilence) return true;
  return sum + spec.think + spec.interval > kMostSilence;
}

std::optional<Refusal> RefusalOfTimes(const RunSpec& spec) {
  if (TooSilent(spec)) {
    return Beyond(
        Format("all sleeps of an exchange (scripts, think time, interval) take at most "
               "{} s together between two hosts",
               std::chrono::duration_cast<seconds>(kMostSilence).count()));
  }
  if (spec.duration > kLongestRun) {
    return Beyond(Format("a run between two hosts takes at most {} s",
                         std::chrono::duration_cast<seconds>(kLongestRun).count()));
  }
  if (spec.count > kMostExchanges) {
    return Beyond(Format("a run has at most {} exchanges", kMostExchanges));
  }
  if (spec.count == 0 && spec.duration == microseconds{}) {
    return Beyond("a run needs a count or a duration");
  }
  return {};
}

bool RightCongestion(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::optional<Refusal> RefusalOfOptions(const Traffic& traffic) {
  if (traffic.mss > kLargestMss) return Beyond(Format("an MSS is at most {}", kLargestMss));
  for (const EndOptions* end : {&traffic.client_options, &traffic.server_options}) {
    if (!RightCongestion(end->congestion)) return Beyond("no name of a congestion control");
    if (end->delack_max && *end->delack_max > seconds(1)) {
      return Beyond("a delayed-ACK maximum is at most 1 s");
    }
  }
  return {};
}

}  // namespace

ExchangeBytes BytesOf(const Traffic& traffic) {
  return {.client_writes = BytesWritten(traffic.client),
          .client_reads = BytesRead(traffic.client),
          .server_writes = BytesWritten(traffic.server),
          .server_reads = BytesRead(traffic.server)};
}

std::optional<Refusal> RefusalOf(const RunRequest& run) {
  if (auto refusal = RefusalOfScripts(run.spec.traffic)) return refusal;
  if (auto refusal = RefusalOfSizes(run)) return refusal;
  if (auto refusal = RefusalOfTimes(run.spec)) return refusal;
  return RefusalOfOptions(run.spec.traffic);
}

std::uint32_t MostEvents(const RunSpec& spec) {
  if (spec.stamping == Stamping::kOff) return 0;
  const auto steps = static_cast<std::uint32_t>(spec.traffic.server.size());
  const std::uint64_t exchanges =
      spec.count == 0 ? kMostTimelines : std::min<std::uint64_t>(spec.count, kMostTimelines);
  // The last exchange's first step begins once more where the client ends the run in front of it.
  return static_cast<std::uint32_t>(exchanges + 1) * steps;
}

Error ErrorOf(const Refusal& refusal, const std::string& peer) {
  Error error{.kind = ErrorKind::kIo,
              .code = "peer_refused",
              .message = Format("{} refuses: {}", peer, refusal.text),
              .subject = peer};
  switch (refusal.reason) {
    case RefusalReason::kVersion:
      error.kind = ErrorKind::kUnsupported;
      error.code = "peer_version";
      error.hint = "run the same version of tunewire on both hosts";
      break;
    case RefusalReason::kBusy:
      error.kind = ErrorKind::kBusy;
      error.code = "peer_busy";
      error.hint = "try again when its other sessions are over";
      break;
    case RefusalReason::kLimit:
      error.kind = ErrorKind::kUsage;
      error.code = "beyond_limits";
      break;
    case RefusalReason::kSizeMismatch:
      error.kind = ErrorKind::kInvalid;
      error.code = "size_mismatch";
      break;
    case RefusalReason::kNoData:
      error.code = "no_data_connection";
      error.hint =
          "does something between the hosts rewrite ports (NAT, a proxy, ssh -L)? It would measure "
          "itself: probe from a host that reaches the peer directly";
      break;
    case RefusalReason::kOver:
      error.code = "timed_out";
      break;
    case RefusalReason::kProtocol:
      break;
  }
  return error;
}

}  // namespace tunewire
