// A snapshot as a file, and the file as a snapshot: strict both ways.
#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/fnv.h"
#include "base/format.h"
#include "base/strict_json.h"
#include "report/snapshot_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Facts = std::map<std::string, std::string>;

constexpr std::int64_t kFormat = 1;
constexpr JsonLimits kLimits{
    .depth = 4, .bytes = kMaxSnapshotBytes, .nodes = std::size_t{1'000'000}};

std::uint64_t AddFacts(const Facts& facts, std::uint64_t before) {
  std::uint64_t sum = before;
  for (const auto& [name, value] : facts)
    sum = Fnv1a(kHashedEnd, Fnv1a(value, Fnv1a(kHashedPart, Fnv1a(name, sum))));
  return Fnv1a(kHashedEnd, sum);
}

/// Over everything the file says, so that what was edited is not taken for what was seen.
std::string ChecksumOf(const HostSnapshot& snapshot, std::string_view hash, std::string_view tool) {
  const std::string taken = TakenText(snapshot.unix_seconds);
  std::uint64_t sum = kFnv1aOfNothing;
  for (const std::string_view text : {std::string_view(taken), hash, tool})
    sum = Fnv1a(kHashedEnd, Fnv1a(text, sum));
  sum = AddFacts(snapshot.fleeting, AddFacts(snapshot.stable, sum));
  return Format("{:016x}", sum);
}

/// Digits at fixed places, and nothing else: "2026-11-20T14:02:00Z".
std::optional<std::int64_t> ParseTaken(const std::string& text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == '0' ? !digit : text[i] != kForm[i]) return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) value = value * 10 + (text[i] - '0');
    return value;
  };
  const std::chrono::year_month_day day(std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2))));
  const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::chrono::seconds time = std::chrono::sys_days(day).time_since_epoch() +
                                    std::chrono::hours(hour) + std::chrono::minutes(minute) +
                                    std::chrono::seconds(second);
  return time.count();
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  Result<HostSnapshot> Read() {
    Result<JsonNode> root = ParseStrictJson(file_, text_, kLimits);
    if (!root) {
      Error error = root.error();
      if (error.hint.empty()) error.hint = kTakeAnother;
      return Fail(std::move(error));
    }
    if (Status fit = Fields(*root); !fit) return Fail(fit.error());
    return Facts(*root);
  }

 private:
  static constexpr const char* kTakeAnother = "take one with `tunewire snapshot -o FILE`";

  [[nodiscard]] tl::unexpected<Error> At(std::size_t offset, std::size_t length, std::string code,
                                         std::string message, std::string hint) const {
    Error error;
    error.kind = ErrorKind::kInvalid;
    error.code = std::move(code);
    error.message = std::move(message);
    error.subject = file_;
    error.hint = std::move(hint);
    error.where = PlaceOf(file_, text_, offset, length);
    return tl::unexpected(std::move(error));
  }

  [[nodiscard]] tl::unexpected<Error> NotOurs(const JsonNode& node, std::string message) const {
    return At(node.offset, node.length, "invalid_snapshot", std::move(message), kTakeAnother);
  }

  /// The format first: another one may have other fields.
  Status Fields(const JsonNode& root) const {
    if (root.kind != JsonNode::Kind::kObject) return NotOurs(root, "a snapshot is an object");
    if (const JsonNode* schema = root.Find("schema"))
      return At(schema->offset, schema->length, "invalid_snapshot", "this is a result of --json",
                "`tunewire snapshot` without --json, or with -o FILE, writes what diff reads");
    const JsonNode* format = root.Find("format");
    if (format == nullptr || format->kind != JsonNode::Kind::kInteger)
      return NotOurs(root, "no snapshot of tunewire: `format` is missing");
    if (format->integer != kFormat)
      return At(
          format->offset, format->length, "newer_format",
          Format("a snapshot of format {}, and this tunewire reads {}", format->integer, kFormat),
          "read it with the tunewire that wrote it, or a later one");
    constexpr std::array kNames = {"format", "hash",   "checksum", "taken",
                                   "tool",   "stable", "fleeting"};
    for (const JsonMember& member : root.members) {
      if (std::ranges::find(kNames, member.name) == kNames.end())
        return At(member.name_offset, member.name_length, "unknown_field",
                  Format("a snapshot has no field {}", Printable(member.name)), kTakeAnother);
    }
    for (const char* name : kNames) {
      if (root.Find(name) == nullptr)
        return NotOurs(root, Format("no snapshot of tunewire: `{}` is missing", name));
    }
    return {};
  }

  Result<HostSnapshot> Facts(const JsonNode& root) const {
    HostSnapshot snapshot;
    if (Status read = Read(*root.Find("stable"), snapshot.stable); !read) return Fail(read.error());
    if (Status read = Read(*root.Find("fleeting"), snapshot.fleeting); !read)
      return Fail(read.error());
    const JsonNode& taken = *root.Find("taken");
    const auto seconds = taken.kind == JsonNode::Kind::kString ? ParseTaken(taken.text)
                                                               : std::optional<std::int64_t>();
    if (!seconds) return NotOurs(taken, "`taken` is a time such as \"2026-11-20T14:02:00Z\"");
    snapshot.unix_seconds = *seconds;
    const JsonNode& tool = *root.Find("tool");
    if (tool.kind != JsonNode::Kind::kString)
      return NotOurs(tool, "`tool` is the version that wrote it");
    const JsonNode& hash = *root.Find("hash");
    const JsonNode& checksum = *root.Find("checksum");
    if (checksum.kind != JsonNode::Kind::kString || hash.kind != JsonNode::Kind::kString ||
        checksum.text != ChecksumOf(snapshot, hash.text, tool.text))
      return At(checksum.offset, checksum.length, "edited",
                "the facts do not fit their checksum: this snapshot was edited or damaged",
                "compare what was seen, not what was written: take it again");
    return snapshot;
  }

  Status Read(const JsonNode& object, std::map<std::string, std::string>& facts) const {
    if (object.kind != JsonNode::Kind::kObject)
      return NotOurs(object, "facts are an object of names and texts");
    for (const JsonMember& member : object.members) {
      if (member.value.kind != JsonNode::Kind::kString || member.value.text.empty())
        return NotOurs(member.value, "a fact is a text that is not empty");
      if (member.name.empty() || Printable(member.name) != member.name)
        return At(member.name_offset, member.name_length, "invalid_snapshot",
                  "a fact's name is printable text", kTakeAnother);
      if (Printable(member.value.text) != member.value.text)
        return NotOurs(member.value, "a fact is printable text");
      facts.insert_or_assign(member.name, member.value.text);
    }
    return {};
  }

  std::string_view text_;
  const std::string& file_;
};

}  // namespace

std::string TakenText(std::int64_t unix_seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return Format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string SnapshotFileText(const HostSnapshot& snapshot) {
  const std::string hash = HashOf(snapshot);
  const nlohmann::ordered_json json = {{"format", kFormat},
                                       {"hash", hash},
                                       {"checksum", ChecksumOf(snapshot, hash, TUNEWIRE_VERSION)},
                                       {"taken", TakenText(snapshot.unix_seconds)},
                                       {"tool", TUNEWIRE_VERSION},
                                       {"stable", snapshot.stable},
                                       {"fleeting", snapshot.fleeting}};
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<HostSnapshot> ParseSnapshotFile(std::string_view text, const std::string& file) {
  return Reader(text, file).Read();
}

}  // namespace tunewire
