// Grammar of a value, from the outside in:
//   setting  integer | "words" | [field...] | {"value": integer | "words" | [field...]}
//            | {"at_least": amount} | {"at_most": amount}        (objects: why, source, optional
//            too)
//   field    integer | "word" | "keep" | {"at_least": amount} | {"at_most": amount}
//   amount   integer | "decimal digits" | "N% of ram"
#include "profile/value_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/format.h"
#include "profile/check_value.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using NodeKind = JsonNode::Kind;
using Want = FieldRequirement::Kind;

constexpr std::string_view kOfRam = "% of ram";
constexpr std::size_t kLongestValue = 4095;  // one page of the kernel's buffer, its end included
constexpr std::array<std::string_view, 6> kSettingFields{"value", "at_least", "at_most",
                                                         "why",   "source",   "optional"};
constexpr std::array<std::string_view, 2> kFieldFields{"at_least", "at_most"};
constexpr std::string_view kSettingShapes =
    "a number, a string, a list with one entry per field, or an object with \"value\", "
    "\"at_least\" or \"at_most\"";

struct ReadField {
  FieldRequirement want;
  Span span;
};

/// Reads the value of one key. Each step complains and gives nothing, or gives what it read.
class ValueReader {
 public:
  ValueReader(const Tunable* tunable, std::string_view key, Reading& reading)
      : tunable_(tunable), key_(key), reading_(reading) {}

  std::optional<ReadValue> Read(const JsonNode& node) {
    const JsonNode* amount = &node;
    const bool understood =
        node.kind == NodeKind::kObject ? ReadObject(node, amount) : ReadPlain(node);
    if (!understood || !Check(SpanOf(*amount))) return std::nullopt;
    return ReadValue{Wanted(), SpanOf(*amount)};
  }

 private:
  void Complain(Span span, std::string code, std::string message, std::string hint) {
    failed_ = true;
    reading_.complaints.Add(span, std::move(code), std::move(message), std::move(hint));
  }

  /// `amount` becomes the node that says how much.
  bool ReadObject(const JsonNode& node, const JsonNode*& amount) {
    CheckFieldNames(node, kSettingFields, "a setting", reading_);
    amount = OneOf(node, {"value", "at_least", "at_most"});
    if (amount == nullptr) return false;
    const JsonNode* value = node.Find("value");
    return value != nullptr ? ReadPlain(*value) : ReadBound(node);
  }

  /// The one of `names` that is there.
  const JsonNode* OneOf(const JsonNode& node, std::initializer_list<std::string_view> names) {
    const JsonNode* found = nullptr;
    for (const JsonMember& member : node.members) {
      if (std::find(names.begin(), names.end(), member.name) == names.end()) continue;
      if (found != nullptr) {
        Complain(NameSpan(member), "wrong_type",
                 Format("\"{}\" beside another amount", member.name),
                 "give one of \"value\", \"at_least\" and \"at_most\"");
        return nullptr;
      }
      found = &member.value;
    }
    if (found == nullptr) {
      Complain(SpanOf(node), "missing_field", "this object asks for nothing",
               Format("give it {}", names.size() == 2 ? "\"at_least\" or \"at_most\""
                                                      : "\"value\", \"at_least\" or \"at_most\""));
    }
    return found;
  }

  bool ReadPlain(const JsonNode& node) {
    switch (node.kind) {
      case NodeKind::kInteger:
        return AddField({Want::kExact, Format("{}", node.integer), 0}, SpanOf(node));
      case NodeKind::kString:
        return ReadString(node);
      case NodeKind::kArray:
        return ReadList(node);
      default:
        Complain(
            SpanOf(node), "wrong_type", Format("a value cannot be {}", KindName(node.kind)),
            node.kind == NodeKind::kBoolean ? "write 1 or 0" : Format("write {}", kSettingShapes));
        return false;
    }
  }

  /// Fields in one string, separated by blanks: "1024 65535".
  bool ReadString(const JsonNode& node) {
    if (!CheckText(node)) return false;
    if (node.text.ends_with(kOfRam)) return AddPercent(Want::kExact, node);
    // Without escapes the words stand in the file as they stand here, so each has its own place.
    const bool as_written = node.length == node.text.size() + 2;
    for (std::size_t at = node.text.find_first_not_of(' '); at != std::string::npos;) {
      const std::size_t end = std::min(node.text.find(' ', at), node.text.size());
      const Span span = as_written ? Span{node.offset + 1 + at, end - at} : SpanOf(node);
      AddWord(node.text.substr(at, end - at), span);
      at = node.text.find_first_not_of(' ', end);
    }
    if (fields_.empty() && !MayBeEmpty()) {
      Complain(SpanOf(node), "invalid_value", "an empty value", "");
    }
    return !failed_;
  }

  bool MayBeEmpty() const {
    return tunable_ != nullptr && tunable_->fields.size() == 1 &&
           tunable_->fields[0].type == FieldType::kPortList;
  }

  bool CheckText(const JsonNode& node) {
    if (node.text.size() > kLongestValue) {
      Complain(SpanOf(node), "invalid_value",
               Format("a value of {} bytes is longer than the kernel takes", node.text.size()), "");
      return false;
    }
    failed_ = !CheckPrintable(node, "a value", reading_) || failed_;
    return !failed_;
  }

  void AddWord(std::string word, Span span) {
    if (word == "keep") {
      AddField({Want::kKeep, {}, 0}, span);
    } else {
      AddField({Want::kExact, std::move(word), 0}, span);
    }
  }

  bool ReadList(const JsonNode& node) {
    for (const JsonNode& item : node.items) ReadItem(item);
    if (node.items.empty()) Complain(SpanOf(node), "invalid_value", "an empty list", "");
    return !failed_;
  }

  void ReadItem(const JsonNode& item) {
    switch (item.kind) {
      case NodeKind::kInteger:
        AddField({Want::kExact, Format("{}", item.integer), 0}, SpanOf(item));
        return;
      case NodeKind::kString:
        if (CheckText(item)) ReadItemText(item);
        return;
      case NodeKind::kObject:
        CheckFieldNames(item, kFieldFields, "an entry of a list", reading_);
        if (OneOf(item, {"at_least", "at_most"}) != nullptr) ReadBound(item);
        return;
      default:
        Complain(SpanOf(item), "wrong_type",
                 Format("an entry of a list cannot be {}", KindName(item.kind)),
                 "write a number, a word, \"keep\", or {\"at_least\": N}");
    }
  }

  void ReadItemText(const JsonNode& item) {
    if (item.text.ends_with(kOfRam)) {
      AddPercent(Want::kExact, item);
    } else if (item.text.empty() || item.text.find(' ') != std::string::npos) {
      Complain(SpanOf(item), "invalid_value", "an entry of a list must be one word",
               "give each field its own entry");
    } else {
      AddWord(item.text, SpanOf(item));
    }
  }

  /// {"at_least": amount} or {"at_most": amount}; exactly one of them is there.
  bool ReadBound(const JsonNode& object) {
    const JsonNode* floor = object.Find("at_least");
    const JsonNode* amount = floor != nullptr ? floor : object.Find("at_most");
    const Want kind = floor != nullptr ? Want::kAtLeast : Want::kAtMost;
    if (amount->kind == NodeKind::kInteger) {
      return AddField({kind, Format("{}", amount->integer), 0}, SpanOf(*amount));
    }
    const std::string_view name = floor != nullptr ? "\"at_least\"" : "\"at_most\"";
    if (amount->kind != NodeKind::kString) {
      Complain(SpanOf(*amount), "wrong_type",
               Format("{} must be a number, not {}", name, KindName(amount->kind)),
               amount->kind == NodeKind::kArray
                   ? "put it in each entry: [\"keep\", {\"at_least\": N}]"
                   : "or \"N% of ram\"");
      return false;
    }
    if (!CheckText(*amount)) return false;
    if (amount->text.ends_with(kOfRam)) return AddPercent(kind, *amount);
    if (!ParseDecimal(amount->text)) {
      Complain(SpanOf(*amount), "invalid_value",
               Format("{} needs a plain decimal number or \"N% of ram\"", name), "");
      return false;
    }
    return AddField({kind, amount->text, 0}, SpanOf(*amount));
  }

  bool AddPercent(Want kind, const JsonNode& node) {
    const std::string_view digits =
        std::string_view(node.text).substr(0, node.text.size() - kOfRam.size());
    const std::optional<std::int64_t> percent = ParseDecimal(digits);
    if (!percent || *percent < 1 || *percent > 90) {
      Complain(SpanOf(node), "out_of_range", "a share of the memory is 1% to 90%",
               "write it like \"5% of ram\"");
      return false;
    }
    return AddField({kind, {}, static_cast<int>(*percent)}, SpanOf(node));
  }

  bool AddField(FieldRequirement want, Span span) {
    fields_.push_back({std::move(want), span});
    return true;
  }

  /// Against the catalog, as far as it knows the key.
  bool Check(Span whole) {
    if (failed_) return false;
    if (fields_.size() == 1 && fields_[0].want.kind == Want::kKeep) return true;
    if (tunable_ == nullptr) return CheckUnknown();
    if (std::optional<ValueProblem> problem = CheckArity(*tunable_, fields_.size())) {
      Complain(whole, std::move(problem->code), std::move(problem->message),
               std::move(problem->hint));
      return false;
    }
    for (std::size_t i = 0; i < fields_.size(); ++i) CheckOne(i);
    if (!failed_) CheckOrder();
    return !failed_;
  }

  /// What can be said of a key under net. that is not in the catalog.
  bool CheckUnknown() {
    for (const ReadField& field : fields_) {
      if (field.want.percent_of_ram != 0) {
        Complain(field.span, "invalid_value",
                 Format("the unit of {} is not known, so a share of the memory says nothing", key_),
                 "write the number");
      } else if (LooksOctalOrHex(field.want.text)) {
        Complain(field.span, "invalid_value",
                 Format("{} would be read as octal or hexadecimal", field.want.text),
                 "write decimal digits without a leading zero");
      }
    }
    return !failed_;
  }

  static bool LooksOctalOrHex(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    if (text.size() < 2 || text[0] != '0') return false;
    const std::string_view rest = text.substr(1);
    const bool hexadecimal = (rest[0] == 'x' || rest[0] == 'X') && rest.size() > 1 &&
                             rest.find_first_not_of("0123456789abcdefABCDEF", 1) == rest.npos;
    return hexadecimal || rest.find_first_not_of("0123456789") == rest.npos;
  }

  void CheckOne(std::size_t i) {
    const ReadField& field = fields_[i];
    const int index = static_cast<int>(i);
    if (field.want.kind == Want::kKeep) return;
    if (field.want.percent_of_ram != 0) {
      CheckShare(field);
    } else if (field.want.kind != Want::kExact && !IsNumberField(i)) {
      Complain(field.span, "wrong_type", Format("{} holds no number to compare with", key_),
               "give the value itself");
    } else if (std::optional<ValueProblem> problem =
                   CheckField(*tunable_, index, field.want.text)) {
      const bool form = problem->code == "not_a_number" || problem->code == "not_a_word";
      Complain(field.span, form ? "invalid_value" : std::move(problem->code),
               std::move(problem->message), std::move(problem->hint));
    }
  }

  void CheckShare(const ReadField& field) {
    if (CountsMemory(*tunable_)) return;
    Complain(field.span, "invalid_value",
             Format("{} does not count memory, so a share of it says nothing", key_),
             Format("write the number{}{}", tunable_->unit == Unit::kNone ? "" : " of ",
                    tunable_->unit == Unit::kNone ? "" : UnitName(tunable_->unit)));
  }

  bool IsNumberField(std::size_t i) const {
    return tunable_->fields.empty() ||
           (i < tunable_->fields.size() && tunable_->fields[i].type == FieldType::kInteger);
  }

  /// Fields with a known value must not decrease, whatever stands between them.
  void CheckOrder() {
    if (!tunable_->ascending) return;
    const ReadField* low = nullptr;
    for (const ReadField& field : fields_) {
      if (field.want.kind != Want::kExact || field.want.percent_of_ram != 0) continue;
      if (low != nullptr && *ParseDecimal(field.want.text) < *ParseDecimal(low->want.text)) {
        Complain(field.span, "not_ascending",
                 Format("{} is below {} before it", field.want.text, low->want.text),
                 Format("the values of {} must not decrease", key_));
        return;
      }
      low = &field;
    }
  }

  Requirement Wanted() const {
    Requirement want;
    for (const ReadField& field : fields_) want.fields.push_back(field.want);
    const bool lone_keep = want.fields.size() == 1 && want.fields[0].kind == Want::kKeep;
    if (lone_keep && tunable_ != nullptr && tunable_->fields.size() > 1) {
      want.fields.resize(tunable_->fields.size(), want.fields[0]);
    }
    return InCanonicalSpelling(std::move(want));
  }

  /// Port lists, masks and sets of words as CanonicalFields spells them.
  Requirement InCanonicalSpelling(Requirement want) const {
    const auto exact = [](const FieldRequirement& field) {
      return field.kind == Want::kExact && field.percent_of_ram == 0;
    };
    if (tunable_ == nullptr || !std::all_of(want.fields.begin(), want.fields.end(), exact)) {
      return want;
    }
    std::vector<std::string> words;
    for (const FieldRequirement& field : want.fields) words.push_back(field.text);
    want.fields.clear();
    for (std::string& word : CanonicalFields(tunable_, Join(words, " "))) {
      want.fields.push_back({Want::kExact, std::move(word), 0});
    }
    return want;
  }

  const Tunable* tunable_;
  std::string_view key_;
  Reading& reading_;
  std::vector<ReadField> fields_;
  bool failed_ = false;
};

}  // namespace

std::optional<ReadValue> ReadRequirement(const JsonNode& node, const Tunable* tunable,
                                         std::string_view key, Reading& reading) {
  return ValueReader(tunable, key, reading).Read(node);
}

}  // namespace tunewire
