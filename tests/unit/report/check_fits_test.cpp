// tunewire check on every made and captured host: no line is wider than it may be, whatever the
// load, and nothing from outside reaches the terminal raw.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "report/layout.h"
#include "support/made_checks.h"
#include "support/made_hosts.h"
#include "tunewire/base/text.h"
#include "tunewire/host/capture_facts.h"

using namespace tunewire;

namespace {

struct NamedFacts {
  std::string name;
  HostFacts facts;
};

std::vector<NamedFacts> AllHosts() {
  std::vector<NamedFacts> hosts{{"quiet", QuietFacts()}, {"nothing known", {}}};
  for (const MadeHost& host : MadeHosts()) hosts.push_back({std::string(host.name), host.make()});
  for (const char* name : {"arm-container", "docker-limited", "kvm-guest", "many-nics",
                           "metal-two-nodes", "one-cpu-old"})
    hosts.push_back(
        {name, CaptureFrom(std::string(TUNEWIRE_SOURCE_DIR "/tests/fixtures/hosts/") + name,
                           TunablesWanted::kForChecks)});
  return hosts;
}

std::vector<std::optional<LoadWish>> AllLoads() {
  LoadWish small = HeavyLoad();
  small.connections = 100;
  small.rate = 200;
  LoadWish server;
  server.side = LoadSide::kServer;
  server.connections = 1'000'000;
  server.listen_port = 8080;
  server.keepalive = true;
  LoadWish everything = HeavyLoad();
  everything.message_bytes = 64'000;
  everything.rtt = std::chrono::milliseconds(80);
  everything.bandwidth_bits_per_s = 10'000'000'000;
  everything.threads = 100'000;
  everything.sources = {"10.0.0.9", "2001:db8:1111:2222:3333:4444:5555:6666"};
  everything.bind_takes_port = true;
  LoadWish rated = server;
  rated.connections = 0;
  rated.keepalive = false;
  rated.rate = 50;
  return {std::nullopt, small, HeavyLoad(), server, everything, rated};
}

bool IsPlain(char c) { return c == '\n' || (c >= ' ' && c <= '~'); }

/// A path stays whole, wherever it has to stand.
bool HasLongWord(const std::string& line, const Style& style) {
  constexpr int kDeepest = 12;
  return std::ranges::any_of(SplitWords(line), [&style](const std::string& word) {
    return ShownWidth(word) + kDeepest > style.columns;
  });
}

void CheckScreen(const CheckView& view, const Style& style) {
  const std::string text = CheckText(view, {}, style);
  REQUIRE(text.ends_with('\n'));
  std::string wrong;
  for (const std::string& line : Split(text, '\n')) {
    // The next command is on one line, so that it can be copied.
    const bool fits =
        ShownWidth(line) <= style.columns || HasLongWord(line, style) || line.starts_with("next: ");
    if (!fits || line.ends_with(' ')) wrong += line + "\n";
  }
  CHECK(wrong == "");
  if (style.charset == Charset::kAscii && style.ink == Ink::kPlain)
    CHECK(std::ranges::all_of(text, IsPlain));
}

}  // namespace

TEST_CASE("check: every screen fits, in both character sets, with and without colour") {
  for (const NamedFacts& host : AllHosts()) {
    for (const std::optional<LoadWish>& wish : AllLoads()) {
      const CheckView view = CheckOf(host.facts, wish);
      for (const int columns : {60, 80, 120}) {
        for (const Charset charset : {Charset::kAscii, Charset::kUtf8}) {
          for (const Detail detail : {Detail::kQuiet, Detail::kNormal, Detail::kVerbose}) {
            INFO(host.name, ", ", columns, " columns, ", wish ? wish->connections : 0);
            CheckScreen(view, {columns, charset, Ink::kPlain, detail});
            // Colour takes no room anywhere, so one width tells.
            if (columns == 60 && detail == Detail::kNormal)
              CheckScreen(view, {columns, charset, Ink::kColor, detail});
          }
        }
      }
    }
  }
}

TEST_CASE("check: colour adds nothing but colour") {
  const CheckView view = CheckOf(OneCpuHost(), HeavyLoad());
  Style plain, coloured;
  coloured.ink = Ink::kColor;
  std::string stripped = CheckText(view, {}, coloured);
  CHECK(stripped.starts_with("\033[31mNOT READY"));
  for (std::size_t at = stripped.find("\033["); at != std::string::npos;
       at = stripped.find("\033[")) {
    stripped.erase(at, stripped.find('m', at) - at + 1);
  }
  CHECK(stripped == CheckText(view, {}, plain));
}

TEST_CASE("check: hostile names are made safe") {
  HostFacts facts = OneCpuHost();
  std::vector<InterfaceFacts> cards = *facts.interfaces;
  for (InterfaceFacts& card : cards) card.name = "e\033[2J\n\xff";
  facts.interfaces = cards;
  facts.busy = std::vector<BusyProcess>{{Process{{7, 1}, "\033]0;x\a\n", "", "", ""}, 1.0}};
  facts.cgroup = Known<CgroupFacts>::Unknown("/sys/\033[31m\r: no such file");
  facts.clock = ClockSource{"\033c", {"\n", "tsc"}};
  for (const std::optional<LoadWish>& wish : AllLoads()) {
    CheckView view = CheckOf(facts, wish);
    view.host_keys = {"net.\033[1m"};
    for (const Detail detail : {Detail::kQuiet, Detail::kNormal, Detail::kVerbose}) {
      for (const int columns : {60, 120})
        CheckScreen(view, {columns, Charset::kAscii, Ink::kPlain, detail});
    }
  }
}
