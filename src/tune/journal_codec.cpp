#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/format.h"
#include "base/strict_json.h"
#include "tune/journal.h"
#include "tune/limit_name.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMagic = "tunewire-journal";
constexpr int kSchema = 1;
constexpr JsonLimits kLimits{.depth = 8, .bytes = kMaxJournalBytes};

constexpr std::array<std::string_view, 8> kStates{"prepared",     "pending",     "committed",
                                                  "undoing",      "restored",    "rolled_back",
                                                  "kept_foreign", "not_restored"};
constexpr std::array<std::string_view, 3> kKinds{"sysctl", "file", "limit"};
constexpr std::array<std::string_view, 3> kTargets{"logins", "services", "running"};
constexpr std::array<std::string_view, 5> kRoles{"wanted", "held", "released", "side_effect",
                                                 "skipped"};

template <class Enum, std::size_t N>
std::optional<Enum> FromName(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == name) return static_cast<Enum>(i);
  return std::nullopt;
}

std::string Escape(std::string_view raw) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      out += "\\\\";
    } else if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::optional<std::string> Unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      out += '\\';
      ++i;
    } else {
      unsigned byte = 0;
      if (i + 3 >= text.size() || text[i + 1] != 'x') return std::nullopt;
      const char* last = text.data() + i + 4;
      const auto [at, error] = std::from_chars(text.data() + i + 2, last, byte, 16);
      if (error != std::errc() || at != last) return std::nullopt;
      out += static_cast<char>(byte);
      i += 3;
    }
  }
  return out;
}

Error Damaged(const std::string& path, std::string what) {
  return {.kind = ErrorKind::kInvalid,
          .code = "damaged_journal",
          .message = Format("the journal is damaged: {}", what),
          .subject = path,
          .hint = "keep the file: its readable part still shows the old values"};
}

// Takes fields out of one JSON object and remembers whether anything was missing or of a wrong
// kind.
class FieldReader {
 public:
  explicit FieldReader(const JsonNode& object) : object_(object) {
    ok_ = object.kind == JsonNode::Kind::kObject;
  }

  std::string Text(std::string_view name) {
    const JsonNode* node = Get(name, JsonNode::Kind::kString);
    if (node == nullptr) return {};
    auto raw = Unescape(node->text);
    ok_ = ok_ && raw.has_value();
    return raw.value_or("");
  }
  std::int64_t Number(std::string_view name) {
    const JsonNode* node = Get(name, JsonNode::Kind::kInteger);
    return node == nullptr ? 0 : node->integer;
  }
  const std::vector<JsonNode>& List(std::string_view name) {
    static const std::vector<JsonNode> none;
    const JsonNode* node = Get(name, JsonNode::Kind::kArray);
    return node == nullptr ? none : node->items;
  }
  template <class Enum, std::size_t N>
  Enum Name(const std::array<std::string_view, N>& names, std::string_view field) {
    const auto value = FromName<Enum>(names, Text(field));
    ok_ = ok_ && value.has_value();
    return value.value_or(Enum{});
  }
  [[nodiscard]] bool Has(std::string_view name) const { return object_.Find(name) != nullptr; }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  const JsonNode* Get(std::string_view name, JsonNode::Kind kind) {
    const JsonNode* node = ok_ ? object_.Find(name) : nullptr;
    ok_ = node != nullptr && node->kind == kind;
    return ok_ ? node : nullptr;
  }

  const JsonNode& object_;
  bool ok_ = true;
};

Json ItemJson(const TxItem& item) {
  return {{"kind", ItemKindName(item.kind)},
          {"name", Escape(item.name)},
          {"role", kRoles[static_cast<std::size_t>(item.role)]},
          {"original", Escape(item.original_raw)},
          {"before", Escape(item.before_raw)},
          {"wanted", Escape(item.wanted)},
          {"requirement", Escape(item.requirement)},
          {"origin", Escape(item.origin)}};
}

bool ReadItem(const JsonNode& node, TxItem& item) {
  FieldReader fields(node);
  item.kind = fields.Name<ItemKind>(kKinds, "kind");
  item.name = fields.Text("name");
  item.role = fields.Name<TxItem::Role>(kRoles, "role");
  item.original_raw = fields.Text("original");
  item.before_raw = fields.Text("before");
  item.wanted = fields.Text("wanted");
  item.requirement = fields.Text("requirement");
  item.origin = fields.Text("origin");
  return fields.ok();
}

Json LimitJson(const LimitSetting& limit) {
  return {{"item", Escape(limit.item)},
          {"target", kTargets[static_cast<std::size_t>(limit.target)]},
          {"subject", Escape(limit.subject)},
          {"limits", LimitsText({.soft = limit.soft, .hard = limit.hard})},
          {"file", Escape(limit.origin.file)},
          {"line", limit.origin.line}};
}

bool ReadLimit(const JsonNode& node, LimitSetting& limit) {
  FieldReader fields(node);
  limit.item = fields.Text("item");
  limit.target = fields.Name<LimitTarget>(kTargets, "target");
  limit.subject = fields.Text("subject");
  const auto limits = ParseLimits(fields.Text("limits"));
  limit.origin.file = fields.Text("file");
  limit.origin.line = static_cast<int>(fields.Number("line"));
  if (!fields.ok() || !limits) return false;
  limit.soft = limits->soft;
  limit.hard = limits->hard;
  return true;
}

Json HeadJson(const Tx& tx) {
  Json head{{"schema", "tunewire.journal/1"}, {"id", tx.id},
            {"sequence", tx.sequence},        {"profile", Escape(tx.profile)},
            {"boot_id", Escape(tx.boot_id)},  {"netns", static_cast<std::int64_t>(tx.netns_inode)},
            {"time", tx.unix_seconds}};
  if (tx.deadline) head["deadline_ns"] = tx.deadline->count();
  head["references"] = Json::array();
  for (const std::string& reference : tx.references)
    head["references"].push_back(Escape(reference));
  head["limits"] = Json::array();
  for (const LimitSetting& limit : tx.limits) head["limits"].push_back(LimitJson(limit));
  head["items"] = Json::array();
  for (const TxItem& item : tx.items) head["items"].push_back(ItemJson(item));
  return head;
}

bool ReadHead(const JsonNode& node, Tx& tx) {
  FieldReader head(node);
  tx.id = head.Text("id");
  tx.sequence = head.Number("sequence");
  tx.profile = head.Text("profile");
  tx.boot_id = head.Text("boot_id");
  tx.netns_inode = static_cast<std::uint64_t>(head.Number("netns"));
  tx.unix_seconds = head.Number("time");
  if (head.Has("deadline_ns")) tx.deadline = std::chrono::nanoseconds(head.Number("deadline_ns"));
  for (const JsonNode& reference : head.List("references"))
    tx.references.push_back(Unescape(reference.text).value_or(reference.text));
  for (const JsonNode& limit : head.List("limits"))
    if (!ReadLimit(limit, tx.limits.emplace_back())) return false;
  for (const JsonNode& item : head.List("items"))
    if (!ReadItem(item, tx.items.emplace_back())) return false;
  return head.ok();
}

// A record that does not fit the head is as bad as a torn one: the reading ends before it.
bool ReadRecord(const JsonNode& node, Tx& tx) {
  FieldReader record(node);
  if (record.Has("state")) {
    tx.state = record.Name<TxState>(kStates, "state");
    tx.note = record.Text("note");
    return record.ok();
  }
  const bool begun = record.Has("begun");
  const std::int64_t index = record.Number(begun ? "begun" : "stored");
  if (!record.ok() || index < 0 || index >= static_cast<std::int64_t>(tx.items.size()))
    return false;
  TxItem& item = tx.items[static_cast<std::size_t>(index)];
  item.begun = true;
  // Between the two records nobody knows what the item holds: whatever is found is ours.
  item.stored_raw = std::nullopt;
  if (!begun) item.stored_raw = record.Text("raw");
  return record.ok();
}

bool ReadRecordLine(std::string_view line, Tx& tx) {
  if (line.size() < 10 || line[8] != ' ') return false;
  const std::string_view json = line.substr(9);
  if (Crc32Hex(json) != line.substr(0, 8)) return false;
  const auto node = ParseStrictJson("record", json, kLimits);
  return node && ReadRecord(*node, tx);
}

struct HeadLine {
  std::size_t begin = 0;  ///< of the JSON
  std::size_t length = 0;
  std::string crc;
};

Result<HeadLine> ReadHeadLine(const std::string& path, std::string_view bytes) {
  const std::size_t end = bytes.substr(0, 80).find('\n');
  const auto words = SplitWords(bytes.substr(0, end == std::string_view::npos ? 0 : end));
  if (words.size() != 4 || words[0] != kMagic) return Fail(Damaged(path, "no journal head"));
  if (ParseDecimal(words[1]) != kSchema)
    return Fail({.kind = ErrorKind::kUnsupported,
                 .code = "unknown_journal_schema",
                 .message = Format("the journal has schema {}; this version reads {}",
                                   Printable(words[1]), kSchema),
                 .subject = path,
                 .hint = "use the version of tunewire that wrote it"});
  const auto length = ParseDecimal(words[2]);
  if (!length || *length < 2 || static_cast<std::size_t>(*length) > bytes.size() - end - 1)
    return Fail(Damaged(path, "its head is cut short"));
  return HeadLine{.begin = end + 1, .length = static_cast<std::size_t>(*length), .crc = words[3]};
}

}  // namespace

std::string_view TxStateName(TxState state) { return kStates[static_cast<std::size_t>(state)]; }
std::string_view ItemKindName(ItemKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::string EncodeHead(const Tx& tx) {
  const std::string json = HeadJson(tx).dump();
  return Format("{} {} {} {}\n{}\n", kMagic, kSchema, json.size(), Crc32Hex(json), json);
}

Result<JournalText> DecodeJournal(const std::string& path, std::string_view bytes) {
  const auto line = ReadHeadLine(path, bytes);
  if (!line) return Fail(line.error());
  const std::string_view json = bytes.substr(line->begin, line->length);
  if (Crc32Hex(json) != line->crc) return Fail(Damaged(path, "the checksum of its head is wrong"));
  const auto node = ParseStrictJson(path, json, kLimits);
  JournalText journal;
  if (!node || !ReadHead(*node, journal.tx)) return Fail(Damaged(path, "its head is not readable"));

  journal.end = std::min(line->begin + line->length + 1, bytes.size());
  for (;;) {
    const std::size_t newline = bytes.find('\n', journal.end);
    if (newline == std::string_view::npos) return journal;
    if (!ReadRecordLine(bytes.substr(journal.end, newline - journal.end), journal.tx))
      return journal;
    journal.end = newline + 1;
  }
}

std::size_t RecordRoom(const Tx& tx) {
  std::size_t room = 4096;
  for (const TxItem& item : tx.items)
    room += 1024 + 12 * (item.before_raw.size() + item.wanted.size());
  return room;
}

namespace {
std::string Line(const Json& record) {
  const std::string json = record.dump();
  return Format("{} {}\n", Crc32Hex(json), json);
}
}  // namespace

Status JournalWriter::Begun(std::size_t item) { return Append(Line({{"begun", item}})); }

Status JournalWriter::Stored(std::size_t item, std::string_view raw) {
  return Append(Line({{"stored", item}, {"raw", Escape(raw)}}));
}

Status JournalWriter::State(TxState state, std::string_view note) {
  return Append(Line({{"state", TxStateName(state)}, {"note", Escape(note)}}));
}

}  // namespace tunewire
