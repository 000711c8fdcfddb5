// The frame that says what a run is: both scripts, options, counts.
#include <algorithm>
#include <chrono>

#include "probe/frame_parts.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;

constexpr std::size_t kMostPattern = 64;
constexpr std::size_t kMostCongestion = 16;  // TCP_CA_NAME_MAX

constexpr std::array kWriters{Writer::kClient, Writer::kServer, Writer::kBoth};
constexpr std::array kNagles{Nagle::kOn, Nagle::kOff};
constexpr std::array kQuickAcks{QuickAck::kOff, QuickAck::kOnce, QuickAck::kAlways};
constexpr std::array kStampings{Stamping::kOff, Stamping::kOn};

void WritePause(ByteWriter& writer, microseconds pause) { writer.I64(pause.count()); }

// No sum of a run's pauses overflows.
microseconds ReadPause(ByteReader& reader) {
  constexpr std::int64_t kMost = std::int64_t{1} << 50;
  const std::int64_t count = reader.I64();
  if (count >= 0 && count <= kMost) return microseconds(count);
  reader.Spoil();
  return {};
}

void WriteStep(ByteWriter& writer, const Step& step) {
  writer.U8(NumberOf(step.kind, kStepKinds));
  if (step.kind == StepKind::kSleep) WritePause(writer, step.pause);
  writer.U8(static_cast<std::uint8_t>(std::min(step.sizes.size(), kMostPieces)));
  for (std::size_t i = 0; i < std::min(step.sizes.size(), kMostPieces); ++i) {
    writer.U32(step.sizes[i]);
  }
}

bool TakesSizes(StepKind kind) {
  return kind == StepKind::kWrite || kind == StepKind::kMore || kind == StepKind::kWritev ||
         kind == StepKind::kRead;
}

// A step with sizes where none belong, or without, would make the ends reckon differently.
bool RightCount(const Step& step) {
  if (!TakesSizes(step.kind)) return step.sizes.empty();
  const std::size_t most = step.kind == StepKind::kWritev ? kMostPieces : 1;
  return !step.sizes.empty() && step.sizes.size() <= most;
}

Step ReadStep(ByteReader& reader) {
  Step step;
  step.kind = ReadEnum(reader, kStepKinds);
  if (step.kind == StepKind::kSleep) step.pause = ReadPause(reader);
  for (std::uint8_t left = reader.U8(); left > 0 && reader.ok(); --left) {
    step.sizes.push_back(reader.U32());
  }
  if (!RightCount(step)) reader.Spoil();
  return step;
}

void WriteScript(ByteWriter& writer, const Script& script) {
  const std::size_t steps = std::min(script.size(), kMostSteps);
  writer.U16(static_cast<std::uint16_t>(steps));
  for (std::size_t i = 0; i < steps; ++i) WriteStep(writer, script[i]);
}

Script ReadScript(ByteReader& reader) {
  Script script;
  for (std::size_t left = reader.Count(kMostSteps, 2); left > 0 && reader.ok(); --left) {
    script.push_back(ReadStep(reader));
  }
  return script;
}

void WriteOptions(ByteWriter& writer, const EndOptions& options) {
  writer.U8(NumberOf(options.nagle, kNagles));
  writer.U8(NumberOf(options.quickack, kQuickAcks));
  writer.U8(options.delack_max ? 1 : 0);
  if (options.delack_max) WritePause(writer, *options.delack_max);
  writer.Text(options.congestion, kMostCongestion);
}

EndOptions ReadOptions(ByteReader& reader) {
  EndOptions options;
  options.nagle = ReadEnum(reader, kNagles);
  options.quickack = ReadEnum(reader, kQuickAcks);
  if (reader.Present()) options.delack_max = ReadPause(reader);
  options.congestion = reader.Text(kMostCongestion);
  return options;
}

void WriteTraffic(ByteWriter& writer, const Traffic& traffic) {
  writer.Text(traffic.pattern, kMostPattern);
  writer.U8(NumberOf(traffic.writer, kWriters));
  WriteScript(writer, traffic.client);
  WriteScript(writer, traffic.server);
  WriteOptions(writer, traffic.client_options);
  WriteOptions(writer, traffic.server_options);
  writer.U32(traffic.mss);
}

Traffic ReadTraffic(ByteReader& reader) {
  Traffic traffic;
  traffic.pattern = reader.Text(kMostPattern);
  traffic.writer = ReadEnum(reader, kWriters);
  traffic.client = ReadScript(reader);
  traffic.server = ReadScript(reader);
  traffic.client_options = ReadOptions(reader);
  traffic.server_options = ReadOptions(reader);
  traffic.mss = reader.U32();
  return traffic;
}

}  // namespace

Bytes EncodeRun(std::uint64_t nonce, const RunRequest& run) {
  ByteWriter payload;
  payload.U16(run.data_port);
  WriteExchangeBytes(payload, run.bytes);
  WriteTraffic(payload, run.spec.traffic);
  payload.U64(run.spec.count);
  WritePause(payload, run.spec.duration);
  WritePause(payload, run.spec.interval);
  WritePause(payload, run.spec.think);
  payload.U8(NumberOf(run.spec.stamping, kStampings));
  payload.U64(run.spec.keep);
  return Framed(FrameType::kRun, nonce, std::move(payload));
}

Result<RunRequest> DecodeRun(std::span<const std::byte> payload) {
  ByteReader reader(payload);
  RunRequest run;
  run.data_port = reader.U16();
  run.bytes = ReadExchangeBytes(reader);
  run.spec.traffic = ReadTraffic(reader);
  run.spec.count = reader.U64();
  run.spec.duration = ReadPause(reader);
  run.spec.interval = ReadPause(reader);
  run.spec.think = ReadPause(reader);
  run.spec.stamping = ReadEnum(reader, kStampings);
  run.spec.keep = reader.U64();
  if (run.data_port == 0) reader.Spoil();
  return Finish(reader, std::move(run), "run");
}

}  // namespace tunewire
