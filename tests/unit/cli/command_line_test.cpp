#include "cli/command_line.h"

#include <doctest/doctest.h>

#include "cli/command_table.h"
#include "cli/exit_status.h"

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
    const std::string name(entry.name);
    const ParsedLine help = Parse({name.c_str(), "--help"});
    CHECK(help.kind == ParsedLine::Kind::kPrint);
    CHECK(help.text.find(entry.summary) != std::string::npos);
    const ParsedLine line = Parse({name.c_str(), "--json"});
    CHECK(line.invocation.command == name);
    CHECK(line.invocation.global.json);
  }
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
