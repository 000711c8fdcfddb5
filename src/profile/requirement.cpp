// A requirement as text, in numbers, and against what is there now.
#include "tunewire/profile/requirement.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/format.h"
#include "profile/check_value.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Kind = FieldRequirement::Kind;

constexpr std::string_view kKeepWord = "keep";
constexpr std::string_view kRamSuffix = "%ram";

Error Invalid(std::string code, std::string message) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = std::move(code);
  error.message = std::move(message);
  return error;
}

std::string_view Sign(Kind kind) {
  switch (kind) {
    case Kind::kAtLeast:
      return ">=";
    case Kind::kAtMost:
      return "<=";
    case Kind::kExact:
    case Kind::kKeep:
      break;
  }
  return "";
}

/// A plain value that would read back as something else is written with a '=' before it.
bool NeedsEquals(std::string_view text) {
  return text.empty() || text == kKeepWord || text.starts_with("=") || text.starts_with(">=") ||
         text.starts_with("<=") || text.ends_with(kRamSuffix);
}

std::string FieldText(const FieldRequirement& field) {
  if (field.kind == Kind::kKeep) return std::string(kKeepWord);
  if (field.percent_of_ram != 0) {
    return Format("{}{}{}", Sign(field.kind), field.percent_of_ram, kRamSuffix);
  }
  const bool plain = field.kind == Kind::kExact && NeedsEquals(field.text);
  return Format("{}{}", plain ? "=" : Sign(field.kind), field.text);
}

std::optional<int> ParsePercent(std::string_view text) {
  if (!text.ends_with(kRamSuffix)) return std::nullopt;
  const auto percent = ParseDecimal(text.substr(0, text.size() - kRamSuffix.size()));
  if (!percent || *percent < 1 || *percent > 90) return std::nullopt;
  return static_cast<int>(*percent);
}

std::optional<FieldRequirement> ParseField(std::string_view text) {
  if (text == kKeepWord) return FieldRequirement{};
  if (text.starts_with("=")) return FieldRequirement{Kind::kExact, std::string(text.substr(1)), 0};
  FieldRequirement field{Kind::kExact, {}, 0};
  if (text.starts_with(">=")) field.kind = Kind::kAtLeast;
  if (text.starts_with("<=")) field.kind = Kind::kAtMost;
  text.remove_prefix(Sign(field.kind).size());
  if (const std::optional<int> percent = ParsePercent(text)) {
    field.percent_of_ram = *percent;
    return field;
  }
  const bool number = ParseDecimal(text).has_value();
  if (field.kind != Kind::kExact && !number) return std::nullopt;
  if (text.ends_with(kRamSuffix)) return std::nullopt;
  field.text = std::string(text);
  return field;
}

/// Bytes of one of the tunable's units, 0 where it counts no memory.
std::uint64_t UnitBytes(const Tunable* tunable, const MemoryFacts& memory) {
  if (tunable == nullptr || !CountsMemory(*tunable)) return 0;
  if (tunable->unit == Unit::kPages) return memory.page_bytes;
  return tunable->unit == Unit::kKibibytes ? 1024 : 1;
}

/// Numbers of the kernel reach 2^64-1; what int64 cannot hold counts as its end.
std::optional<std::int64_t> ReadNumber(std::string_view text) {
  if (const auto number = ParseDecimal(text)) return number;
  const bool digits =
      !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits || text.front() == '0') return std::nullopt;
  return std::numeric_limits<std::int64_t>::max();
}

Result<std::string> Bounded(const FieldRequirement& field, const std::string& current) {
  const auto is = ReadNumber(current);
  const auto bound = ReadNumber(field.text);
  if (!is || !bound) {
    return Fail(Invalid("not_a_number",
                        Format("\"{}\" cannot be compared with {}{}: it is no number",
                               Printable(current), Sign(field.kind), Printable(field.text))));
  }
  const bool holds = field.kind == Kind::kAtLeast ? *is >= *bound : *is <= *bound;
  return holds ? current : field.text;
}

/// Precondition: not kExact.
Result<std::string> ApplyField(const FieldRequirement& field, const std::string& current) {
  if (field.kind == Kind::kKeep) return current;
  return Bounded(field, current);
}

/// Whether values of different lengths are one list before and after. Lists of words and of ports
/// have no fixed length; numbers do, and the kernel would silently change only some of them.
bool IsList(const std::vector<FieldRequirement>& wanted, const std::vector<std::string>& current) {
  const auto exact = [](const FieldRequirement& field) { return field.kind == Kind::kExact; };
  const auto number = [](const std::string& text) { return ReadNumber(text).has_value(); };
  if (!std::all_of(wanted.begin(), wanted.end(), exact)) return false;
  if (wanted.empty() || current.empty()) return true;
  const auto wants_number = [&](const FieldRequirement& field) { return number(field.text); };
  return !std::all_of(wanted.begin(), wanted.end(), wants_number) ||
         !std::all_of(current.begin(), current.end(), number);
}

}  // namespace

std::string Requirement::ToText() const {
  std::vector<std::string> words;
  for (const FieldRequirement& field : fields) words.push_back(FieldText(field));
  return Join(words, " ");
}

Result<Requirement> Requirement::Parse(std::string_view text) {
  Requirement requirement;
  for (const std::string& word : SplitWords(text)) {
    std::optional<FieldRequirement> field = ParseField(word);
    if (!field) {
      return Fail(
          Invalid("invalid_value", Format("\"{}\" asks for nothing known", Printable(word))));
    }
    requirement.fields.push_back(std::move(*field));
  }
  return requirement;
}

Result<Requirement> Requirement::Resolve(const Tunable* tunable, const MemoryFacts& memory) const {
  Requirement resolved = *this;
  for (FieldRequirement& field : resolved.fields) {
    if (field.percent_of_ram == 0) continue;
    const std::uint64_t unit = UnitBytes(tunable, memory);
    if (unit == 0) {
      return Fail(Invalid("invalid_value",
                          "a share of the memory needs a key that counts bytes, "
                          "pages or KiB"));
    }
    if (memory.ram_bytes == 0) {
      return Fail(Invalid("invalid_value", "the size of the memory is not known"));
    }
    // Divided first: 90 times the bytes of a large host would still fit, but not by design.
    const std::uint64_t share =
        memory.ram_bytes / 100 * static_cast<std::uint64_t>(field.percent_of_ram) +
        memory.ram_bytes % 100 * static_cast<std::uint64_t>(field.percent_of_ram) / 100;
    field.text = Format("{}", share / unit);
    field.percent_of_ram = 0;
  }
  return resolved;
}

Result<std::vector<std::string>> Requirement::Apply(const std::vector<std::string>& current) const {
  if (fields.size() == 1 && fields[0].kind == Kind::kKeep) return current;
  if (fields.size() != current.size() && !IsList(fields, current)) {
    return Fail(
        Invalid("wrong_arity", Format("{} value{} asked for, the key holds {}", fields.size(),
                                      fields.size() == 1 ? "" : "s", current.size())));
  }
  std::vector<std::string> wanted;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    Result<std::string> text = fields[i].kind == Kind::kExact ? Result<std::string>(fields[i].text)
                                                              : ApplyField(fields[i], current[i]);
    if (!text) return Fail(std::move(text.error()));
    wanted.push_back(std::move(*text));
  }
  return wanted;
}

}  // namespace tunewire
