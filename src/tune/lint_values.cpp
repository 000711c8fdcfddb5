// Rules about values: numbers that are read otherwise than they look, units, ranges, order.
#include <algorithm>

#include "base/format.h"
#include "profile/check_value.h"
#include "tune/lint_subject.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

// Beyond this many bytes no host's memory reaches: what is left where the memory is not known.
constexpr std::uint64_t kNoHostHas = std::uint64_t{1} << 42;

bool BeginsComment(std::string_view word) {
  return word.starts_with('#') || word.starts_with(';') || word.starts_with("//");
}

/// Where a comment begins inside the value, counted in bytes; npos without one.
std::size_t CommentIn(std::string_view value) {
  for (std::size_t at = value.find_first_of(" \t"); at != std::string_view::npos;
       at = value.find_first_of(" \t", at + 1)) {
    if (BeginsComment(value.substr(at + 1))) return at + 1;
  }
  return std::string_view::npos;
}

bool HasComment(const LintEntry& entry) { return CommentIn(entry.value) != std::string::npos; }

void TrailingComment(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  for (const LintEntry& entry : subject.entries) {
    if (!entry.value_known || !HasComment(entry)) continue;
    const bool luck = HoldsNumbers(entry.tunable) && entry.reading.bad_word.empty() &&
                      !entry.reading.ignored.empty();
    const int column = entry.value_column + static_cast<int>(CommentIn(entry.value));
    report.At(entry.line, column,
              luck ? "this comment works by luck: the kernel stops reading at the blank before it"
                   : "this is no comment: it is written to the kernel as part of the value",
              "");
  }
}

void NotANumber(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  for (const LintEntry& entry : subject.entries) {
    const std::string& bad = entry.reading.bad_word;
    if (!entry.value_known || bad.empty() || BeginsComment(bad)) continue;
    const bool quoted = bad.front() == '"' || bad.front() == '\'';
    report.AtValue(entry,
                   entry.value.empty() ? Format("{} gets no value", entry.text)
                                       : Format("the kernel refuses {}: {} holds numbers only",
                                                Printable(bad.substr(0, 40)), entry.text),
                   quoted && !entry.value.empty() ? "take the quotes away" : "");
  }
}

/// Digits that the kernel takes for octal.
bool LooksOctal(std::string_view word) {
  if (word.starts_with('-')) word.remove_prefix(1);
  return word.size() > 1 && word[0] == '0' &&
         word.find_first_not_of("0123456789") == std::string_view::npos &&
         word.find_first_not_of('0') != std::string_view::npos;
}

bool LooksHexadecimal(std::string_view word) {
  if (word.starts_with('-')) word.remove_prefix(1);
  return word.starts_with("0x") || word.starts_with("0X");
}

template <class Looks>
void ReportNumbers(const LintSubject& subject, const LintReport& report, Looks looks) {
  for (const LintEntry& entry : subject.entries) {
    if (!entry.value_known || !HoldsNumbers(entry.tunable)) continue;
    const auto words = SplitWords(entry.value);
    for (std::size_t i = 0; i < words.size() && i < entry.reading.fields.size(); ++i) {
      if (!looks(words[i])) continue;
      const std::string& meant = entry.reading.fields[i];
      report.AtValue(entry, Format("the kernel reads {} as {}", Printable(words[i]), meant), "");
    }
  }
}

void OctalNumber(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  ReportNumbers(subject, report, LooksOctal);
}

void HexadecimalNumber(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  ReportNumbers(subject, report, LooksHexadecimal);
}

void ExtraFields(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  for (const LintEntry& entry : subject.entries) {
    if (!entry.value_known || entry.reading.ignored.empty() || HasComment(entry)) continue;
    report.AtValue(
        entry,
        Format("{} holds {} number{}: \"{}\" is not looked at", entry.text,
               entry.tunable->fields.size(), entry.tunable->fields.size() == 1 ? "" : "s",
               Printable(entry.reading.ignored.substr(0, 40))),
        "");
  }
}

void MissingFields(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  for (const LintEntry& entry : subject.entries) {
    if (!entry.value_known || !HoldsNumbers(entry.tunable)) continue;
    if (!entry.reading.bad_word.empty()) continue;
    const std::size_t got = entry.reading.fields.size(), want = entry.tunable->fields.size();
    if (got >= want || !(entry.whole || subject.format == SettingsFormat::kSysctl)) continue;
    report.AtValue(
        entry,
        Format("{} of {} fields: the others of {} keep what they hold", got, want, entry.text), "");
  }
}

void InvertedVector(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  for (const LintEntry& entry : subject.entries) {
    if (entry.tunable == nullptr || !entry.tunable->ascending) continue;
    for (std::size_t i = 1; i < entry.tunable->fields.size(); ++i) {
      const auto low = entry.Number(i - 1), high = entry.Number(i);
      if (!low || !high || *high >= *low) continue;
      report.AtValue(
          entry,
          Format("{} {} is below {} {}; the kernel takes it all the same",
                 entry.tunable->fields[i].name, *high, entry.tunable->fields[i - 1].name, *low),
          "");
      break;
    }
  }
}

void OutOfRange(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  for (const LintEntry& entry : subject.entries) {
    if (!entry.value_known || entry.tunable == nullptr) continue;
    for (std::size_t i = 0; i < entry.reading.fields.size(); ++i) {
      if (i >= entry.tunable->fields.size()) break;
      const auto problem = CheckField(*entry.tunable, static_cast<int>(i), entry.reading.fields[i]);
      if (!problem || problem->code != "out_of_range") continue;
      report.AtValue(entry, problem->message, problem->hint);
    }
  }
}

std::uint64_t BytesPerUnit(const Tunable* tunable, const MemoryFacts& memory) {
  if (tunable == nullptr) return 0;
  switch (tunable->unit) {
    case Unit::kBytes:
      return 1;
    case Unit::kKibibytes:
      return 1024;
    case Unit::kPages:
      return memory.page_bytes;
    default:
      return 0;
  }
}

/// The largest field in bytes; nothing where the key counts no memory.
std::optional<std::uint64_t> LargestBytes(const LintEntry& entry, const MemoryFacts& memory) {
  const std::uint64_t unit = BytesPerUnit(entry.tunable, memory);
  std::int64_t largest = 0;
  for (std::size_t i = 0; i < entry.reading.fields.size(); ++i) {
    largest = std::max(largest, entry.Number(i).value_or(0));
  }
  const auto count = static_cast<std::uint64_t>(largest);
  if (unit == 0 || count == 0) return std::nullopt;
  return count > kNoHostHas ? kNoHostHas + 1 : count * unit;
}

std::string BeyondText(std::uint64_t bytes, const MemoryFacts& memory) {
  if (memory.ram_bytes == 0) return Format("{}, more than any host has", FormatBytes(bytes));
  return Format("{}, and this host has {}", FormatBytes(bytes), FormatBytes(memory.ram_bytes));
}

bool IsBeyond(std::uint64_t bytes, const MemoryFacts& memory) {
  return bytes > (memory.ram_bytes == 0 ? kNoHostHas : memory.ram_bytes);
}

/// Keys whose huge values say "no limit".
bool MeansNoLimit(const LintEntry& entry) {
  return entry.path == "kernel/shmmax" || entry.path == "kernel/shmall";
}

void WrongUnit(const LintSubject& subject, const LintFacts& facts, const LintReport& report) {
  for (const LintEntry& entry : subject.entries) {
    if (entry.tunable == nullptr || MeansNoLimit(entry)) continue;
    if (entry.tunable->unit != Unit::kPages && entry.tunable->unit != Unit::kKibibytes) continue;
    const auto bytes = LargestBytes(entry, facts.memory);
    if (!bytes || !IsBeyond(*bytes, facts.memory)) continue;
    report.AtValue(
        entry,
        Format("{} counts {}: this is {}; was it written in bytes?", entry.text,
               UnitName(entry.tunable->unit), BeyondText(*bytes, facts.memory)),
        Format("divide by {}", entry.tunable->unit == Unit::kPages ? facts.memory.page_bytes
                                                                   : std::uint64_t{1024}));
  }
}

void BeyondMemory(const LintSubject& subject, const LintFacts& facts, const LintReport& report) {
  for (const LintEntry& entry : subject.entries) {
    if (entry.tunable == nullptr || entry.tunable->unit != Unit::kBytes || MeansNoLimit(entry)) {
      continue;
    }
    const auto bytes = LargestBytes(entry, facts.memory);
    if (!bytes || !IsBeyond(*bytes, facts.memory)) continue;
    report.AtValue(entry, Format("{} asks for {}", entry.text, BeyondText(*bytes, facts.memory)),
                   "");
  }
}

}  // namespace

std::vector<LintRuleRow> LintValueRules() {
  using enum LintSeverity;
  return {
      {{"trailing-comment", kWarning, "put the comment on a line of its own"}, TrailingComment},
      {{"not-a-number", kError, "write plain decimal digits"}, NotANumber},
      {{"octal-number", kError, "write the number without leading zeros"}, OctalNumber},
      {{"hexadecimal-number", kNote, "write the number in decimal, as it reads back"},
       HexadecimalNumber},
      {{"extra-fields", kError, "remove what the key has no room for"}, ExtraFields},
      {{"missing-fields", kWarning, "give every field"}, MissingFields},
      {{"inverted-vector", kError, "put the numbers in ascending order"}, InvertedVector},
      {{"out-of-range", kError, "stay within what makes sense for the key"}, OutOfRange},
      {{"wrong-unit", kError, "use the key's own unit"}, WrongUnit},
      {{"beyond-memory", kWarning, "stay well below the memory of the host"}, BeyondMemory},
  };
}

}  // namespace tunewire
