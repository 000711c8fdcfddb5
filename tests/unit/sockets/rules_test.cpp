#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

#include "unit/sockets/trying.h"

namespace tunewire {
namespace {

bool IsSnakeCase(std::string_view id) {
  return !id.empty() && id.front() != '_' && id.back() != '_' &&
         std::ranges::all_of(id, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

bool IsItemName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

TEST_CASE("rules: ids are unique and snake_case, and each rule explains itself") {
  std::set<std::string_view> ids;
  for (const Rule& rule : AllRules()) {
    CAPTURE(rule.id);
    CHECK(IsSnakeCase(rule.id));
    CHECK(ids.insert(rule.id).second);
    CHECK(rule.sentence.ends_with('.'));
    CHECK_FALSE(rule.fields.empty());
    REQUIRE(static_cast<bool>(rule.judge != nullptr));
  }
  CHECK(ids.size() >= 20);
}

TEST_CASE("rules: each finds its labelled trouble and says everything about it") {
  for (const Rule& rule : AllRules()) {
    CAPTURE(rule.id);
    const auto trouble = TroubleOf(rule.id);
    REQUIRE(trouble);
    const auto found = rule.judge(*trouble);
    REQUIRE(found.size() == 1);
    const Finding& finding = found[0];
    CHECK(finding.rule == rule.id);
    CHECK_FALSE(finding.summary.empty());
    CHECK_FALSE(finding.advice.empty());
    CHECK_FALSE(finding.evidence.empty());
    CHECK(finding.share > 0);
    CHECK(finding.share <= 1);
    CHECK(finding.until_ns > 0);
    std::set<std::string> names;
    for (const EvidenceItem& item : finding.evidence) {
      CAPTURE(item.name);
      CHECK(IsItemName(item.name));
      CHECK(names.insert(item.name).second);
    }
  }
}

TEST_CASE("rules: a labelled trouble is called by its name, first") {
  for (const Rule& rule : AllRules()) {
    CAPTURE(rule.id);
    const auto all = JudgeSockets(*TroubleOf(rule.id));
    REQUIRE_FALSE(all.empty());
    CHECK(all[0].rule == rule.id);
    // One trouble, one accusation.
    CHECK(std::ranges::count_if(all, [](const Finding& finding) {
            return finding.severity != Severity::kInfo;
          }) <= 1);
  }
}

TEST_CASE("rules: healthy programs are not accused") {
  for (const HealthyHost& host : HealthyHosts()) {
    CAPTURE(host.label);
    for (const Finding& finding : JudgeSockets(host.evidence)) {
      CAPTURE(finding.rule);
      CAPTURE(finding.summary);
      CHECK(finding.severity == Severity::kInfo);
    }
  }
}

TEST_CASE("rules: evidence without anything in it finds nothing") {
  CHECK(JudgeSockets(Evidence{}).empty());
  // What an old kernel tells: no TCP_INFO, no memory, no settings.
  Evidence bare;
  bare.connections.resize(3);
  bare.listeners.resize(1);
  CHECK(JudgeSockets(bare).empty());
}

TEST_CASE("judge: equal findings of a process are one, and the worst speaks") {
  Evidence evidence = *TroubleOf("held_by_nagle");
  ConnectionEvidence less = evidence.connections[0];
  less.last.cookie = 99;
  less.last.remote = EndAt("10.0.0.8", 1);
  Show(less, Sign::kHeldSmall, 20, 44);
  less.last_ns += 5;
  evidence.connections.insert(evidence.connections.begin(), less);
  const auto found = JudgeSockets(evidence);
  REQUIRE(found.size() == 1);
  CHECK(found[0].connections == 2);
  CHECK(found[0].severity == Severity::kBad);
  CHECK(found[0].cookie == evidence.connections[1].last.cookie);
  REQUIRE(found[0].process);
  CHECK(found[0].process->id.pid == 4321);
}

TEST_CASE("judge: two processes are two findings") {
  Evidence evidence = *TroubleOf("held_by_nagle");
  ConnectionEvidence other = OtherEnd(evidence.connections[0]);
  ConnectionEvidence copy = evidence.connections[0];
  copy.owner = 1;
  copy.last.cookie = other.last.cookie;
  evidence.connections.push_back(copy);
  CHECK(JudgeSockets(evidence).size() == 2);
}

TEST_CASE("judge: two listening sockets of a process are two findings") {
  Evidence evidence = *TroubleOf("accept_queue_full");
  ListenerEvidence other = evidence.listeners[0];
  other.last.local.port = 443;
  other.last.cookie = 8;
  evidence.listeners.push_back(other);
  CHECK(JudgeSockets(evidence).size() == 2);
}

TEST_CASE("judge: sockets without a known process are told apart by their service") {
  Evidence evidence = *TroubleOf("retransmissions");
  ConnectionEvidence& first = evidence.connections[0];
  first.owner.reset();
  ConnectionEvidence same = first;
  same.last.cookie = 90;
  same.last.remote = EndAt("10.0.0.8", 50000);
  ConnectionEvidence other = first;
  other.last.cookie = 91;
  other.last.local.port = 443;
  evidence.connections.push_back(same);
  evidence.connections.push_back(other);
  CHECK(JudgeSockets(evidence).size() == 2);
}

TEST_CASE("judge: severity, then confidence, then share, then cost") {
  // Bad and confirmed, warning and confirmed, warning and likely, info.
  Evidence evidence = *TroubleOf("held_by_nagle");
  const auto add = [&](std::string_view rule) {
    ConnectionEvidence one = TroubleOf(rule)->connections[0];
    one.last.cookie = 500 + evidence.connections.size();
    evidence.connections.push_back(one);
  };
  add("congestion_control_differs");
  add("reader_slow");
  add("retransmissions");
  const auto found = JudgeSockets(evidence);
  REQUIRE(found.size() == 4);
  CHECK(found[0].rule == "held_by_nagle");
  CHECK(found[1].rule == "retransmissions");
  CHECK(found[2].rule == "reader_slow");
  CHECK(found[3].rule == "congestion_control_differs");
}

}  // namespace
}  // namespace tunewire
