// tunewire sockets as people read it, over evidence made by hand.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "report/layout.h"
#include "report/sockets_report.h"
#include "support/made_evidence.h"
#include "tunewire/base/text.h"

using namespace tunewire;

namespace {

SocketsView ViewOf(Evidence evidence) {
  SocketsView view;
  view.evidence = std::move(evidence);
  view.findings = JudgeSockets(view.evidence);
  view.wanted = std::chrono::seconds(3);
  return view;
}

SocketsView TroubleView(std::string_view rule) {
  std::optional<Evidence> evidence = TroubleOf(rule);
  REQUIRE(evidence);
  return ViewOf(*std::move(evidence));
}

std::string TextOf(const SocketsView& view, Detail detail = Detail::kNormal, int columns = 80) {
  Style style;
  style.detail = detail;
  style.columns = columns;
  return SocketsText(view, {}, style);
}

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a stall: verdict first, the next command last") {
  SocketsView view = TroubleView("held_by_nagle");
  CHECK(TextOf(view) ==
        "HELD BACK  this host                 1 of 1 connection in 3.0 s\n"
        "\n"
        "x server (pid 4321, server.service)                     held_by_nagle, confirmed\n"
        "    10.0.0.1:80 -> 10.0.0.9:40001\n"
        "    small writes wait unsent for the ACK of the one before: 98 % of 120 looks,\n"
        "    up to 44 ms each\n"
        "    seen from 0 ms to 3.0 s; costs about 44 ms each time\n"
        "    do: send each message with one write (writev(2), or MSG_MORE on all but its\n"
        "        last piece), or set TCP_NODELAY on the socket\n"
        "\n"
        "exit 1.  next: tunewire sockets --fix nodelay --pid 4321 --trial 5s\n");
  CHECK(TextOf(view, Detail::kQuiet) ==
        "HELD BACK  this host                 1 of 1 connection in 3.0 s\n"
        "x server (pid 4321, server.service)                     held_by_nagle, confirmed\n");
}

TEST_CASE("nothing held back") {
  CHECK(TextOf(ViewOf(HostWith({QuietConnection(1), QuietConnection(2)}))) ==
        "OK  this host                        none of 2 connections in 3.0 s\n");
  CHECK(TextOf(ViewOf(HostWith({}))) ==
        "OK  this host                        no connection in 3.0 s\n");
}

TEST_CASE("every trouble fits every width, and says what it means with -v") {
  for (const Rule& rule : AllRules()) {
    const SocketsView view = TroubleView(rule.id);
    for (const int columns : {60, 80, 120}) {
      for (const Detail detail : {Detail::kQuiet, Detail::kNormal, Detail::kVerbose}) {
        const std::string text = TextOf(view, detail, columns);
        CAPTURE(text);
        const bool listed = AnyTrouble(view) || detail != Detail::kQuiet;
        CHECK(Has(text, rule.id) == listed);
        for (const std::string& line : Split(text, '\n')) {
          if (line.find("next: ") == std::string::npos) CHECK(ShownWidth(line) <= columns);
        }
        if (detail == Detail::kVerbose) CHECK(Has(text, "means: "));
      }
    }
  }
}

TEST_CASE("the same trouble of many processes of one program is one block") {
  const SocketsView one = TroubleView("held_by_nagle");
  SocketsView many = one;
  for (int pid = 1; pid < 5; ++pid) {
    Finding finding = one.findings.front();
    finding.process->id.pid = 5000 + pid;
    finding.connections = 10;
    many.findings.push_back(finding);
  }
  const std::string text = TextOf(many);
  CHECK(Has(text, "server (pid 4321, server.service) and 4 more"));
  CHECK(Has(text, "-> 10.0.0.9:40001, and 40 more like it"));
  CHECK(text.find("held_by_nagle") == text.rfind("held_by_nagle"));
}

TEST_CASE("many troubles: the worst few, the rest with -v") {
  SocketsView view = TroubleView("held_by_nagle");
  for (int i = 0; i < 9; ++i) {
    Finding finding = view.findings.front();
    finding.process->command = "worker" + std::to_string(i);
    view.findings.push_back(finding);
  }
  CHECK(Has(TextOf(view), "4 more (-v)"));
  CHECK_FALSE(Has(TextOf(view), "worker8"));
  CHECK(Has(TextOf(view, Detail::kVerbose), "worker8"));
}

TEST_CASE("names from outside cannot reach the terminal") {
  SocketsView view = TroubleView("held_by_nagle");
  view.findings.front().process->command = "\x1b[2J\x07";
  view.findings.front().process->unit = "x\n\x1b]0;y\x07";
  view.evidence.processes.front().command = "\x1b[2J";
  view.options_asked = true;
  view.recorded = "a\x1b[2J";
  for (const SocketsView::Show show :
       {SocketsView::Show::kFindings, SocketsView::Show::kListeners}) {
    view.show = show;
    const std::string text = TextOf(view, Detail::kVerbose);
    CHECK(Has(text, "\\x1b[2J"));
    CHECK(text.find_first_of("\x1b\x07") == std::string::npos);
  }
}

TEST_CASE("what could not be seen is said") {
  SocketsView view = ViewOf(HostWith({QuietConnection(1)}));
  view.evidence.unreadable = 41;
  view.evidence.partial = true;
  view.stopped = true;
  view.options_asked = true;
  const std::string text = TextOf(view);
  CHECK(Has(text, "not seen: stopped after 3.0 s of 3.0 s\n"));
  CHECK(Has(text, "the table changed while it was read"));
  CHECK(Has(text, "41 processes of other users"));
  CHECK(Has(Join(SplitWords(text), " "), "a debugger's rights"));
}

TEST_CASE("a recording names no process of this host to fix") {
  SocketsView view = TroubleView("held_by_nagle");
  view.origin = SocketsView::Origin::kReplay;
  const std::string text = TextOf(view);
  CHECK(Has(text, "HELD BACK  recording "));
  CHECK_FALSE(Has(text, "--fix"));
  CHECK(text.ends_with("exit 1.\n"));
}

TEST_CASE("options: equal ones once, the rest with -v") {
  SocketsView view = TroubleView("held_by_nagle");
  view.options_asked = true;
  SocketOptions options;
  options.nodelay = false;
  options.rcvbuf = 131072;
  options.rcvlowat = 1;
  ConnectionEvidence other = view.evidence.connections.front();
  view.evidence.connections.front().options = options;
  other.options = options;
  view.evidence.connections.push_back(other);
  CHECK(Has(TextOf(view),
            "\noptions:\n"
            "  server (pid 4321, server.service) 10.0.0.1:80 -> 10.0.0.9:40001, and 1 more\n"
            "  like it\n"
            "    nodelay off, rcvbuf 128 KiB\n"));
  CHECK(Has(TextOf(view, Detail::kVerbose), "nodelay off, rcvbuf 128 KiB, rcvlowat 1 B\n"));
}

TEST_CASE("listeners: queue, backlog, drops a second, owner, cap") {
  SocketsView view = ViewOf(QuietHost());
  view.show = SocketsView::Show::kListeners;
  view.evidence.span_ns = 2'000'000'000;
  ListenerEvidence& listener = view.evidence.listeners.front();
  listener.first.memory = listener.last.memory = SocketMemory{};
  listener.last.memory->drops = 24;
  listener.last.receive_queue = listener.queue_max = 512;
  listener.last.send_queue = view.evidence.settings.somaxconn.value_or(4096);
  listener.full_looks = 40;
  listener.looks = 80;
  view.holders[listener.last.inode] = 4;
  const std::string text = TextOf(view);
  CAPTURE(text);
  CHECK(Has(text, "  address     queue/backlog  drops/s    drops  owner\n"));
  CHECK(Has(text, "  0.0.0.0:80"));
  CHECK(Has(text, "       12       24  server (pid 4321, server.s"));
  CHECK(Has(text, "full in 40 of 80 looks, 512 at most"));
  CHECK(Has(text, "at the somaxconn cap (4096)"));
  CHECK(Has(text, "net.core.somaxconn allows 4096; 1 of 1 addresses are at it"));
}

TEST_CASE("the manual has every rule with its sentence") {
  std::ifstream file(TUNEWIRE_SOURCE_DIR "/man/tunewire.8");
  std::stringstream text;
  text << file.rdbuf();
  const std::string manual = text.str();
  const std::size_t begin = manual.find(".Sh LIVE SOCKETS");
  REQUIRE(begin != std::string::npos);
  const std::string section = manual.substr(begin, manual.find("\n.Sh ", begin + 1) - begin);
  std::size_t items = 0;
  for (std::size_t at = section.find(".It "); at != std::string::npos;
       at = section.find(".It ", at + 1))
    ++items;
  CHECK(items == AllRules().size());
  for (const Rule& rule : AllRules()) {
    CAPTURE(rule.id);
    const std::string head = ".It " + std::string(rule.id) + "\n";
    const std::size_t at = section.find(head);
    REQUIRE(at != std::string::npos);
    const std::size_t from = at + head.size();
    const std::string said = section.substr(from, section.find("\n.", from) - from);
    CHECK(Join(SplitWords(said), " ") == rule.sentence);
  }
}
