// The text of a record of old values.
#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/format.h"
#include "base/strict_json.h"
#include "sockets/fix_store.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "tunewire.sockets-fix/1";
constexpr JsonLimits kLimits{.depth = 6, .bytes = std::size_t{64} << 20, .nodes = 4'000'000};
constexpr std::array<std::string_view, 4> kSwitches{"nodelay", "cork", "quickack", "delack_max_us"};
constexpr std::array<std::string_view, 3> kKinds{"nodelay", "quickack", "uncork"};

Json EntryJson(const FixRecord::Entry& entry) {
  return {{"pid", entry.process.pid},
          {"start_ticks", entry.process.start_ticks},
          {"command", Printable(entry.command)},
          {"unit", Printable(entry.unit)},
          {"descriptor", entry.descriptor},
          {"inode", entry.inode},
          {"cookie", Format("{:x}", entry.cookie)},
          {"local", Printable(entry.local)},
          {"remote", Printable(entry.remote)},
          {"listener", entry.listener},
          {"option", kSwitches[static_cast<std::size_t>(entry.which)]},
          {"before", entry.before},
          {"wanted", entry.wanted}};
}

std::optional<std::uint64_t> FromHex(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Takes fields out of one object and remembers whether anything was missing or out of range.
class Fields {
 public:
  explicit Fields(const JsonNode& object)
      : object_(object), ok_(object.kind == JsonNode::Kind::kObject) {}

  std::string Text(std::string_view name) {
    const JsonNode* node = Get(name, JsonNode::Kind::kString);
    return node == nullptr ? std::string() : node->text;
  }
  template <class Number>
  void Into(std::string_view name, Number& number) {
    const JsonNode* node = Get(name, JsonNode::Kind::kInteger);
    if (node == nullptr) return;
    ok_ = std::in_range<Number>(node->integer);
    number = static_cast<Number>(node->integer);
  }
  bool Flag(std::string_view name) {
    const JsonNode* node = Get(name, JsonNode::Kind::kBoolean);
    return node != nullptr && node->boolean;
  }
  template <class Enum, std::size_t N>
  void Into(std::string_view name, const std::array<std::string_view, N>& names, Enum& value) {
    const auto found = std::ranges::find(names, Text(name));
    ok_ = ok_ && found != names.end();
    if (ok_) value = static_cast<Enum>(found - names.begin());
  }
  const std::vector<JsonNode>* List(std::string_view name) {
    const JsonNode* node = Get(name, JsonNode::Kind::kArray);
    return node == nullptr ? nullptr : &node->items;
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  const JsonNode* Get(std::string_view name, JsonNode::Kind kind) {
    const JsonNode* node = ok_ ? object_.Find(name) : nullptr;
    ok_ = node != nullptr && node->kind == kind;
    return ok_ ? node : nullptr;
  }

  const JsonNode& object_;
  bool ok_;
};

std::optional<FixRecord::Entry> ReadEntry(const JsonNode& node) {
  Fields fields(node);
  FixRecord::Entry entry;
  fields.Into("pid", entry.process.pid);
  fields.Into("start_ticks", entry.process.start_ticks);
  entry.command = fields.Text("command");
  entry.unit = fields.Text("unit");
  fields.Into("descriptor", entry.descriptor);
  fields.Into("inode", entry.inode);
  const std::optional<std::uint64_t> cookie = FromHex(fields.Text("cookie"));
  entry.local = fields.Text("local");
  entry.remote = fields.Text("remote");
  entry.listener = fields.Flag("listener");
  fields.Into("option", kSwitches, entry.which);
  fields.Into("before", entry.before);
  fields.Into("wanted", entry.wanted);
  if (!fields.ok() || !cookie) return std::nullopt;
  entry.cookie = *cookie;
  return entry;
}

std::optional<FixRecord> ReadRecord(const JsonNode& root) {
  Fields fields(root);
  FixRecord record;
  if (fields.Text("schema") != kSchema) return std::nullopt;
  record.id = fields.Text("id");
  record.boot_id = fields.Text("boot_id");
  fields.Into("netns", record.netns);
  fields.Into("kind", kKinds, record.kind);
  fields.Into("time", record.unix_seconds);
  const std::vector<JsonNode>* entries = fields.List("entries");
  if (!fields.ok()) return std::nullopt;
  for (const JsonNode& node : *entries) {
    std::optional<FixRecord::Entry> entry = ReadEntry(node);
    if (!entry) return std::nullopt;
    record.entries.push_back(std::move(*entry));
  }
  return record;
}

}  // namespace

std::string EncodeFixRecord(const FixRecord& record) {
  Json json{{"schema", kSchema},
            {"id", record.id},
            {"boot_id", Printable(record.boot_id)},
            {"netns", record.netns},
            {"kind", NameOf(record.kind)},
            {"time", record.unix_seconds},
            {"entries", Json::array()}};
  for (const FixRecord::Entry& entry : record.entries) json["entries"].push_back(EntryJson(entry));
  return json.dump(1) + "\n";
}

Result<FixRecord> DecodeFixRecord(const std::string& path, std::string_view text) {
  const Result<JsonNode> root = ParseStrictJson(path, text, kLimits);
  std::optional<FixRecord> record = root ? ReadRecord(*root) : std::nullopt;
  if (record) return std::move(*record);
  return Fail({.kind = ErrorKind::kInvalid,
               .code = "damaged_record",
               .message = root ? "the record of old socket options is damaged"
                               : Format("the record of old socket options is damaged: {}",
                                        root.error().message),
               .subject = path,
               .hint = "keep the file: its readable part still shows the old values"});
}

}  // namespace tunewire
