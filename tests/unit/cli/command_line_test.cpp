#include "cli/command_line.h"

#include <doctest/doctest.h>

#include "cli/command_table.h"
#include "cli/exit_status.h"
#include "tunewire/base/text.h"

using namespace tunewire;

namespace {

ParsedLine Parse(std::vector<const char*> words) { return ParseCommandLine(words); }

}  // namespace

TEST_CASE("Global flags stand anywhere") {
  for (const auto& words :
       std::vector<std::vector<const char*>>{{"--json", "--state-dir", "/s", "plan", "a", "b"},
                                             {"plan", "--json", "a", "--state-dir=/s", "b"},
                                             {"plan", "a", "b", "--state-dir", "/s", "--json"}}) {
    const ParsedLine line = Parse(words);
    REQUIRE(line.kind == ParsedLine::Kind::kRun);
    CHECK(line.invocation.command == "plan");
    CHECK(line.invocation.global.json);
    CHECK(line.invocation.global.state_dir == "/s");
    CHECK(std::get<PlanArguments>(line.invocation.arguments).profiles ==
          std::vector<std::string>{"a", "b"});
  }
}

TEST_CASE("An apply's deadline is in whole seconds, rounded up") {
  const auto apply = [](const char* time) {
    const ParsedLine line = Parse({"apply", "a", "--confirm", time});
    REQUIRE(line.kind == ParsedLine::Kind::kRun);
    return std::get<ApplyArguments>(line.invocation.arguments).confirm_within->count();
  };
  CHECK(apply("60s") == 60);
  CHECK(apply("1500ms") == 2);
  CHECK(apply("2m") == 120);
  CHECK(apply("24h") == 86400);
}

TEST_CASE("Every command of the table is understood") {
  for (const CommandEntry& entry : AllCommands()) {
    const std::vector<std::string> names = Split(entry.name, ' ');
    std::vector<const char*> words;
    for (const std::string& name : names) words.push_back(name.c_str());
    words.push_back("--help");
    const ParsedLine help = Parse(words);
    CHECK(help.kind == ParsedLine::Kind::kPrint);
    CHECK(help.text.find(entry.summary) != std::string::npos);
    words.back() = "--json";
    const ParsedLine line = Parse(words);
    CHECK(line.invocation.command == Join(names, "_"));
    CHECK(line.invocation.global.json);
  }
}

namespace {

ProbeArguments Probe(std::vector<const char*> words) {
  words.insert(words.begin(), "probe");
  const ParsedLine line = Parse(words);
  REQUIRE_MESSAGE(line.kind == ParsedLine::Kind::kRun,
                  (line.errors.empty() ? "" : line.errors.front().message));
  return std::get<ProbeArguments>(line.invocation.arguments);
}

/// The code of the refusal.
std::string Refused(std::vector<const char*> words) {
  words.insert(words.begin(), "probe");
  const ParsedLine line = Parse(words);
  REQUIRE(line.kind == ParsedLine::Kind::kRefused);
  REQUIRE_FALSE(line.errors.empty());
  CHECK(line.errors.front().kind == ErrorKind::kUsage);
  return line.errors.front().code;
}

}  // namespace

TEST_CASE("A probe's words become its traffic") {
  CHECK(FormatScript(Probe({}).request.traffic.client) == "w200 w1000 r100");
  CHECK(Probe({}).request.traffic.pattern == "two_writes");
  CHECK(Probe({"--write", "300"}).request.traffic.pattern == "one_write");
  CHECK(FormatScript(Probe({"--write", "1,2,3"}).request.traffic.client) == "w1 w2 w3 r100");
  const Traffic script = Probe({"--pattern", "r7 w1 w2", "--quickack", "always"}).request.traffic;
  CHECK(FormatScript(script.server) == "w7 r3");
  CHECK(script.writer == Writer::kClient);
  CHECK(script.server_options.quickack == QuickAck::kAlways);
  CHECK(script.client_options.quickack == QuickAck::kOff);
  const Traffic server =
      Probe({"--pattern", "w1 r3", "--peer-pattern", "r1 w1 s5ms w2", "--nodelay"}).request.traffic;
  CHECK(server.writer == Writer::kServer);
  CHECK(server.server_options.nagle == Nagle::kOff);
  CHECK(server.client_options.nagle == Nagle::kOn);
  CHECK(FormatScript(Probe({"--pattern", "w9 r1", "--peer-think", "2ms"}).request.traffic.server) ==
        "r9 s2ms w1");
  const Traffic echo = Probe({"127.0.0.1:7", "--echo"}).request.traffic;
  CHECK(FormatScript(echo.client) == "w200 w1000 r1200");
  CHECK(Probe({"--csv", "x"}).request.keep_all);
  CHECK(Probe({"--no-proof"}).request.proof == Proof::kNone);
}

TEST_CASE("A probe's two ends") {
  const ParsedLine pair = Parse({"probe", "--netns", "red,blue"});
  REQUIRE(pair.kind == ParsedLine::Kind::kRun);
  CHECK(pair.invocation.global.netns.empty());
  CHECK(std::get<ProbeArguments>(pair.invocation.arguments).place.client_netns == "red");
  CHECK(std::get<ProbeArguments>(pair.invocation.arguments).place.server_netns == "blue");
  CHECK(Parse({"--netns", "red", "probe"}).invocation.global.netns == "red");
  CHECK(Probe({"[::1]:7411"}).place.peer == "[::1]:7411");
  CHECK(Probe({"db.example:1"}).place.kind == ProbePlace::Peer::kProbe);
  CHECK(Probe({"h:9", "--mss", "1448", "--pattern", "w1 r1"}).words ==
        " h:9 --pattern 'w1 r1' --mss 1448");
}

TEST_CASE("What a probe refuses before it starts") {
  for (const char* peer : {"10.0.0.9", "10.0.0.9:", ":7411", "h:0", "h:65536", "h:http", "::1",
                           "[::1]", "[]:7", "h:07411"}) {
    CAPTURE(peer);
    CHECK(Refused({peer}) == "invalid_peer");
  }
  CHECK(Refused({"--pattern", "two_write"}) == "no_such_pattern");
  CHECK(Refused({"--pattern", "w200 q"}) == "invalid_pattern");
  CHECK(Refused({"--pattern", "cork uncork"}) == "invalid_pattern");
  CHECK(Refused({"--pattern", "s5ms"}) == "invalid_pattern");
  CHECK(Refused({"--pattern", "w1 r1", "--peer-pattern", "r2 w1"}) == "invalid_pattern");
  CHECK(Refused({"--pattern", "w1 r1", "--peer-pattern", "w1 r2"}) == "invalid_pattern");
  CHECK(Refused({"--pattern", "r1 w1", "--peer-pattern", "r1 w1"}) == "invalid_pattern");
  for (const char* size : {"0", "-1", "1048577", "", "1,,2", "x", "1,0"}) {
    CAPTURE(size);
    if (*size != '\0') CHECK(Refused({"--write", size}) == "invalid_size");
  }
  CHECK(Refused({"--reply", "0"}) == "invalid_size");
  CHECK(Refused({"--reply", "1,2"}) == "invalid_size");
  CHECK(Refused({"--mss", "87"}) == "invalid_size");
  CHECK(Refused({"--mss", "32768"}) == "invalid_size");
  CHECK(Refused({"--count", "0"}) == "invalid_argument");
  CHECK(Refused({"--count", "many"}) == "invalid_argument");
  CHECK(Refused({"--duration", "0s"}) == "invalid_duration");
  CHECK(Refused({"--duration", "5"}) == "invalid_duration");
  CHECK(Refused({"--gap", "11s"}) == "invalid_duration");
  CHECK(Refused({"--gap", "1ms", "--pattern", "writev"}) == "invalid_argument");
  CHECK(Refused({"--gap", "1ms", "--pattern", "w1 r1"}) == "invalid_argument");
  CHECK(Refused({"--writer", "nobody"}) == "invalid_argument");
  CHECK(Refused({"--quickack", "often"}) == "invalid_argument");
  CHECK(Refused({"--echo"}) == "missing_argument");
  CHECK(Refused({"h:7", "--echo", "--reply", "100"}) == "invalid_pattern");
  CHECK(Refused({"h:7", "--echo", "--peer-think", "1ms"}) == "invalid_argument");
  CHECK(Refused({"--netns", "a,b", "h:7"}) == "invalid_argument");
  CHECK(Refused({"--netns", "a,b,c"}) == "invalid_argument");
  CHECK(Refused({"--netns", "a,"}) == "invalid_argument");
  CHECK(Refused({"--root", "/tmp"}) == "invalid_argument");
  CHECK(Refused({"--interval", "1ms", "--think", "1ms"}) == "invalid_argument");
  CHECK(Refused({"--csv", "x", "--html", "x"}) == "invalid_argument");
  CHECK(Refused({"--assert", "p98<1ms"}) == "invalid_assertion");
  CHECK(Refused({"h:7", "again"}) == "too_many_arguments");
}

TEST_CASE("Commands within a command take their own options only") {
  const ParsedLine serve = Parse({"probe", "serve", "--port", "0", "--sessions", "1", "--json"});
  REQUIRE(serve.kind == ParsedLine::Kind::kRun);
  CHECK(serve.invocation.command == "probe_serve");
  CHECK(serve.invocation.global.json);
  CHECK(std::get<ProbeServeArguments>(serve.invocation.arguments).options.sessions == 1);
  CHECK(Refused({"serve", "--count", "5"}) == "no_such_option");
  CHECK(Refused({"--mss", "1448", "sweep"}) == "no_such_option");
  CHECK(Refused({"serve", "--port", "65536"}) == "invalid_argument");
  CHECK(Refused({"serve", "--sessions", "0"}) == "invalid_argument");
  CHECK(Refused({"serve", "here"}) == "too_many_arguments");
  const ParsedLine sweep = Parse({"probe", "sweep", "--mss", "0,1448", "--most", "5s"});
  REQUIRE(sweep.kind == ParsedLine::Kind::kRun);
  const SweepRequest& request = std::get<ProbeSweepArguments>(sweep.invocation.arguments).request;
  CHECK(request.mss == std::vector<std::uint32_t>{0, 1448});
  CHECK(request.most == std::chrono::seconds(5));
  CHECK(Refused({"sweep", "--mss", "1448,"}) == "invalid_size");
  CHECK(Refused({"sweep", "--write", "1,2,3"}) == "invalid_size");
  CHECK(Refused({"sweep", "--most", "1s"}) == "invalid_duration");
}

TEST_CASE("Kinds of errors map to one exit status each") {
  CHECK(StatusOf(ErrorKind::kUsage) == ExitStatus::kUsage);
  CHECK(StatusOf(ErrorKind::kInvalid) == ExitStatus::kUsage);
  CHECK(StatusOf(ErrorKind::kNotFound) == ExitStatus::kUsage);
  CHECK(StatusOf(ErrorKind::kIo) == ExitStatus::kRestored);
  CHECK(StatusOf(ErrorKind::kConflict) == ExitStatus::kRestored);
  CHECK(StatusOf(ErrorKind::kBusy) == ExitStatus::kBusy);
  CHECK(StatusOf(ErrorKind::kNotPermitted) == ExitStatus::kNotPermitted);
  CHECK(StatusOf(ErrorKind::kUnsupported) == ExitStatus::kNotPermitted);
  CHECK(StatusOf(ErrorKind::kInterrupted) == ExitStatus::kInterrupted);
}
