// Tries one rule on its labelled trouble, with one thing changed.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <vector>

#include "support/made_evidence.h"

namespace tunewire {

/// Nothing for an id that no rule has.
inline std::vector<Finding> JudgedBy(std::string_view id, const Evidence& evidence) {
  for (const Rule& rule : AllRules()) {
    if (rule.id == id) return rule.judge(evidence);
  }
  return {};
}

class Trying {
 public:
  explicit Trying(std::string_view rule) : rule_(rule), trouble_(TroubleOf(rule).value()) {}

  using Change = std::function<void(Evidence&)>;
  using ChangeConnection = std::function<void(ConnectionEvidence&)>;

  [[nodiscard]] std::vector<Finding> With(const Change& change) const {
    Evidence changed = trouble_;
    change(changed);
    return JudgedBy(rule_, changed);
  }

  /// The one finding there must be.
  [[nodiscard]] Finding Found(const Change& change) const {
    const std::vector<Finding> found = With(change);
    REQUIRE(found.size() == 1);
    return found[0];
  }
  [[nodiscard]] Finding Found() const {
    return Found([](Evidence&) {});
  }

  [[nodiscard]] bool Finds(const Change& change) const { return !With(change).empty(); }

  [[nodiscard]] Finding FoundIf(const ChangeConnection& change) const {
    return Found([&](Evidence& evidence) { change(evidence.connections[0]); });
  }
  [[nodiscard]] bool FindsIf(const ChangeConnection& change) const {
    return Finds([&](Evidence& evidence) { change(evidence.connections[0]); });
  }

 private:
  std::string_view rule_;
  Evidence trouble_;
};

}  // namespace tunewire
