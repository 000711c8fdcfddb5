#include "profile/setting_reader.h"

#include <map>
#include <optional>
#include <utility>

#include "base/format.h"
#include "profile/value_reader.h"
#include "tunewire/base/text.h"
#include "tunewire/catalog/tunable.h"

namespace tunewire {
namespace {

constexpr std::size_t kShownKey = 80;

bool HasGlob(std::string_view part) { return part.find_first_of("*?[") != std::string_view::npos; }

/// net.ipv4.conf.IF.x, net.ipv6.neigh.IF.x, net.mpls.conf.IF.x: the fourth part is an interface.
bool IsInterfacePlace(const std::vector<std::string>& parts, std::size_t index) {
  if (index != 3 || parts.size() != 5 || parts[0] != "net") return false;
  const bool ip = parts[1] == "ipv4" || parts[1] == "ipv6";
  return (ip && (parts[2] == "conf" || parts[2] == "neigh")) ||
         (parts[1] == "mpls" && parts[2] == "conf");
}

bool GlobsStandRight(const SysctlKey& key) {
  const std::vector<std::string> parts = key.parts();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (HasGlob(parts[i]) && !IsInterfacePlace(parts, i)) return false;
  }
  return true;
}

struct KnownKey {
  KeyPattern pattern;
  const Tunable* tunable = nullptr;
};

class SettingReader {
 public:
  explicit SettingReader(Reading& reading) : reading_(reading) {}

  std::vector<Setting> ReadAll(const JsonNode& sysctl) {
    for (const JsonMember& member : sysctl.members) {
      if (reading_.complaints.full()) break;
      ReadOne(member);
    }
    return std::move(settings_);
  }

 private:
  void ReadOne(const JsonMember& member) {
    std::optional<KnownKey> key = ReadKey(member);
    const std::string name = key ? key->pattern.name() : Shown(member.name);
    std::optional<ReadValue> value =
        ReadRequirement(member.value, key ? key->tunable : nullptr, name, reading_);
    const bool object = member.value.kind == JsonNode::Kind::kObject;
    const JsonNode nothing;
    const JsonNode& remarks = object ? member.value : nothing;
    std::string why = ReadProse(remarks, "why", reading_);
    std::string source = ReadProse(remarks, "source", reading_);
    const bool optional = ReadOptional(remarks);
    if (!key || !value) return;
    const SourcePlace place = reading_.places.At(value->span.offset, value->span.length);
    settings_.push_back({std::move(key->pattern), std::move(value->want), optional, std::move(why),
                         std::move(source), OriginOf(place), place, reading_.profile});
  }

  static std::string Shown(std::string_view name) {
    return Printable(name.substr(0, kShownKey)) + (name.size() > kShownKey ? "..." : "");
  }

  bool ReadOptional(const JsonNode& object) {
    const JsonNode* node = object.Find("optional");
    return node != nullptr &&
           Expect(*node, JsonNode::Kind::kBoolean, "\"optional\"", "true", reading_) &&
           node->boolean;
  }

  std::nullopt_t Refuse(const JsonMember& member, std::string code, std::string message,
                        std::string hint) {
    reading_.complaints.Add(NameSpan(member), std::move(code), std::move(message), std::move(hint));
    return std::nullopt;
  }

  std::optional<KnownKey> ReadKey(const JsonMember& member) {
    Result<KeyPattern> pattern = KeyPattern::Parse(member.name);
    if (!pattern) {
      return Refuse(member, "invalid_key", pattern.error().message, pattern.error().hint);
    }
    const Result<SysctlKey> key = SysctlKey::Parse(pattern->name());
    if (!key) return Refuse(member, "invalid_key", key.error().message, key.error().hint);
    if (IsForbidden(*key)) {
      return Refuse(member, "forbidden_key", Format("no profile may set {}", Shown(key->name())),
                    "it could run programs, weaken the host or not be taken back");
    }
    if (pattern->is_glob() && !GlobsStandRight(*key)) {
      return Refuse(member, "invalid_key", "a pattern may stand only in the interface's place",
                    "write it like net.ipv4.conf.eth*.rp_filter");
    }
    const Tunable* tunable = FindTunable(*key);
    if (tunable == nullptr && !key->path().starts_with("net/")) return RefuseUnknown(member, *key);
    if (!IsFirst(member, *pattern)) return std::nullopt;
    return KnownKey{std::move(*pattern), tunable};
  }

  std::nullopt_t RefuseUnknown(const JsonMember& member, const SysctlKey& key) {
    const std::vector<std::string> nearest = NearestKeys(key.name());
    return Refuse(member, "unknown_key", Format("{} is not a known key", Shown(key.name())),
                  nearest.empty() ? "outside net. only keys that tunewire knows can be set"
                                  : Format("did you mean {}?", Join(nearest, " or ")));
  }

  /// The JSON reader compares names as written; "net/core/somaxconn" is the same key as
  /// "net.core.somaxconn".
  bool IsFirst(const JsonMember& member, const KeyPattern& pattern) {
    const int line = reading_.places.At(member.name_offset, 1).line;
    const auto [first, inserted] = lines_.emplace(pattern, line);
    if (inserted) return true;
    Refuse(member, "duplicate_key", Format("{} is set twice", pattern.name()),
           Format("first in line {}", first->second));
    return false;
  }

  Reading& reading_;
  std::map<KeyPattern, int> lines_;
  std::vector<Setting> settings_;
};

}  // namespace

std::vector<Setting> ReadSettings(const JsonNode& sysctl, Reading& reading) {
  return SettingReader(reading).ReadAll(sysctl);
}

}  // namespace tunewire
