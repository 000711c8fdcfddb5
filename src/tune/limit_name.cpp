#include "tune/limit_name.h"

#include "base/format.h"
#include "tunewire/base/text.h"
#include "tunewire/profile/profile.h"
#include "tunewire/tune/limits.h"

namespace tunewire {
namespace {

std::optional<std::uint64_t> ParseAmount(const std::string& text) {
  if (text == "unlimited") return kUnlimited;
  const auto number = ParseDecimal(text);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

}  // namespace

std::string LimitText(std::uint64_t amount) {
  return amount == kUnlimited ? "unlimited" : Format("{}", amount);
}

std::string LimitItemName(const std::string& item, const Process& process) {
  return Format("{} {} {} {}", item, process.id.pid, process.id.start_ticks,
                Printable(process.command));
}

std::optional<LimitName> ParseLimitItemName(std::string_view name) {
  const auto words = SplitWords(name);
  if (words.size() < 3) return std::nullopt;
  const auto pid = ParseDecimal(words[1]);
  const auto start = ParseDecimal(words[2]);
  if (!pid || !start || *pid < 1 || *pid > 4194304 || *start < 0) return std::nullopt;
  return LimitName{
      .item = words[0],
      .id = {.pid = static_cast<int>(*pid), .start_ticks = static_cast<std::uint64_t>(*start)}};
}

std::string LimitsText(const Limits& limits) {
  return Format("{} {}", LimitText(limits.soft), LimitText(limits.hard));
}

std::optional<Limits> ParseLimits(std::string_view text) {
  const auto words = SplitWords(text);
  if (words.size() != 2) return std::nullopt;
  const auto soft = ParseAmount(words[0]);
  const auto hard = ParseAmount(words[1]);
  if (!soft || !hard) return std::nullopt;
  return Limits{.soft = *soft, .hard = *hard};
}

}  // namespace tunewire
