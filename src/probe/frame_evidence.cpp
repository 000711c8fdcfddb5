// The frames that bring back what an end saw of a run.
#include <algorithm>

#include "probe/frame_parts.h"

namespace tunewire {
namespace {

constexpr std::size_t kMostCounters = 256;
constexpr std::size_t kMostName = 64;
constexpr std::size_t kLeastCounter = 10;  // an empty name and a number
constexpr std::size_t kLeastEvent = 35;    // without any of what may be absent

void WriteTcp(ByteWriter& writer, const TcpSnapshot& tcp) {
  for (const auto* field : {&tcp.rtt_ns, &tcp.min_rtt_ns, &tcp.ato_ns, &tcp.rto_ns}) {
    writer.Maybe(*field);
  }
  for (const auto* field : {&tcp.send_mss, &tcp.receive_mss, &tcp.retransmitted_segments,
                            &tcp.unacked_segments, &tcp.notsent_bytes, &tcp.congestion_window}) {
    writer.Maybe(*field);
  }
  writer.Maybe(tcp.window_limited_ns);
  writer.Maybe(tcp.buffer_limited_ns);
  writer.Maybe(tcp.pacing_bytes_per_second);
  writer.U8(tcp.congestion ? 1 : 0);
  if (tcp.congestion) writer.Text(*tcp.congestion, kMostName);
}

TcpSnapshot ReadTcp(ByteReader& reader) {
  TcpSnapshot tcp;
  for (auto* field : {&tcp.rtt_ns, &tcp.min_rtt_ns, &tcp.ato_ns, &tcp.rto_ns}) {
    reader.Maybe(*field);
  }
  for (auto* field : {&tcp.send_mss, &tcp.receive_mss, &tcp.retransmitted_segments,
                      &tcp.unacked_segments, &tcp.notsent_bytes, &tcp.congestion_window}) {
    reader.Maybe(*field);
  }
  reader.Maybe(tcp.window_limited_ns);
  reader.Maybe(tcp.buffer_limited_ns);
  reader.Maybe(tcp.pacing_bytes_per_second);
  if (reader.Present()) tcp.congestion = reader.Text(kMostName);
  return tcp;
}

void WriteFacts(ByteWriter& writer, const EndFacts& facts) {
  writer.U32(static_cast<std::uint32_t>(std::max(facts.hz, 0)));
  writer.Maybe(facts.pingpong_thresh ? std::optional<std::int64_t>(*facts.pingpong_thresh)
                                     : std::nullopt);
  writer.Text(facts.congestion, kMostName);
  writer.Text(facts.kernel, kMostName);
  writer.U64(facts.netns_inode);
}

// Both come from a file of the peer's /proc; anything outside these bounds is no such file's.
std::optional<int> Bounded(std::int64_t value, std::int64_t most, ByteReader& reader) {
  if (value >= 0 && value <= most) return static_cast<int>(value);
  reader.Spoil();
  return std::nullopt;
}

EndFacts ReadFacts(ByteReader& reader) {
  constexpr std::int64_t kMostHz = 1'000'000;
  constexpr std::int64_t kMostThreshold = 1'000'000;
  EndFacts facts;
  facts.hz = Bounded(reader.U32(), kMostHz, reader).value_or(0);
  std::optional<std::int64_t> threshold;
  reader.Maybe(threshold);
  if (threshold) facts.pingpong_thresh = Bounded(*threshold, kMostThreshold, reader);
  facts.congestion = reader.Text(kMostName);
  facts.kernel = reader.Text(kMostName);
  facts.netns_inode = reader.U64();
  return facts;
}

void WriteEvent(ByteWriter& writer, const Event& event) {
  writer.U8(NumberOf(event.kind, kStepKinds));
  writer.U32(event.exchange);
  writer.U32(event.step);
  writer.U32(event.bytes);
  writer.I64(event.begin_ns);
  writer.I64(event.end_ns);
  for (const auto* stamp :
       {&event.sched_ns, &event.sent_ns, &event.resent_ns, &event.acked_ns, &event.arrived_ns}) {
    writer.Maybe(*stamp);
  }
  writer.Maybe(event.unacked_segments);
  writer.Maybe(event.notsent_bytes);
}

Event ReadEvent(ByteReader& reader) {
  Event event;
  event.kind = ReadEnum(reader, kStepKinds);
  event.exchange = reader.U32();
  event.step = reader.U32();
  event.bytes = reader.U32();
  event.begin_ns = reader.I64();
  event.end_ns = reader.I64();
  for (auto* stamp :
       {&event.sched_ns, &event.sent_ns, &event.resent_ns, &event.acked_ns, &event.arrived_ns}) {
    reader.Maybe(*stamp);
  }
  reader.Maybe(event.unacked_segments);
  reader.Maybe(event.notsent_bytes);
  if (event.step >= kMostSteps) reader.Spoil();
  return event;
}

}  // namespace

Bytes EncodeSummary(std::uint64_t nonce, const Summary& summary) {
  ByteWriter payload;
  payload.U32(summary.events);
  const std::size_t counters = std::min(summary.counters.size(), kMostCounters);
  payload.U16(static_cast<std::uint16_t>(counters));
  for (std::size_t i = 0; i < counters; ++i) {
    payload.Text(summary.counters[i].first, kMostName);
    payload.I64(summary.counters[i].second);
  }
  WriteTcp(payload, summary.tcp);
  WriteFacts(payload, summary.facts);
  return Framed(FrameType::kSummary, nonce, std::move(payload));
}

Result<Summary> DecodeSummary(std::span<const std::byte> payload) {
  ByteReader reader(payload);
  Summary summary;
  summary.events = reader.U32();
  for (std::size_t left = reader.Count(kMostCounters, kLeastCounter); left > 0 && reader.ok();
       --left) {
    std::string name = reader.Text(kMostName);
    summary.counters.emplace_back(std::move(name), reader.I64());
  }
  summary.tcp = ReadTcp(reader);
  summary.facts = ReadFacts(reader);
  return Finish(reader, std::move(summary), "summary");
}

Bytes EncodeEvents(std::uint64_t nonce, std::span<const Event> events) {
  events = events.first(std::min(events.size(), kEventsAFrame));
  ByteWriter payload;
  payload.U16(static_cast<std::uint16_t>(events.size()));
  for (const Event& event : events) WriteEvent(payload, event);
  return Framed(FrameType::kEvents, nonce, std::move(payload));
}

Result<std::vector<Event>> DecodeEvents(std::span<const std::byte> payload) {
  ByteReader reader(payload);
  std::vector<Event> events;
  const std::size_t count = reader.Count(kEventsAFrame, kLeastEvent);
  events.reserve(count);
  for (std::size_t left = count; left > 0 && reader.ok(); --left) {
    events.push_back(ReadEvent(reader));
  }
  return Finish(reader, std::move(events), "events");
}

}  // namespace tunewire
