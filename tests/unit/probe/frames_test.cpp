#include "probe/frames.h"

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <random>
#include <string>

namespace tunewire {
namespace {

using std::chrono::microseconds;

constexpr std::uint64_t kNonce = 0x0102030405060708;

std::span<const std::byte> PayloadOf(const Bytes& frame) {
  return std::span(frame).subspan(kHeaderBytes);
}

FrameHeader HeaderOf(const Bytes& frame) {
  const auto header = DecodeHeader(std::span(frame).first<kHeaderBytes>());
  REQUIRE(header);
  return *header;
}

Script EveryStep() {
  return {{.kind = StepKind::kWrite, .sizes = {200}},
          {.kind = StepKind::kMore, .sizes = {1}},
          {.kind = StepKind::kWritev, .sizes = {1, 2, 3}},
          {.kind = StepKind::kRead, .sizes = {1 << 20}},
          {.kind = StepKind::kSleep, .sizes = {}, .pause = microseconds(5000)},
          {.kind = StepKind::kCork},
          {.kind = StepKind::kUncork},
          {.kind = StepKind::kNoDelay},
          {.kind = StepKind::kNagle},
          {.kind = StepKind::kAwaitAck}};
}

RunRequest FullRun() {
  RunRequest run;
  run.data_port = 40001;
  run.bytes = {1, 2, 3, 4};
  run.spec.traffic = {.pattern = "two_writes",
                      .writer = Writer::kBoth,
                      .client = EveryStep(),
                      .server = {{.kind = StepKind::kRead, .sizes = {7}}},
                      .client_options = {.nagle = Nagle::kOff, .quickack = QuickAck::kOnce},
                      .server_options = {.quickack = QuickAck::kAlways,
                                         .delack_max = microseconds(8000),
                                         .congestion = "cubic"},
                      .mss = 1448};
  run.spec.count = 1000;
  run.spec.duration = microseconds(1);
  run.spec.interval = microseconds(2);
  run.spec.think = microseconds(3);
  run.spec.stamping = Stamping::kOn;
  run.spec.keep = 77;
  return run;
}

Summary FullSummary() {
  Summary summary;
  summary.events = 4096;
  summary.counters = {{"DelayedACKs", 98}, {"TCPLossProbes", -1}};
  summary.tcp = {.rtt_ns = 20'000,
                 .min_rtt_ns = 9'000,
                 .ato_ns = 40'000'000,
                 .rto_ns = 204'000'000,
                 .send_mss = 1448,
                 .receive_mss = 1000,
                 .retransmitted_segments = 0,
                 .unacked_segments = 1,
                 .notsent_bytes = 1000,
                 .congestion_window = 10,
                 .window_limited_ns = 5,
                 .buffer_limited_ns = 6,
                 .pacing_bytes_per_second = 1ULL << 40,
                 .congestion = "bbr"};
  summary.facts = {.hz = 250,
                   .pingpong_thresh = 1,
                   .congestion = "bbr",
                   .kernel = "6.18.44",
                   .netns_inode = 4026531840};
  return summary;
}

std::vector<Event> FullEvents() {
  const Event bare{.kind = StepKind::kRead, .exchange = 3, .step = 1, .bytes = 9, .begin_ns = -1};
  Event full{.kind = StepKind::kWrite, .exchange = 4, .step = 63, .bytes = 1000};
  full.begin_ns = 1;
  full.end_ns = std::numeric_limits<std::int64_t>::max();
  full.sched_ns = 2;
  full.sent_ns = 3;
  full.acked_ns = std::numeric_limits<std::int64_t>::min();
  full.arrived_ns = 5;
  full.unacked_segments = 6;
  full.notsent_bytes = 7;
  full.resent_ns = 8;
  return {bare, full};
}

Error FullError() {
  return {.kind = ErrorKind::kUnsupported,
          .code = "not_supported",
          .message = "this kernel lacks TCP_DELACK_MAX_US",
          .operation = "setsockopt",
          .os_error = 92,
          .subject = "TCP_DELACK_MAX_US",
          .hint = "Linux 6.15 has it"};
}

/// One of each kind of frame, and whether a payload is one.
struct Sample {
  std::string name;
  Bytes frame;
  std::function<bool(std::span<const std::byte>)> decodes;
};

std::vector<Sample> Samples() {
  using Span = std::span<const std::byte>;
  return {
      {"hello", EncodeHello(kNonce, {"tunewire 0.1.0"}),
       [](Span p) { return DecodeHello(p).has_value(); }},
      {"hello-ok", EncodeHelloOk(kNonce, {9, 60000, 5000, "tunewire"}),
       [](Span p) { return DecodeHelloOk(p).has_value(); }},
      {"refused", EncodeRefusal(kNonce, {RefusalReason::kBusy, "8 sessions"}),
       [](Span p) { return DecodeRefusal(p).has_value(); }},
      {"run", EncodeRun(kNonce, FullRun()), [](Span p) { return DecodeRun(p).has_value(); }},
      {"ready", EncodeReady(kNonce, {{1, 2, 3, 4}, 5}),
       [](Span p) { return DecodeReady(p).has_value(); }},
      {"evidence request", EncodeEvidenceRequest(kNonce, {100, 200}),
       [](Span p) { return DecodeEvidenceRequest(p).has_value(); }},
      {"summary", EncodeSummary(kNonce, FullSummary()),
       [](Span p) { return DecodeSummary(p).has_value(); }},
      {"events", EncodeEvents(kNonce, FullEvents()),
       [](Span p) { return DecodeEvents(p).has_value(); }},
      {"bye", EncodeBye(kNonce), [](Span p) { return DecodeBye(p).has_value(); }},
      {"error", EncodeError(kNonce, FullError()),
       [](Span p) { return DecodeError(p).has_value(); }},
  };
}

}  // namespace

TEST_CASE("every frame comes back as it was") {
  CHECK(DecodeHello(PayloadOf(EncodeHello(kNonce, {"tunewire 0.1.0"}))).value() ==
        Hello{"tunewire 0.1.0"});
  const HelloOk hello{.nonce = 9, .session_ms = 60000, .idle_ms = 5000, .program = "x"};
  CHECK(DecodeHelloOk(PayloadOf(EncodeHelloOk(kNonce, hello))).value() == hello);
  const Refusal refusal{.reason = RefusalReason::kOver, .text = "too late"};
  CHECK(DecodeRefusal(PayloadOf(EncodeRefusal(kNonce, refusal))).value() == refusal);
  CHECK(DecodeRun(PayloadOf(EncodeRun(kNonce, FullRun()))).value() == FullRun());
  const Ready ready{.bytes = {1, 2, 3, 4}, .most_events = 5};
  CHECK(DecodeReady(PayloadOf(EncodeReady(kNonce, ready))).value() == ready);
  const EvidenceRequest request{.exchanges = 1ULL << 40, .most_events = 5};
  CHECK(DecodeEvidenceRequest(PayloadOf(EncodeEvidenceRequest(kNonce, request))).value() ==
        request);
  CHECK(DecodeSummary(PayloadOf(EncodeSummary(kNonce, FullSummary()))).value() == FullSummary());
  CHECK(DecodeSummary(PayloadOf(EncodeSummary(kNonce, {}))).value() == Summary{});
  CHECK(DecodeEvents(PayloadOf(EncodeEvents(kNonce, FullEvents()))).value() == FullEvents());
  CHECK(DecodeBye(PayloadOf(EncodeBye(kNonce))));
  CHECK(DecodeError(PayloadOf(EncodeError(kNonce, FullError()))).value() == FullError());
}

TEST_CASE("a header says magic, version, type, length and nonce in network byte order") {
  const Bytes frame = EncodeReady(kNonce, {});
  const std::vector<int> expected{0x54, 0x57, 0x49, 0x50, 0, 1, 0, 5, 0, 0,
                                  0,    36,   1,    2,    3, 4, 5, 6, 7, 8};
  for (std::size_t i = 0; i < kHeaderBytes; ++i) {
    CHECK(std::to_integer<int>(frame[i]) == expected[i]);
  }
  CHECK(HeaderOf(frame) ==
        FrameHeader{.version = 1, .type = FrameType::kReady, .length = 36, .nonce = kNonce});
  CHECK(frame.size() == kHeaderBytes + 36);
}

TEST_CASE("a header of something else is told from one of another version") {
  Bytes frame = EncodeBye(kNonce);
  frame[0] = std::byte{'S'};
  CHECK(DecodeHeader(std::span(frame).first<kHeaderBytes>()).error().code == "not_a_peer");

  frame = EncodeBye(kNonce);
  frame[5] = std::byte{2};    // the version
  frame[7] = std::byte{200};  // a type that only the other version knows
  CHECK(HeaderOf(frame).version == 2);
  CHECK(HeaderOf(frame).nonce == kNonce);

  frame = EncodeBye(kNonce);
  frame[7] = std::byte{11};
  CHECK(DecodeHeader(std::span(frame).first<kHeaderBytes>()).error().code == "malformed_frame");
  frame[7] = std::byte{0};
  CHECK(DecodeHeader(std::span(frame).first<kHeaderBytes>()).error().code == "malformed_frame");
}

TEST_CASE("a length beyond 64 KiB is refused before anybody waits for it") {
  Bytes frame = EncodeBye(kNonce);
  frame[9] = std::byte{1};
  CHECK(HeaderOf(frame).length == kMostPayload);
  frame[11] = std::byte{1};
  CHECK(DecodeHeader(std::span(frame).first<kHeaderBytes>()).error().code == "malformed_frame");
  frame[8] = std::byte{0xff};
  CHECK(DecodeHeader(std::span(frame).first<kHeaderBytes>()).error().code == "malformed_frame");
}

TEST_CASE("a payload cut anywhere, or one byte longer, is refused") {
  for (const Sample& sample : Samples()) {
    CAPTURE(sample.name);
    const auto payload = PayloadOf(sample.frame);
    CHECK(sample.decodes(payload));
    CHECK(HeaderOf(sample.frame).length == payload.size());
    for (std::size_t size = 0; size < payload.size(); ++size) {
      CAPTURE(size);
      CHECK_FALSE(sample.decodes(payload.first(size)));
    }
    Bytes longer(payload.begin(), payload.end());
    longer.push_back(std::byte{0});
    CHECK_FALSE(sample.decodes(longer));
  }
}

TEST_CASE("no changed byte crashes a decoder, or gets a text past it that no terminal should see") {
  for (const Sample& sample : Samples()) {
    CAPTURE(sample.name);
    Bytes payload(PayloadOf(sample.frame).begin(), PayloadOf(sample.frame).end());
    for (std::byte& place : payload) {
      const std::byte kept = place;
      for (int value = 0; value < 256; ++value) {
        place = static_cast<std::byte>(value);
        sample.decodes(payload);
      }
      place = kept;
    }
    CHECK(sample.decodes(payload));
  }
}

TEST_CASE("random bytes never crash a decoder") {
  std::mt19937 random(7411);
  std::uniform_int_distribution<int> byte(0, 255);
  const auto samples = Samples();
  for (int round = 0; round < 3000; ++round) {
    Bytes payload(static_cast<std::size_t>(byte(random)));
    for (std::byte& b : payload) b = static_cast<std::byte>(byte(random) % (round % 2 ? 256 : 4));
    for (const Sample& sample : samples) sample.decodes(payload);
  }
}

TEST_CASE("unknown values of enums are refused") {
  Bytes refused = EncodeRefusal(kNonce, {RefusalReason::kBusy, "x"});
  for (const int number : {0, 8, 255}) {
    refused[kHeaderBytes] = static_cast<std::byte>(number);
    CHECK_FALSE(DecodeRefusal(PayloadOf(refused)));
  }
  Bytes events = EncodeEvents(kNonce, FullEvents());
  for (const int number : {0, 11, 255}) {
    events[kHeaderBytes + 2] = static_cast<std::byte>(number);
    CHECK_FALSE(DecodeEvents(PayloadOf(events)));
  }
}

TEST_CASE("a flag is 0 or 1") {
  Bytes events = EncodeEvents(kNonce, FullEvents());
  const std::size_t first_flag = kHeaderBytes + 2 + 1 + 12 + 16;
  REQUIRE(events[first_flag] == std::byte{0});
  events[first_flag] = std::byte{2};
  CHECK_FALSE(DecodeEvents(PayloadOf(events)));
}

TEST_CASE("texts are clipped and cleaned on the way out, and refused unclean on the way in") {
  const std::string escape = "a\x1b[2Jb";
  CHECK(DecodeRefusal(PayloadOf(EncodeRefusal(kNonce, {RefusalReason::kBusy, escape})))->text ==
        "a?[2Jb");
  const std::string longest(5000, 'x');
  CHECK(DecodeRefusal(PayloadOf(EncodeRefusal(kNonce, {RefusalReason::kBusy, longest})))
            ->text.size() == kMostText);
  CHECK(PayloadOf(EncodeHello(kNonce, {longest})).size() == kMostHelloPayload);

  for (const int unclean : {0, 10, 27, 127, 155, 255}) {
    Bytes frame = EncodeRefusal(kNonce, {RefusalReason::kBusy, "text"});
    frame.back() = static_cast<std::byte>(unclean);
    CHECK_FALSE(DecodeRefusal(PayloadOf(frame)));
  }
}

TEST_CASE("a run whose steps have sizes where none belong is refused") {
  for (const Step& wrong :
       {Step{.kind = StepKind::kCork, .sizes = {1}}, Step{.kind = StepKind::kWrite},
        Step{.kind = StepKind::kWrite, .sizes = {1, 2}}, Step{.kind = StepKind::kWritev},
        Step{.kind = StepKind::kSleep, .sizes = {}, .pause = microseconds(-1)}}) {
    RunRequest run = FullRun();
    run.spec.traffic.server = {wrong};
    CHECK_FALSE(DecodeRun(PayloadOf(EncodeRun(kNonce, run))));
  }
  RunRequest run = FullRun();
  run.data_port = 0;
  CHECK_FALSE(DecodeRun(PayloadOf(EncodeRun(kNonce, run))));
}

TEST_CASE("the largest frames fit") {
  Event event = FullEvents()[1];
  const std::vector<Event> events(kEventsAFrame, event);
  const Bytes frame = EncodeEvents(kNonce, events);
  CHECK(HeaderOf(frame).length <= kMostPayload);
  CHECK(DecodeEvents(PayloadOf(frame)).value() == events);

  RunRequest run = FullRun();
  run.spec.traffic.client.assign(
      kMostSteps, {.kind = StepKind::kWritev, .sizes = std::vector<std::uint32_t>(kMostPieces, 9)});
  run.spec.traffic.server = run.spec.traffic.client;
  CHECK(DecodeRun(PayloadOf(EncodeRun(kNonce, run))).value() == run);

  Summary summary = FullSummary();
  summary.counters.assign(1000, {std::string(100, 'N'), 1});
  const Bytes clipped = EncodeSummary(kNonce, summary);
  CHECK(HeaderOf(clipped).length <= kMostPayload);
  CHECK(DecodeSummary(PayloadOf(clipped))->counters.size() == 256);
}

TEST_CASE("a session's nonce needs both halves") {
  CHECK(SessionNonce(5, 6) != SessionNonce(5, 7));
  CHECK(SessionNonce(5, 6) != SessionNonce(4, 6));
  CHECK(SessionNonce(5, 5) != 0);
}

}  // namespace tunewire
