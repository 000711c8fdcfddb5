// One profile's text -> Profile, or everything that is wrong with it.
#include <array>
#include <utility>

#include "base/format.h"
#include "base/strict_json.h"
#include "profile/limit_reader.h"
#include "profile/names.h"
#include "profile/reading.h"
#include "profile/setting_reader.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using NodeKind = JsonNode::Kind;

constexpr std::int64_t kFormat = 1;
constexpr std::array<std::string_view, 7> kProfileFields{"$schema", "format", "name",  "summary",
                                                         "include", "sysctl", "limits"};
// A value costs about 200 bytes of memory; the largest sensible profile has some thousands.
constexpr JsonLimits kLimits{.depth = 16, .bytes = kMaxProfileBytes, .nodes = 20'000};

Error WritableByOthers(const std::string& file) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = "writable_by_others";
  error.message = Format("{} may be changed by others than root and you", Printable(file));
  error.subject = file;
  error.hint = "chown it to root and chmod go-w";
  return error;
}

class ProfileReader {
 public:
  ProfileReader(const JsonNode& root, const TextPlaces& places)
      : root_(root), complaints_(places), reading_{places, complaints_, {}} {}

  /// What could be read; the complaints say whether it is the whole.
  Profile Read() {
    Profile profile;
    profile.file = reading_.places.file();
    if (!Expect(root_, NodeKind::kObject, "a profile", "{\"format\": 1, \"name\": \"web\"}",
                reading_) ||
        !ReadFormat()) {
      return profile;
    }
    CheckFieldNames(root_, kProfileFields, "a profile", reading_);
    ReadProse(root_, "$schema", reading_);
    profile.name = reading_.profile = ReadName();
    profile.summary = ReadProse(root_, "summary", reading_);
    profile.include = ReadInclude(profile.include_places);
    if (const JsonNode* sysctl = Section("sysctl")) {
      profile.settings = ReadSettings(*sysctl, reading_);
    }
    if (const JsonNode* limits = Section("limits")) profile.limits = ReadLimits(*limits, reading_);
    return profile;
  }

  Complaints& complaints() { return complaints_; }

 private:
  const JsonNode* Required(std::string_view field, std::string_view example) {
    const JsonNode* node = root_.Find(field);
    if (node == nullptr) {
      complaints_.Add(SpanOf(root_), "missing_field", Format("a profile needs \"{}\"", field),
                      Format("add {}", example));
    }
    return node;
  }

  /// Another format's fields mean nothing here, so its complaints would mislead.
  bool ReadFormat() {
    const JsonNode* node = Required("format", "\"format\": 1");
    if (node == nullptr) return true;
    if (!Expect(*node, NodeKind::kInteger, "\"format\"", "1", reading_)) return true;
    if (node->integer == kFormat) return true;
    complaints_.Add(SpanOf(*node), "unsupported_format",
                    Format("format {} is not known", node->integer),
                    Format("this program reads format {}", kFormat));
    return false;
  }

  std::string ReadName() {
    const JsonNode* node = Required("name", "\"name\": \"web\"");
    if (node == nullptr ||
        !Expect(*node, NodeKind::kString, "\"name\"", "\"http-server\"", reading_)) {
      return {};
    }
    if (IsProfileName(node->text)) return node->text;
    complaints_.Add(SpanOf(*node), "invalid_value", "this is no name for a profile",
                    std::string(kProfileNameRule));
    return {};
  }

  std::vector<std::string> ReadInclude(std::vector<SourcePlace>& at) {
    std::vector<std::string> names;
    const JsonNode* list = root_.Find("include");
    if (list == nullptr ||
        !Expect(*list, NodeKind::kArray, "\"include\"", "[\"base\"]", reading_)) {
      return names;
    }
    for (const JsonNode& item : list->items) {
      if (!Expect(item, NodeKind::kString, "an included profile", "\"base\"", reading_)) continue;
      const bool path = item.text.find('/') != std::string::npos;
      if (path ? !CheckPrintable(item, "a path", reading_) : !CheckIncludeName(item)) continue;
      names.push_back(item.text);
      at.push_back(reading_.places.At(item.offset, item.length));
    }
    return names;
  }

  bool CheckIncludeName(const JsonNode& item) {
    if (IsProfileName(item.text)) return true;
    complaints_.Add(SpanOf(item), "invalid_value", "this is no name of a profile",
                    Format("{}; a path needs a '/'", kProfileNameRule));
    return false;
  }

  const JsonNode* Section(std::string_view field) {
    const JsonNode* node = root_.Find(field);
    if (node == nullptr) return nullptr;
    const bool right = Expect(*node, NodeKind::kObject, Format("\"{}\"", field), "", reading_);
    return right ? node : nullptr;
  }

  const JsonNode& root_;
  Complaints complaints_;
  Reading reading_;
};

}  // namespace

tl::expected<Profile, std::vector<Error>> ParseProfile(const SourceText& source) {
  std::vector<Error> errors;
  if (source.writable_by_others) errors.push_back(WritableByOthers(source.path));
  const Result<JsonNode> root = ParseStrictJson(source.path, source.text, kLimits);
  if (!root) {
    errors.push_back(root.error());
    return tl::unexpected(std::move(errors));
  }
  const TextPlaces places(source.path, source.text);
  ProfileReader reader(*root, places);
  Profile profile = reader.Read();
  for (Error& error : reader.complaints().Take()) errors.push_back(std::move(error));
  if (errors.size() > Complaints::kMost) errors.resize(Complaints::kMost);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return profile;
}

}  // namespace tunewire
