// Recordings: what is played is what was seen, and a damaged one is not played at all.
#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/format.h"
#include "host/socket_glance.h"
#include "sockets/recording_fields.h"
#include "sockets/recording_format.h"
#include "support/loopback_sockets.h"
#include "support/made_sockets.h"
#include "tunewire/sockets/watch.h"

namespace tunewire {
namespace {

/// Everything that a sink is told, as text.
class Diary : public LookSink {
 public:
  void Held(std::span<const HeldSocket> held) override {
    text += "held";
    for (const HeldSocket& one : held) {
      text += Format(" {}/{}/{}", one.inode, one.pid, one.descriptor);
    }
    text += "\n";
  }
  void Begin(LookHead head) override {
    text += Format("begin {} {}", head.at_ns, static_cast<int>(head.scope));
    for (const NetCounter& one : head.counters.all) {
      text += Format(" {}.{}={}", one.group, one.name, one.value);
    }
    for (const AckState& ack : head.acks) {
      text += Format(" {}:{}:{}:{}", ack.inode, ack.ato_ticks, ack.quick, ack.pingpong);
    }
    text += "\n";
  }
  void Socket(std::span<const std::byte> raw) override {
    text += Format("socket {} {}\n", raw.size(), GlanceAt(raw)->cookie);
  }
  void End(const SocketDump& dump) override {
    text += Format("end {} {}\n", dump.seen, dump.partial);
  }

  std::string text;
};

SocketOptions AllOptions() {
  SocketOptions options;
  std::uint32_t number = 0;
  recording::EachOption(options, [&number]<class T>(const char* name, std::optional<T>& option) {
    ++number;
    if constexpr (std::is_same_v<T, std::string>) {
      option = name;
    } else if constexpr (std::is_same_v<T, bool>) {
      option = number % 2 == 0;
    } else {
      option = static_cast<T>(~T{0}) - number;
    }
  });
  return options;
}

SocketSurroundings Around() {
  SocketSurroundings around;
  Process process;
  process.id = {7, 123456};
  process.command = "odd \xff\x01 name";
  process.executable = "server";
  process.unit = "w\u00e9b.service";
  around.processes = {process};
  process.id.pid = 9;
  process.command = std::string("\0x", 2);
  around.processes.push_back(process);
  around.held = {{1001, 7, 3}, {1001, 9, 4}, {1ULL << 40U, 9, 5}};
  around.unreadable = 12;
  around.options = {{1001, AllOptions()}, {1002, {}}};
  around.settings.tcp_mem = {1, 2, UINT64_MAX};
  around.settings.congestion_control = "bbr";
  around.settings.somaxconn = UINT32_MAX;
  around.settings.hz = 1000;
  return around;
}

struct Recorded {
  std::string bytes;
  RecordingWriter writer{[this](std::string_view more) {
    bytes += more;
    return Status();
  }};
};

void WriteLooks(LookSink& sink, bool with_held) {
  if (with_held) sink.Held(std::vector<HeldSocket>{{1001, 7, 3}});
  sink.Begin({.at_ns = 5,
              .counters = {{{"TcpExt", "A", 1}, {"TcpExt", "B", -2}, {"Tcp", "MaxConn", -1}}},
              .acks = {{1001, 4, 3, true}, {1002, 20, 0, false}},
              .scope = LookScope::kFiltered});
  sink.Socket(EncodeSocket(RestingConnection(1, "10.0.0.1:80", "10.0.0.9:1")));
  sink.Socket(EncodeSocket(TimeWaitSocket(2, "[::1]:80", "[::1]:1")));
  sink.End({.seen = 2, .partial = true});
  sink.Begin({.at_ns = -7});
  sink.End({});
}

std::string Whole(bool with_held = true) {
  Recorded recorded;
  WriteLooks(recorded.writer, with_held);
  REQUIRE(recorded.writer.Finish(Around(), "6.18").has_value());
  return recorded.bytes;
}

void CheckEqual(const SocketSurroundings& a, const SocketSurroundings& b) {
  CHECK(a.settings == b.settings);
  CHECK(a.processes == b.processes);
  CHECK(a.held == b.held);
  CHECK(a.unreadable == b.unreadable);
  CHECK(a.options == b.options);
}

std::string Replaced(std::string bytes, std::string_view what, std::string_view with) {
  const std::size_t at = bytes.find(what);
  REQUIRE(at != std::string::npos);
  return bytes.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("recording: a sink is told the same again, and the surroundings come back whole") {
  Diary live;
  WriteLooks(live, true);
  Diary played;
  const auto around = PlayRecording(Whole(), played);
  REQUIRE(around.has_value());
  CHECK(played.text == live.text);
  CheckEqual(*around, Around());
}

TEST_CASE("recording: without a selection when it was made, one may be made when it is played") {
  Diary played;
  REQUIRE(PlayRecording(Whole(false), played).has_value());
  CHECK(played.text.starts_with(
      Format("held 1001/7/3 1001/9/4 {}/9/5\nbegin", std::uint64_t{1} << 40U)));
  EvidenceBuilder builder(SocketSelection{.pids = {7}});
  REQUIRE(PlayRecording(Whole(false), builder).has_value());
  CHECK(builder.Finish({}).connections.size() == 1);
}

TEST_CASE("recording: cut short anywhere, it is refused with the place and nothing is played") {
  const std::string whole = Whole();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    Diary played;
    const auto cut = PlayRecording(std::string_view(whole).substr(0, length), played);
    REQUIRE_FALSE(cut.has_value());
    CHECK(cut.error().kind == ErrorKind::kInvalid);
    CHECK(cut.error().code == "invalid_recording");
    CHECK(played.text.empty());
  }
  Diary played;
  CHECK_FALSE(PlayRecording(whole + "x", played).has_value());
  CHECK(played.text.empty());
}

TEST_CASE("recording: any changed byte is found") {
  const std::string whole = Whole();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    CAPTURE(at);
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x20);
    Diary played;
    CHECK_FALSE(PlayRecording(changed, played).has_value());
    CHECK(played.text.empty());
  }
}

TEST_CASE("recording: errors name the byte") {
  Diary played;
  const auto magic = PlayRecording("something else", played);
  CHECK(
      magic.error().message ==
      "the recording is damaged at byte 0: it does not begin as a recording of this version does");
  const std::string begun(recording::kMagic);
  CHECK(PlayRecording(begun, played).error().message ==
        "the recording is damaged at byte 21: it ends before its end mark");
  CHECK(PlayRecording(begun + recording::Framed('?', ""), played).error().message ==
        "the recording is damaged at byte 21: a record of an unknown kind");
  CHECK(PlayRecording(begun + recording::Framed('s', ""), played).error().message ==
        "the recording is damaged at byte 21: a record 's' that does not belong there");
}

TEST_CASE("recording: records whose checksum is right are still looked at") {
  const std::string begun(recording::kMagic);
  const std::string look = recording::Framed('b', std::string(13, '\0'));
  std::string odd_scope(13, '\0');
  odd_scope[8] = 3;
  std::string long_text(13, '\0');
  long_text[9] = 1;
  Diary played;
  for (const std::string& records :
       {recording::Framed('b', ""), recording::Framed('b', odd_scope),
        recording::Framed('b', long_text), recording::Framed('b', std::string(14, '\0')),
        recording::Framed('h', "123"), look + recording::Framed('s', "too short"),
        look + recording::Framed('e', ""), look + look,
        look + recording::Framed('a', "{\"settings\":{}}"), recording::Framed('a', "{}"),
        recording::Framed('a', "nonsense"), recording::Framed('a', R"({"settings":{"hz":"x"}})"),
        recording::Framed('a', R"({"settings":{"somaxconn":4294967296}})"),
        recording::Framed('a', R"({"settings":{"tcp_mem":[1,2]}})"),
        recording::Framed('p', R"({"pid":1})"),
        recording::Framed('a', R"({"settings":{}})") + recording::Framed('p', R"({"command":"x"})"),
        recording::Framed('a', R"({"settings":{}})") + recording::Framed('o', "") +
            recording::Framed('x', R"({"nodelay":true})"),
        recording::Framed('a', R"({"settings":{}})") + recording::Framed('o', "") +
            recording::Framed('z', std::string(8, '\0'))}) {
    CAPTURE(records.size());
    const auto refused = PlayRecording(begun + records, played);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.find("it ends before") == std::string::npos);
  }
  CHECK(played.text.empty());
}

TEST_CASE("recording: what a later version adds to its JSON is passed over") {
  Diary played;
  const std::string around = recording::Framed('a', R"({"settings":{"new":1},"newer":[{}]})");
  std::string mark;
  recording::AppendNumber(mark, std::uint64_t{2});
  CHECK(PlayRecording(std::string(recording::kMagic) + around + recording::Framed('o', "") +
                          recording::Framed('z', mark),
                      played)
            .has_value());
  CHECK_FALSE(PlayRecording(Replaced(Whole(), "recording 1", "recording 2"), played).has_value());
}

TEST_CASE("recording: the first error of writing is kept, and nothing is written behind it") {
  int calls = 0;
  RecordingWriter writer([&calls](std::string_view) -> Status {
    if (++calls < 3) return {};
    return Fail(Error{.code = "disk_full"});
  });
  WriteLooks(writer, true);
  const Status finished = writer.Finish({}, "");
  REQUIRE_FALSE(finished.has_value());
  CHECK(finished.error().code == "disk_full");
  CHECK(calls == 3);
}

TEST_CASE("recording: real sockets watched live and played again are the same evidence") {
  const loopback::Pair pair;
  const loopback::Pair other(loopback::Family::kV6);
  REQUIRE(::send(pair.client.get(), "hello", 5, 0) == 5);
  auto source = LinuxSockets();
  REQUIRE(source.has_value());
  const auto clock = LinuxClock();
  WatchHost host{.sockets = **source, .clock = *clock};
  host.counters = ReadNetCounters;
  host.ack_states = ReadAckStates;
  host.held = FindHeldSockets;
  host.processes = [] { return LinuxProcesses()->Processes(); };
  host.settings = [] { return NetworkSettings{.hz = 250}; };
  int pauses = 0;
  UniqueFd late;
  host.pause = [&](std::chrono::nanoseconds) {
    if (++pauses == 3) {
      late = loopback::Connect(loopback::Family::kV4, loopback::LocalOf(pair.listener.get()).port);
    }
    return pauses > 6;
  };
  for (const std::vector<int>& pids : {std::vector<int>{}, std::vector<int>{::getpid()}}) {
    pauses = 0;
    WatchWish wish;
    wish.selection.pids = pids;
    wish.time = std::chrono::minutes(1);
    EvidenceBuilder live(wish.selection);
    Recorded recorded;
    const std::array<LookSink*, 2> sinks{&live, &recorded.writer};
    const auto around = WatchSockets(host, wish, sinks);
    REQUIRE(around.has_value());
    REQUIRE(recorded.writer.Finish(*around, "6.18").has_value());
    EvidenceBuilder replayed(wish.selection);
    const auto again = PlayRecording(recorded.bytes, replayed);
    REQUIRE(again.has_value());
    CheckEqual(*again, *around);
    const Evidence seen = live.Finish(*around);
    CHECK(seen.connections.size() >= 4);
    CHECK(replayed.Finish(*again) == seen);
  }
}

}  // namespace tunewire
