#include "profile/limit_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/format.h"
#include "profile/limit_items.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using NodeKind = JsonNode::Kind;

constexpr std::array<std::string_view, 5> kItemFields{"logins", "services", "running", "why",
                                                      "source"};
constexpr std::array<std::string_view, 4> kAmountFields{"soft", "hard", "why", "source"};
constexpr std::string_view kAmountExample = "1048576, \"unlimited\" or {\"soft\": N, \"hard\": N}";

struct Amounts {
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

/// The items that are asked for by other names than limits.conf's own.
std::string_view ItemHint(std::string_view name) {
  if (name == "priority") return "priority is no RLIMIT_ item: see nice and rtprio";
  if (name == "maxlogins" || name == "maxsyslogins" || name == "nonewprivs" || name == "chroot") {
    return "only the sixteen RLIMIT_ items can be set";
  }
  return {};
}

class LimitReader {
 public:
  explicit LimitReader(Reading& reading) : reading_(reading) {}

  std::vector<LimitSetting> ReadAll(const JsonNode& limits) {
    for (const JsonMember& member : limits.members) {
      if (reading_.complaints.full()) break;
      const LimitItem* item = ReadItemName(member);
      const std::string example = "{\"logins\": {\"*\": 1048576}}";
      if (Expect(member.value, NodeKind::kObject, Shown(member.name), example, reading_)) {
        ReadItem(item, member.value);
      }
    }
    return std::move(settings_);
  }

 private:
  static std::string Shown(std::string_view name) {
    return Format("\"{}\"", Printable(name.substr(0, 60)));
  }

  void Complain(Span span, std::string code, std::string message, std::string hint) {
    reading_.complaints.Add(span, std::move(code), std::move(message), std::move(hint));
  }

  const LimitItem* ReadItemName(const JsonMember& member) {
    const LimitItem* item = FindLimitItem(member.name);
    if (item != nullptr) return item;
    std::vector<std::string> names;
    for (const LimitItem& known : AllLimitItems()) names.emplace_back(known.name);
    const std::vector<std::string> nearest = Nearest(member.name, names, 1);
    std::string hint(ItemHint(member.name));
    if (hint.empty()) {
      hint = nearest.empty() ? Format("limits: {}", Join(names, ", "))
                             : Format("did you mean \"{}\"?", nearest.front());
    }
    Complain(NameSpan(member), "unknown_field", Format("{} is no limit", Shown(member.name)), hint);
    return nullptr;
  }

  /// `item` is nullptr where its name was wrong; its parts are read for their own mistakes.
  void ReadItem(const LimitItem* item, const JsonNode& node) {
    constexpr std::array<std::pair<std::string_view, LimitTarget>, 3> kTargets{
        {{"logins", LimitTarget::kLogins},
         {"services", LimitTarget::kServices},
         {"running", LimitTarget::kRunning}}};
    CheckFieldNames(node, kItemFields, "a limit", reading_);
    LimitSetting common;
    common.item = item == nullptr ? std::string() : std::string(item->name);
    common.why = ReadProse(node, "why", reading_);
    common.source = ReadProse(node, "source", reading_);
    common.profile = reading_.profile;
    for (const auto& [name, target] : kTargets) {
      const JsonNode* subjects = node.Find(name);
      if (subjects == nullptr) continue;
      if (!Expect(*subjects, NodeKind::kObject, Format("\"{}\"", name), "{\"NAME\": 1048576}",
                  reading_)) {
        continue;
      }
      common.target = target;
      for (const JsonMember& member : subjects->members) {
        if (!reading_.complaints.full()) ReadSubject(item, member, common);
      }
    }
  }

  void ReadSubject(const LimitItem* item, const JsonMember& member, LimitSetting setting) {
    const std::string_view defect = SubjectDefect(setting.target, member.name);
    if (!defect.empty()) {
      Complain(NameSpan(member), "invalid_value",
               Format("{} cannot be used here", Shown(member.name)), std::string(defect));
    }
    const bool object = member.value.kind == NodeKind::kObject;
    const std::optional<Amounts> amounts =
        object ? ReadPair(item, member.value, setting) : ReadOne(item, member.value, setting);
    if (!defect.empty() || !amounts || item == nullptr) return;
    setting.subject = member.name;
    setting.soft = amounts->soft;
    setting.hard = amounts->hard;
    setting.place = reading_.places.At(member.value.offset, member.value.length);
    setting.origin = OriginOf(setting.place);
    settings_.push_back(std::move(setting));
  }

  std::optional<Amounts> ReadOne(const LimitItem* item, const JsonNode& node,
                                 const LimitSetting& setting) {
    const std::optional<std::uint64_t> amount = ReadAmount(item, node, setting.target);
    if (!amount) return std::nullopt;
    return Amounts{*amount, *amount};
  }

  std::optional<Amounts> ReadPair(const LimitItem* item, const JsonNode& node,
                                  LimitSetting& setting) {
    CheckFieldNames(node, kAmountFields, "a limit's amount", reading_);
    if (node.Find("why") != nullptr) setting.why = ReadProse(node, "why", reading_);
    if (node.Find("source") != nullptr) setting.source = ReadProse(node, "source", reading_);
    const JsonNode* soft = node.Find("soft");
    const JsonNode* hard = node.Find("hard");
    if (soft == nullptr || hard == nullptr) {
      Complain(SpanOf(node), "missing_field", "\"soft\" and \"hard\" are both needed",
               Format("write {}", kAmountExample));
      return std::nullopt;
    }
    const std::optional<std::uint64_t> low = ReadAmount(item, *soft, setting.target);
    const std::optional<std::uint64_t> high = ReadAmount(item, *hard, setting.target);
    if (!low || !high) return std::nullopt;
    if (*low > *high) {
      Complain(SpanOf(*soft), "not_ascending", "the soft limit is above the hard one",
               "the kernel refuses this");
      return std::nullopt;
    }
    return Amounts{*low, *high};
  }

  std::optional<std::uint64_t> ReadAmount(const LimitItem* item, const JsonNode& node,
                                          LimitTarget target) {
    if (node.kind == NodeKind::kString && node.text == "unlimited") {
      return CheckUnlimited(item, node);
    }
    if (node.kind != NodeKind::kInteger) {
      Complain(SpanOf(node), "wrong_type", "a limit is a number or \"unlimited\"",
               Format("write {}", kAmountExample));
      return std::nullopt;
    }
    return item == nullptr ? std::nullopt : CheckNumber(*item, node, target);
  }

  std::optional<std::uint64_t> CheckUnlimited(const LimitItem* item, const JsonNode& node) {
    if (item == nullptr || item->unlimited) return kUnlimited;
    Complain(SpanOf(node), "out_of_range", Format("{} cannot be unlimited", item->name),
             item->name == "nofile" ? "the kernel grants none above fs.nr_open"
                                    : Format("allowed 0..{}", item->most));
    return std::nullopt;
  }

  std::optional<std::uint64_t> CheckNumber(const LimitItem& item, const JsonNode& node,
                                           LimitTarget target) {
    const bool negative = node.integer < 0;
    const auto number = static_cast<std::uint64_t>(node.integer);
    const bool logins = target == LimitTarget::kLogins;
    const std::uint64_t least = logins ? item.login_least : 0;
    if (negative || number < least || number > item.most) {
      Complain(SpanOf(node), "out_of_range",
               Format("{} is out of range for {}", node.integer, item.name),
               item.name == "nice" ? "give setrlimit's number, 20 minus the nice value: 30 lets "
                                     "processes go down to -10"
                                   : Format("allowed {}..{}", least, item.most));
      return std::nullopt;
    }
    if (logins && number % item.login_step != 0) {
      Complain(SpanOf(node), "out_of_range",
               Format("{} is no multiple of {}", node.integer, item.login_step),
               item.login_step == 60
                   ? "cpu is in seconds here; limits.conf counts minutes"
                   : Format("{} is in bytes here; limits.conf counts KiB", item.name));
      return std::nullopt;
    }
    return number;
  }

  Reading& reading_;
  std::vector<LimitSetting> settings_;
};

}  // namespace

std::vector<LimitSetting> ReadLimits(const JsonNode& limits, Reading& reading) {
  return LimitReader(reading).ReadAll(limits);
}

}  // namespace tunewire
