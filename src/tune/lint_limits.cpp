// Rules about limits.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/format.h"
#include "profile/limit_items.h"
#include "tune/lint_subject.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

// limits.conf items that are no RLIMIT_ and still mean something to pam_limits.
constexpr std::array<std::string_view, 5> kPamItems = {"maxlogins", "maxsyslogins", "priority",
                                                       "nonewprivs", "chroot"};
// Accounts whose processes are services, so that no login ever sets their limits.
constexpr std::array<std::string_view, 16> kServiceAccounts = {
    "nginx",   "www-data", "apache",        "haproxy",  "mysql", "postgres",
    "redis",   "mongodb",  "elasticsearch", "rabbitmq", "kafka", "cassandra",
    "varnish", "squid",    "memcache",      "envoy"};

bool IsType(std::string_view type) { return type == "soft" || type == "hard" || type == "-"; }

void LimitSyntax(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  for (const BadLimitLine& bad : subject.limits.bad) {
    report.At(bad.at.line, 1,
              Format("passed over: \"{}\" is not four words", Printable(bad.text.substr(0, 60))),
              "");
  }
  for (const LimitLine& line : subject.limits.lines) {
    const bool known =
        IsLimitItem(line.item) || std::ranges::find(kPamItems, line.item) != kPamItems.end();
    if (!IsType(line.type)) {
      report.At(line.at.line, line.type_column,
                Format("{} is neither soft, hard nor -", Printable(line.type)), "");
    } else if (!known) {
      report.At(line.at.line, line.item_column, Format("{} is no limit", Printable(line.item)),
                "see limits.conf(5) for the items there are");
    } else if (IsLimitItem(line.item) && line.item != "nofile") {
      const LimitAmount amount = ReadLimitAmount(line.item, line.value);
      if (!amount.amount) report.At(line.at.line, line.value_column, amount.problem, "");
    }
  }
}

struct NofileAmount {
  int line = 0;
  int column = 0;
  std::string subject;
  std::uint64_t amount = 0;
};

std::vector<NofileAmount> NofileAmounts(const LintSubject& subject) {
  std::vector<NofileAmount> amounts;
  for (const LimitLine& line : subject.limits.lines) {
    if (line.item != "nofile") continue;
    const auto number = ParseDecimal(line.value);
    const bool endless =
        line.value == "unlimited" || line.value == "infinity" || line.value == "-1";
    if (!endless && (!number || *number < 0)) continue;
    const std::uint64_t amount = endless ? kUnlimited : static_cast<std::uint64_t>(*number);
    amounts.push_back({line.at.line, line.value_column, line.domain, amount});
  }
  if (subject.profile) {
    for (const LimitSetting& limit : subject.profile->limits) {
      if (limit.item != "nofile") continue;
      amounts.push_back({limit.origin.line, limit.origin.column, limit.subject,
                         std::max(limit.soft, limit.hard)});
    }
  }
  return amounts;
}

/// fs.nr_open as this file leaves it: a profile may raise it first.
std::uint64_t NrOpenHere(const LintSubject& subject, const LintFacts& facts) {
  const LintEntry* entry = subject.Last("fs/nr_open");
  const auto number = entry == nullptr ? std::nullopt : entry->Number(0);
  return number ? static_cast<std::uint64_t>(*number) : facts.nr_open;
}

void NofileAboveNrOpen(const LintSubject& subject, const LintFacts& facts,
                       const LintReport& report) {
  const std::uint64_t ceiling = NrOpenHere(subject, facts);
  for (const NofileAmount& one : NofileAmounts(subject)) {
    if (one.amount == kUnlimited) {
      report.At(one.line, one.column,
                "nofile cannot be unlimited: the kernel refuses it, and the "
                "login fails with it",
                "");
    } else if (ceiling != 0 && one.amount > ceiling) {
      report.At(one.line, one.column,
                Format("{} is above fs.nr_open ({}): logins of {} fail", one.amount, ceiling,
                       Printable(one.subject)),
                "");
    }
  }
}

void SoftAboveHard(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  std::map<std::pair<std::string, std::string>, std::uint64_t> hard;
  const auto amount_of = [](const LimitLine& line) {
    return ReadLimitAmount(line.item, line.value).amount;
  };
  for (const LimitLine& line : subject.limits.lines) {
    if (line.type == "soft") continue;
    if (const auto amount = amount_of(line)) hard[{line.domain, line.item}] = *amount;
  }
  for (const LimitLine& line : subject.limits.lines) {
    const auto at = hard.find({line.domain, line.item});
    const auto amount = amount_of(line);
    if (line.type != "soft" || at == hard.end() || !amount || *amount <= at->second) continue;
    report.At(line.at.line, line.value_column,
              Format("the soft {} of {} is above its hard one", line.item, Printable(line.domain)),
              "");
  }
}

void DuplicateLimit(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  std::map<std::string, int> seen;
  for (const LimitLine& line : subject.limits.lines) {
    const auto [at, added] =
        seen.try_emplace(Format("{} {} {}", line.domain, line.type, line.item), line.at.line);
    if (added) continue;
    report.At(line.at.line, line.domain_column,
              Format("line {} sets this limit already", at->second), "");
  }
}

void RootNotCovered(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  const auto& lines = subject.limits.lines;
  for (const LimitLine& line : lines) {
    if (line.domain != "*" || line.item != "nofile" || line.type == "soft") continue;
    const bool root = std::ranges::any_of(lines, [](const LimitLine& other) {
      return other.domain == "root" && other.item == "nofile";
    });
    if (root) return;
    report.At(line.at.line, line.domain_column, "\"*\" does not cover root", "");
  }
}

void ServiceAccount(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  std::set<std::string> told;
  for (const LimitLine& line : subject.limits.lines) {
    if (std::ranges::find(kServiceAccounts, line.domain) == kServiceAccounts.end()) continue;
    if (!told.insert(line.domain).second) continue;
    report.At(line.at.line, line.domain_column,
              Format("this reaches logins of {}; its service never sees it", line.domain), "");
  }
}

void LimitBeyondMemory(const LintSubject& subject, const LintFacts& facts,
                       const LintReport& report) {
  if (facts.memory.ram_bytes == 0) return;
  for (const LimitLine& line : subject.limits.lines) {
    if (line.item != "memlock" && line.item != "stack" && line.item != "msgqueue") continue;
    const auto amount = ReadLimitAmount(line.item, line.value).amount;
    if (!amount || *amount == kUnlimited || *amount <= facts.memory.ram_bytes) continue;
    report.At(line.at.line, line.value_column,
              Format("{} is {}, and this host has {}{}", line.value, FormatBytes(*amount),
                     FormatBytes(facts.memory.ram_bytes),
                     line.item == "msgqueue" ? "" : "; limits.conf counts it in KiB"),
              "");
  }
}

}  // namespace

std::vector<LintRuleRow> LintLimitRules() {
  using enum LintSeverity;
  return {
      {{"limit-syntax", kError, "write <domain> <soft|hard|-> <item> <value>"}, LimitSyntax},
      {{"nofile-above-nr-open", kError, "stay at or below fs.nr_open, or raise that first"},
       NofileAboveNrOpen},
      {{"soft-above-hard", kError, "raise the hard limit or lower the soft one"}, SoftAboveHard},
      {{"duplicate-limit", kWarning, "keep one of the two lines"}, DuplicateLimit},
      {{"root-not-covered", kNote, "add a line for root where root logs in"}, RootNotCovered},
      {{"service-account", kWarning, "set LimitNOFILE= and the like in the unit's drop-in"},
       ServiceAccount},
      {{"limit-beyond-memory", kWarning, "give the number in the limit's own unit"},
       LimitBeyondMemory},
  };
}

}  // namespace tunewire
