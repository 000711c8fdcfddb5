#include "support/fake_load.h"

namespace tunewire {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kLoopbackMss = 65483;

/// Where in an answer the time goes: before the head, and between head and body.
struct Times {
  std::int64_t before_ns = 0, between_ns = 0;
};

Times TimesOf(const ServerModel& model, const LoadSpec& spec, std::uint64_t turn) {
  Times times{model.own_us * 1000 + model.think_ms * kMs, model.body_ms * kMs};
  // Timers end one or two ticks late: modes at 44 and 48 ms.
  const std::int64_t late = turn % 4 == 3 ? 8 * kMs : 4 * kMs;
  const std::int64_t mss = spec.mss == 0 ? kLoopbackMss : spec.mss;
  const bool held = model.two_writes_nagle && spec.keep_alive && !spec.quickack &&
                    model.second_write < mss && turn % model.every == model.every - 1 && turn > 0;
  if (held) times.between_ns += 40 * kMs + late;
  if (model.corked && spec.keep_alive && spec.pipeline == 1) times.before_ns += 200 * kMs + late;
  if (model.slow_every != 0 && turn % model.slow_every == 0) times.before_ns += 60 * kMs;
  if (model.hiccup_at != 0 && turn == model.hiccup_at) times.before_ns += 30 * kMs;
  return times;
}

void Record(LoadResult& result, const LoadSpec& spec, std::uint64_t turn, std::int64_t begin,
            const Times& times) {
  HttpSample sample;
  sample.intended_ns = sample.begin_ns = sample.connected_ns = begin;
  sample.first_byte_ns = begin + times.before_ns;
  sample.end_ns = sample.first_byte_ns + times.between_ns;
  sample.turn = static_cast<std::uint32_t>(spec.keep_alive ? turn : 0);
  sample.status = 200;
  sample.bytes = 1166;
  if (turn < spec.pieces) {
    const auto index = static_cast<std::uint32_t>(turn);
    result.pieces.push_back({index, sample.first_byte_ns, {}, 166, true});
    result.pieces.push_back({index, sample.end_ns, {}, 1000, false});
  }
  result.samples.push_back(sample);
  result.latency.Record(sample.end_ns - begin);
  result.first_byte.Record(times.before_ns);
}

}  // namespace

Result<LoadResult> FakeLoadClient::Run(const LoadSpec& spec, const LoadWatch& watch) {
  asked.push_back(spec);
  if (model_.refuses_from != 0 && asked.size() >= model_.refuses_from) {
    Error error;
    error.code = "refused";
    error.message = "connection refused";
    return Fail(error);
  }
  LoadResult result;
  const std::int64_t most = std::chrono::nanoseconds(spec.duration).count();
  std::int64_t now = 0;
  for (std::uint64_t turn = 0; spec.requests == 0 || turn < spec.requests; ++turn) {
    if (most > 0 && now >= most) break;
    const Times times = TimesOf(model_, spec, turn);
    Record(result, spec, turn, now, times);
    now += times.before_ns + times.between_ns + std::chrono::nanoseconds(spec.think).count();
    if (watch(turn, std::chrono::nanoseconds(now))) {
      result.interrupted = true;
      break;
    }
  }
  result.requests = result.ok = result.samples.size();
  result.elapsed_ns = now;
  result.min_rtt_ns = 20'000;
  return result;
}

}  // namespace tunewire
