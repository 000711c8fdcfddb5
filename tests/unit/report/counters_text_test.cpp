// tunewire counters as people read it.
#include <doctest/doctest.h>

#include "report/counters_report.h"
#include "report/layout.h"
#include "tunewire/base/text.h"

using namespace tunewire;

namespace {

CountersView Counted(std::int64_t overflows) {
  const auto reading = [](std::int64_t lost, std::int64_t segments) {
    return NetCounters{{{"TcpExt", "ListenOverflows", lost},
                        {"TcpExt", "DelayedACKs", segments / 10},
                        {"Tcp", "InSegs", segments},
                        {"IpExt", "InOctets", segments * 1024}}};
  };
  CountersView view;
  view.reading = CompareCounters(reading(0, 0), reading(overflows, 10'000), {}, {}, 5.0);
  return view;
}

std::string TextOf(const CountersView& view, int columns = 80) {
  Style style;
  style.columns = columns;
  return CountersText(view, {}, style);
}

}  // namespace

TEST_CASE("trouble first, in words, with its rate") {
  CHECK(TextOf(Counted(120)) ==
        "TROUBLE  this host                   1 of 4 counters that moved in 5.0 s\n"
        "\n"
        "trouble\n"
        "  TcpExt ListenOverflows                              120 handshakes        24/s\n"
        "      an accept queue was full: the program accepts too slowly, or its backlog\n"
        "      is small\n"
        "\n"
        "worth a look\n"
        "  TcpExt DelayedACKs                                 1000 ACKs             200/s\n"
        "      held back until the timer ran out: a peer under Nagle waits 40 ms for each\n"
        "\n"
        "  traffic: 2000 segments/s in, 0 out; 0 connections/s begun, 0 accepted; 0\n"
        "  datagrams/s in; 2 MiB/s in, 0 B/s out\n"
        "next: tunewire sockets\n");
}

TEST_CASE("no trouble") {
  const std::string text = TextOf(Counted(0));
  CHECK(text.starts_with(
      "OK  this host                        no trouble: 3 counters moved in 5.0 s\n"));
  CHECK(text.find("next:") == std::string::npos);
  CHECK(text.find("InSegs") == std::string::npos);
}

TEST_CASE("everything fits every width") {
  CountersView view = Counted(3);
  view.all = true;
  view.reading.softnet = {{0, 100'000, 3, 2, 1}, {1, 50, 0, 0, 0}};
  for (const int columns : {60, 80, 120}) {
    const std::string text = TextOf(view, columns);
    CAPTURE(text);
    for (const std::string& line : Split(text, '\n')) CHECK(ShownWidth(line) <= columns);
    CHECK(Join(SplitWords(text), " ").find("and 3 packets dropped by CPUs") != std::string::npos);
    CHECK(text.find("Tcp InSegs") != std::string::npos);
  }
}
