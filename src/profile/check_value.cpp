// A value against the catalog. The kernel itself takes inverted vectors, negative backlogs and
// octal numbers, so what is not stopped here is not stopped.
#include "profile/check_value.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::string_view kPlainNumber =
    "write decimal digits only: no leading zero, no hexadecimal, no unit";

bool IsList(const Tunable& tunable) {
  return tunable.fields.size() == 1 && tunable.fields[0].type == FieldType::kWords;
}

std::string Labelled(const Tunable& tunable, int index, std::string_view text) {
  const std::string label = FieldLabel(tunable, index);
  return label.empty() ? Printable(text) : Format("{} {}", label, Printable(text));
}

ValueProblem NotANumber(const Tunable& tunable, int index, std::string_view text) {
  return {index, "not_a_number",
          Format("{} is not a plain decimal number", Labelled(tunable, index, text)),
          std::string(kPlainNumber)};
}

std::optional<ValueProblem> CheckInteger(const Tunable& tunable, int index, std::string_view text) {
  const Field& field = tunable.fields[static_cast<std::size_t>(index)];
  const std::optional<std::int64_t> value = ParseDecimal(text);
  if (!value) return NotANumber(tunable, index, text);
  if (*value >= field.min && *value <= field.max) return std::nullopt;
  return ValueProblem{index, "out_of_range",
                      Format("{} is out of range", Labelled(tunable, index, text)),
                      Format("allowed {}..{}", field.min, field.max)};
}

/// "80" or "8000-8099" within the field's range.
bool IsPortRange(const Field& field, std::string_view text) {
  const std::vector<std::string> ends = Split(text, '-');
  if (ends.empty() || ends.size() > 2) return false;
  const auto first = ParseDecimal(ends.front());
  const auto last = ParseDecimal(ends.back());
  return first && last && *first >= field.min && *first <= *last && *last <= field.max;
}

std::optional<ValueProblem> CheckPorts(const Tunable& tunable, int index, std::string_view text) {
  const Field& field = tunable.fields[static_cast<std::size_t>(index)];
  for (const std::string& part : Split(text, ',')) {
    if (IsPortRange(field, part)) continue;
    return ValueProblem{
        index, "out_of_range", Format("'{}' is no port or range", Printable(part)),
        Format("write ports {}..{} like 8080,9000-9010, without spaces", field.min, field.max)};
  }
  return std::nullopt;
}

std::optional<ValueProblem> CheckMask(int index, std::string_view text) {
  for (const std::string& word : Split(text, ',')) {
    const bool hexadecimal = word.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
    if (hexadecimal && !word.empty() && word.size() <= 8) continue;
    return ValueProblem{index, "not_a_number", Format("'{}' is no CPU mask", Printable(text)),
                        "write hexadecimal words of up to 8 digits, separated by commas"};
  }
  return std::nullopt;
}

std::optional<ValueProblem> CheckWord(int index, std::string_view text) {
  if (!text.empty() && Printable(text) == text && text.find(' ') == std::string_view::npos) {
    return std::nullopt;
  }
  return ValueProblem{index, "not_a_word", Format("'{}' is not one word", Printable(text)), ""};
}

std::string FieldNames(const Tunable& tunable) {
  std::vector<std::string> names;
  for (const Field& field : tunable.fields) {
    if (!field.name.empty()) names.emplace_back(field.name);
  }
  return names.empty() ? "" : Format(" ({})", Join(names, " "));
}

/// Neighbours that are both known must not descend.
std::optional<ValueProblem> CheckOrder(const Tunable& tunable,
                                       const std::vector<std::string>& fields) {
  if (!tunable.ascending) return std::nullopt;
  for (std::size_t i = 1; i < fields.size(); ++i) {
    const auto low = ParseDecimal(fields[i - 1]);
    const auto high = ParseDecimal(fields[i]);
    if (!low || !high || *low <= *high) continue;
    const int index = static_cast<int>(i);
    return ValueProblem{index, "not_ascending",
                        Format("{} is below {}", Labelled(tunable, index, fields[i]),
                               Labelled(tunable, index - 1, fields[i - 1])),
                        Format("the values{} must not decrease", FieldNames(tunable))};
  }
  return std::nullopt;
}

}  // namespace

std::string FieldLabel(const Tunable& tunable, int index) {
  if (tunable.fields.size() < 2) return {};
  const std::string_view name = tunable.fields[static_cast<std::size_t>(index)].name;
  return name.empty() ? Format("value {}", index + 1) : std::string(name);
}

bool CountsMemory(const Tunable& tunable) {
  return tunable.unit == Unit::kBytes || tunable.unit == Unit::kPages ||
         tunable.unit == Unit::kKibibytes;
}

std::optional<ValueProblem> CheckField(const Tunable& tunable, int index, std::string_view text) {
  if (tunable.fields.empty()) return std::nullopt;  // a removed key: nothing is known of it
  const auto position = IsList(tunable) ? 0 : static_cast<std::size_t>(index);
  switch (tunable.fields[position].type) {
    case FieldType::kInteger:
      return CheckInteger(tunable, index, text);
    case FieldType::kPortList:
      return CheckPorts(tunable, index, text);
    case FieldType::kCpuMask:
      return CheckMask(index, text);
    case FieldType::kText:
    case FieldType::kWords:
      return CheckWord(index, text);
  }
  return std::nullopt;
}

std::optional<ValueProblem> CheckArity(const Tunable& tunable, std::size_t count) {
  const std::size_t wanted = tunable.fields.size();
  if (wanted == 0 || count == wanted || (IsList(tunable) && count > 0)) return std::nullopt;
  const bool port_list = tunable.fields[0].type == FieldType::kPortList;
  if (port_list && count == 0) return std::nullopt;  // an empty list reserves nothing
  ValueProblem problem;
  problem.code = "wrong_arity";
  problem.message = Format("{} holds {} value{}{}, here are {}", tunable.key, wanted,
                           wanted == 1 ? "" : "s", FieldNames(tunable), count);
  if (port_list) problem.hint = "write the list without spaces";
  if (wanted > 1 && count == 1) {
    problem.hint = Format("say what becomes of each; \"keep\" leaves one as it is");
  }
  return problem;
}

std::vector<ValueProblem> CheckValue(const Tunable* tunable,
                                     const std::vector<std::string>& fields) {
  std::vector<ValueProblem> problems;
  if (tunable == nullptr) return problems;
  if (auto problem = CheckArity(*tunable, fields.size())) return {std::move(*problem)};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    auto problem = CheckField(*tunable, static_cast<int>(i), fields[i]);
    if (problem) problems.push_back(std::move(*problem));
  }
  if (auto problem = CheckOrder(*tunable, fields)) problems.push_back(std::move(*problem));
  return problems;
}

}  // namespace tunewire
