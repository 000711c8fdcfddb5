#include "report/sequence_chart.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "markup_check.h"
#include "report/sequence_rows.h"

using namespace tunewire;

namespace {

constexpr std::int64_t kBegin = 5'000'000'000;
constexpr std::int64_t kUs = 1000;

Event Call(StepKind kind, std::uint32_t bytes, std::int64_t begin_us, std::int64_t end_us) {
  Event event;
  event.kind = kind;
  event.bytes = bytes;
  event.begin_ns = kBegin + begin_us * kUs;
  event.end_ns = kBegin + end_us * kUs;
  return event;
}

Event Write(std::uint32_t bytes, std::int64_t begin_us, std::int64_t sched_us,
            std::optional<std::int64_t> acked_us) {
  Event event = Call(StepKind::kWrite, bytes, begin_us, begin_us + 3);
  event.sched_ns = kBegin + sched_us * kUs;
  if (acked_us) event.acked_ns = kBegin + *acked_us * kUs;
  return event;
}

Event Read(std::uint32_t bytes, std::int64_t arrived_us, std::int64_t end_us) {
  Event event = Call(StepKind::kRead, bytes, 0, end_us);
  event.arrived_ns = kBegin + arrived_us * kUs;
  return event;
}

Timeline Between(std::vector<Event> client, std::vector<Event> server, std::int64_t end_us) {
  Timeline timeline;
  timeline.span = {kBegin, kBegin, kBegin + end_us * kUs};
  timeline.client = std::move(client);
  timeline.server = std::move(server);
  return timeline;
}

Timeline Stalled() {
  Timeline timeline =
      Between({Write(200, 0, 3, 44012), Write(1000, 6, 44017, 44079), Read(100, 44079, 44083)},
              {Read(1200, 44030, 44041), Write(100, 44052, 44055, std::nullopt)}, 44083);
  timeline.client_share.nagle_ns = 12 * kUs;
  timeline.client_share.delayed_ack_ns = 44000 * kUs;
  return timeline;
}

/// "0.000 ms c:write 200 > 200 B" for each row.
std::vector<std::string> Lines(const SequenceRows& sequence) {
  std::vector<std::string> lines;
  for (const SequenceRow& row : sequence.rows) {
    std::string line = row.gap.empty() ? Moment(row.ns) : row.gap;
    if (!row.client.empty()) line += " c:" + row.client;
    if (!row.server.empty()) line += " s:" + row.server;
    if (row.segment == Segment::kToServer) line += " > " + row.carries;
    if (row.segment == Segment::kToClient) line += " < " + row.carries;
    if (row.segment == Segment::kLostToServer) line += " x " + row.carries;
    lines.push_back(line);
  }
  return lines;
}

bool Has(const Svg& picture, std::string_view text) {
  return picture.markup.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("A stalled exchange: every moment that was measured, the silence between") {
  const SequenceRows sequence = RowsOf(Stalled());
  const std::vector<std::string> expected{"0.000 ms c:write 200 > 200 B",
                                          "0.006 ms c:write 1000",
                                          "44.0 ms of silence",
                                          "44.012 ms < ack",
                                          "44.017 ms > 1000 B",
                                          "44.041 ms s:read 1200",
                                          "44.052 ms s:write 100 < 100 B",
                                          "44.083 ms c:read 100"};
  CHECK(Lines(sequence) == expected);
  REQUIRE(sequence.bars.size() == 2);
  CHECK(sequence.bars[0].text == "held by Nagle");
  CHECK(sequence.bars[0].end == End::kClient);
  CHECK(sequence.bars[0].from_ns == 6 * kUs);
  CHECK(sequence.bars[0].to_ns == 44017 * kUs);
  CHECK(sequence.bars[1].text == "ACK delayed");
  CHECK(sequence.bars[1].end == End::kServer);
  CHECK(sequence.bars[1].to_ns == 44012 * kUs);
}

TEST_CASE("A clean exchange has neither silence nor bars; ACKs ride on the answer") {
  const SequenceRows sequence =
      RowsOf(Between({Write(200, 0, 2, 27), Write(1000, 5, 7, 27), Read(100, 27, 31)},
                     {Read(1200, 10, 15), Write(100, 20, 22, std::nullopt)}, 31));
  const std::vector<std::string> expected{"0.000 ms c:write 200 > 200 B",
                                          "0.005 ms c:write 1000 > 1000 B", "0.015 ms s:read 1200",
                                          "0.020 ms s:write 100 < 100 B", "0.031 ms c:read 100"};
  CHECK(Lines(sequence) == expected);
  CHECK(sequence.bars.empty());
}

TEST_CASE("Nagle is not named where the share does not say so") {
  Timeline timeline = Stalled();
  timeline.client_share = {};
  CHECK(RowsOf(timeline).bars.front().text == "held");
  timeline.client_share.cork_ns = 44000 * kUs;
  CHECK(RowsOf(timeline).bars.front().text == "held by cork");
  timeline.client_share = {};
  timeline.client_share.pacing_ns = 44000 * kUs;
  CHECK(RowsOf(timeline).bars.front().text == "held by pacing");
  timeline.client_share = {};
  timeline.client_share.window_ns = 44000 * kUs;
  CHECK(RowsOf(timeline).bars.front().text == "window closed");
  CHECK(RowsOf(timeline).bars.size() == 1);  // and no ACK was delayed
}

TEST_CASE("The server's hold stands on the server's lifeline") {
  Timeline timeline = Between(
      {Write(100, 0, 2, 40), Read(1200, 44060, 44070)},
      {Read(100, 10, 20), Write(200, 30, 32, 44040), Write(1000, 35, 44050, std::nullopt)}, 44070);
  timeline.server_share.delayed_ack_ns = 44000 * kUs;
  const SequenceRows sequence = RowsOf(timeline);
  REQUIRE(sequence.bars.size() == 2);
  CHECK(sequence.bars[0].end == End::kServer);
  CHECK(sequence.bars[0].text == "held by Nagle");
  CHECK(sequence.bars[1].end == End::kClient);
  CHECK(sequence.bars[1].text == "ACK delayed");
}

TEST_CASE("A lost segment ends on its way, and is sent again") {
  Timeline timeline =
      Between({Write(200, 0, 3, 206012), Read(100, 206079, 206083)},
              {Read(200, 206010, 206041), Write(100, 206052, 206055, std::nullopt)}, 206083);
  timeline.client_share.retransmit_ns = 206000 * kUs;
  const SequenceRows sequence = RowsOf(timeline);
  const std::vector<std::string> lines = Lines(sequence);
  CHECK(lines[0] == "0.000 ms c:write 200 x 200 B");
  CHECK(std::ranges::count(lines, "206.010 ms > 200 B again") == 1);
  REQUIRE(sequence.bars.size() == 1);
  CHECK(sequence.bars[0].text == "lost, sent again");
}

TEST_CASE("Two writes that a cork held leave in one segment, under one bar") {
  Timeline timeline = Between({Call(StepKind::kCork, 0, 0, 2), Write(200, 4, 208000, std::nullopt),
                               Write(1000, 7, 208001, std::nullopt)},
                              {Read(1200, 208010, 208020)}, 208030);
  timeline.client_share.cork_ns = 208000 * kUs;
  const SequenceRows sequence = RowsOf(timeline);
  CHECK(sequence.bars.size() == 1);
  CHECK(std::ranges::count(Lines(sequence), "208.000 ms > 1200 B") == 1);
}

TEST_CASE("An ACK that rides on the first of two answers is no segment of its own") {
  const std::vector<std::string> lines = Lines(RowsOf(
      Between({Write(100, 1, 2, 28), Read(1200, 43980, 43986)},
              {Read(100, 20, 24), Write(200, 25, 26, 43933), Write(1000, 32, 43943, std::nullopt)},
              43986)));
  CHECK(std::ranges::count(lines, "0.028 ms < ack") == 0);
  CHECK(std::ranges::count(lines, "43.933 ms > ack") == 1);
}

TEST_CASE("One ACK of two writes is one") {
  const std::vector<std::string> lines = Lines(
      RowsOf(Between({Write(300, 0, 1, 24), Write(300, 5, 6, 24), Read(10, 800, 801)}, {}, 801)));
  CHECK(std::ranges::count(lines, "0.024 ms < ack") == 1);
}

TEST_CASE("A slow program is silence and a sleep, no hold") {
  const SequenceRows sequence =
      RowsOf(Between({Write(100, 0, 2, 50), Read(300, 44100, 44110)},
                     {Read(100, 10, 12), Call(StepKind::kSleep, 0, 20, 44060),
                      Write(300, 44080, 44082, std::nullopt)},
                     44110));
  REQUIRE(sequence.bars.size() == 1);
  CHECK(sequence.bars[0].look == SequenceBar::Look::kSleep);
  CHECK(std::ranges::count(Lines(sequence), "44.0 ms of silence") == 1);
}

TEST_CASE("A peer that only echoes: what came, when it came") {
  const SequenceRows sequence = RowsOf(Between({Write(100, 0, 2, 25), Read(100, 25, 31)}, {}, 31));
  const std::vector<std::string> expected{"0.000 ms c:write 100 > 100 B", "0.025 ms < 100 B",
                                          "0.031 ms c:read 100"};
  CHECK(Lines(sequence) == expected);
  CHECK(Has(SequenceChart("x", Between({Write(100, 0, 2, 25)}, {}, 31)), ">peer<"));
}

TEST_CASE("Without stamps nothing is invented") {
  const Timeline bare =
      Between({Call(StepKind::kWrite, 100, 0, 4), Call(StepKind::kRead, 100, 6, 44000)}, {}, 44000);
  const SequenceRows sequence = RowsOf(bare);
  const std::vector<std::string> expected{"0.000 ms c:write 100 > 100 B", "44.0 ms of silence",
                                          "44.000 ms c:read 100"};
  CHECK(Lines(sequence) == expected);
  CHECK(sequence.bars.empty());
}

TEST_CASE("A long exchange is cut in the middle, and says so") {
  std::vector<Event> writes;
  for (int i = 0; i < 60; ++i) writes.push_back(Write(300, i * 20, i * 20 + 3, std::nullopt));
  const SequenceRows sequence = RowsOf(Between(writes, {}, 1300));
  CHECK(sequence.rows.size() <= 30);
  CHECK(std::ranges::count(Lines(sequence), "35 more steps") == 1);
}

TEST_CASE("The picture: well-formed, labelled in words, small") {
  const Svg picture = SequenceChart("stalled: 44.1 ms <b>", Stalled());
  CHECK(MarkupCheck::Fault(picture.markup) == std::nullopt);
  for (const char* text : {">client<", ">server<", ">44.012 ms<", ">held by<", ">Nagle<", ">ACK<",
                           ">delayed<", ">44.0 ms of silence<", "stalled: 44.1 ms &lt;b&gt;",
                           "client held by Nagle from 0.006 ms to 44.017 ms"}) {
    CAPTURE(text);
    CHECK(Has(picture, text));
  }
  CHECK(picture.markup.size() < 12'000);
}

TEST_CASE("A time line of nothing, and one whose times make no sense") {
  CHECK(MarkupCheck::Fault(SequenceChart("", Timeline{}).markup) == std::nullopt);
  Timeline odd = Stalled();
  odd.span = {0, 0, -5};
  std::ranges::reverse(odd.client);
  CHECK(MarkupCheck::Fault(SequenceChart("", odd).markup) == std::nullopt);
}

TEST_CASE("Large figures fit beside a lifeline") {
  const SequenceRows sequence = RowsOf(Between({Write(1 << 20, 0, 3, std::nullopt)}, {}, 10));
  CHECK(sequence.rows.front().client == "write 1 MiB");
  CHECK(Moment(1'234'567'890) == "1.235 s");
}
