// Snapshots as files and back, and what a comparison shows.
#include <doctest/doctest.h>

#include <string>

#include "report/snapshot_report.h"
#include "support/made_hosts.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

HostSnapshot Quiet() {
  HostSnapshot snapshot = SnapshotOf(QuietFacts());
  snapshot.unix_seconds = 1'795'183'327;
  return snapshot;
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string CodeOf(const std::string& text) {
  const auto read = ParseSnapshotFile(text, "a.json");
  return read ? "" : read.error().code;
}

std::string DiffOf(const HostSnapshot& before, const HostSnapshot& after, Style style) {
  DiffView view{.before_name = "a.json",
                .after_name = "b.json",
                .before = before,
                .after = after,
                .differences = CompareSnapshots(before, after)};
  return DiffText(view, style);
}

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("snapshot file: read back as written") {
  for (const MadeHost& host : MadeHosts()) {
    HostSnapshot snapshot = SnapshotOf(host.make());
    snapshot.unix_seconds = 1'795'183'327;
    const auto read = ParseSnapshotFile(SnapshotFileText(snapshot), "a.json");
    REQUIRE(read.has_value());
    CHECK(*read == snapshot);
  }
  const auto empty = ParseSnapshotFile(SnapshotFileText({}), "a.json");
  REQUIRE(empty.has_value());
  CHECK(*empty == HostSnapshot{});
}

TEST_CASE("snapshot file: what drivers say cannot break it") {
  HostFacts facts = QuietFacts();
  facts.tunables["net.ipv4.tcp_word"] = "a\x1b[31m\xff\xfe \"b\"";
  const HostSnapshot snapshot = SnapshotOf(facts);
  const auto read = ParseSnapshotFile(SnapshotFileText(snapshot), "a.json");
  REQUIRE(read.has_value());
  CHECK(*read == snapshot);
  CHECK(HashOf(*read) == HashOf(snapshot));
}

TEST_CASE("snapshot file: the time") {
  CHECK(TakenText(0) == "1970-01-01T00:00:00Z");
  CHECK(TakenText(1'795'183'327) == "2026-11-20T14:02:07Z");
}

TEST_CASE("snapshot file: refusals") {
  const std::string text = SnapshotFileText(Quiet());
  CHECK(CodeOf(text).empty());
  CHECK(CodeOf(Replaced(text, "\"yes\"", "\"no\"")) == "edited");
  CHECK(CodeOf(Replaced(text, HashOf(Quiet()), "0123456789abcdef")) == "edited");
  CHECK(CodeOf(Replaced(text, "2026", "2027")) == "edited");
  CHECK(CodeOf(Replaced(text, "\"tool\": \"0", "\"tool\": \"9")) == "edited");
  CHECK(CodeOf(Replaced(text, "\"kernel.machine\": \"x", "\"kernel.machine x\": \"")) == "edited");
  CHECK(CodeOf(Replaced(text, "\"format\": 1", "\"format\": 2")) == "newer_format");
  CHECK(CodeOf(Replaced(text, "\"tool\"", "\"tools\"")) == "unknown_field");
  CHECK(CodeOf(Replaced(text, "2026-11", "2026-13")) == "invalid_snapshot");
  CHECK(CodeOf(Replaced(text, "2026-11-20T", "2026-11-20 ")) == "invalid_snapshot");
  CHECK(CodeOf(Replaced(text, "\"yes\"", "true")) == "invalid_snapshot");
  CHECK(CodeOf(Replaced(text, "\"yes\"", "\"\"")) == "invalid_snapshot");
  CHECK(CodeOf(Replaced(text, "\"yes\"", "\"\\u001b[2J\"")) == "invalid_snapshot");
  CHECK(CodeOf(text.substr(0, text.size() / 2)) == "syntax");
  CHECK(CodeOf("") == "syntax");
  CHECK(CodeOf("[]") == "invalid_snapshot");
  CHECK(CodeOf("{}") == "invalid_snapshot");
  CHECK(CodeOf(R"({"format": 1})") == "invalid_snapshot");
  CHECK(CodeOf(R"({"schema": "tunewire.snapshot/1", "result": {}})") == "invalid_snapshot");
}

TEST_CASE("snapshot file: a refusal has its place and what to do") {
  const std::string text = Replaced(SnapshotFileText(Quiet()), "\"format\": 1", "\"format\": 7");
  const auto read = ParseSnapshotFile(text, "a.json");
  REQUIRE_FALSE(read.has_value());
  REQUIRE(read.error().where.has_value());
  CHECK(read.error().where->line == 2);
  CHECK(read.error().where->column == 13);
  CHECK_FALSE(read.error().hint.empty());
  CHECK(read.error().kind == ErrorKind::kInvalid);
}

TEST_CASE("diff: the verdict first, both values and why") {
  HostFacts facts = QuietFacts();
  facts.tunables["net.core.somaxconn"] = "77";
  facts.kernel.hostname = "another";
  const std::string text = DiffOf(Quiet(), SnapshotOf(facts), {});
  CHECK(text.starts_with("DIFFERENT  a.json -> b.json"));
  CHECK(Has(text, "1 of 2 differences can change a measurement"));
  CHECK(Has(text, "  net.core.somaxconn  "));
  CHECK(Has(text, "->  77\n    ceiling on the backlog"));
  CHECK_FALSE(Has(text, "another"));
  CHECK(Has(text, "1 other cannot (-v lists it)"));
  const std::string all = DiffOf(Quiet(), SnapshotOf(facts), {.detail = Detail::kVerbose});
  CHECK(Has(all, "->  another"));
  CHECK(Has(all, "hash " + HashOf(Quiet())));
}

TEST_CASE("diff: alike") {
  const std::string text = DiffOf(Quiet(), Quiet(), {});
  CHECK(text.starts_with("ALIKE  a.json -> b.json"));
  CHECK(Has(text, "no difference"));
  HostFacts facts = QuietFacts();
  facts.kernel.boot_id = "another";
  facts.kernel.distribution = "Other 1";
  const std::string harmless = DiffOf(Quiet(), SnapshotOf(facts), {});
  CHECK(harmless.starts_with("ALIKE"));
  CHECK_FALSE(Has(harmless, "another"));
  CHECK(Has(DiffOf(Quiet(), SnapshotOf(facts), {.detail = Detail::kVerbose}), "moves by itself"));
}

TEST_CASE("diff: long values stand below each other, cut unless all is asked for") {
  HostFacts one = QuietFacts(), other = QuietFacts();
  one.vulnerabilities =
      std::map<std::string, std::string>{{"spectre_v2", std::string(90, 'a') + " end"}};
  other.vulnerabilities =
      std::map<std::string, std::string>{{"spectre_v2", std::string(90, 'b') + " end"}};
  const std::string cut = DiffOf(SnapshotOf(one), SnapshotOf(other), {});
  CHECK(Has(cut, "    before  aaa"));
  CHECK(Has(cut, "    after   bbb"));
  CHECK_FALSE(Has(cut, "end"));
  const std::string whole =
      DiffOf(SnapshotOf(one), SnapshotOf(other), {.detail = Detail::kVerbose});
  CHECK(Has(whole, "b end"));
}

TEST_CASE("diff: nothing is wider than asked, names aside") {
  for (const int columns : {60, 80, 120}) {
    for (const MadeHost& host : MadeHosts()) {
      const std::string text = DiffOf(Quiet(), SnapshotOf(host.make()), {.columns = columns});
      for (const std::string& line : Split(text, '\n')) {
        INFO(line);
        CHECK(line.size() <= static_cast<std::size_t>(columns));
      }
    }
  }
}

TEST_CASE("diff: not known is told by its reason, not value by value") {
  HostFacts facts = QuietFacts();
  facts.interfaces = Known<std::vector<InterfaceFacts>>::Unknown("netlink: no");
  const std::string text = DiffOf(Quiet(), SnapshotOf(facts), {});
  CHECK(Has(text, "not known on one side"));
  CHECK(Has(text, "  nic\n    b.json: netlink: no"));
}

TEST_CASE("diff: JSON has both sides and every difference") {
  HostFacts facts = QuietFacts();
  facts.tunables["net.core.somaxconn"] = "77";
  const HostSnapshot after = SnapshotOf(facts);
  const std::string json = DiffJson({.before_name = "a.json",
                                     .after_name = "b.json",
                                     .before = Quiet(),
                                     .after = after,
                                     .differences = CompareSnapshots(Quiet(), after)});
  CHECK(Has(json, R"("name":"tunables.net.core.somaxconn")"));
  CHECK(Has(json, R"("bearing":"measurement")"));
  CHECK(Has(json, R"("same_hash":false)"));
  CHECK(Has(json, HashOf(after)));
}

}  // namespace tunewire
