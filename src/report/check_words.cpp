#include "report/check_words.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/format.h"
#include "report/layout.h"
#include "tune/requirement_text.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"
#include "tunewire/profile/profile.h"

namespace tunewire {
namespace {

/// 2^63: more than any limit that is meant as a number.
constexpr double kNoLimit = 9.2e18;

std::string Decimals(double number) {
  return number == std::floor(number) ? Format("{:.0f}", number) : Format("{:.2f}", number);
}

std::string ShownBits(double bits) {
  if (bits < 1e6) return Format("{:.0f} kbit/s", bits / 1e3);
  if (bits < 1e9) return Format("{:.3g} Mbit/s", bits / 1e6);
  return Format("{:.3g} Gbit/s", bits / 1e9);
}

double FlooredTo(double number, double step) { return std::floor(number / step + 1e-9) * step; }

std::string OptionTime(std::chrono::microseconds time) {
  if (time.count() % 1'000'000 == 0) return Format("{}s", time.count() / 1'000'000);
  if (time.count() % 1'000 == 0) return Format("{}ms", time.count() / 1'000);
  return Format("{}us", time.count());
}

std::string Amount(const LoadWish& wish) {
  if (wish.connections > 0)
    return Count(static_cast<long long>(wish.connections), "connection", "connections");
  return wish.rate > 0 ? "connections" : "one flow";
}

std::string Where(const LoadWish& wish) {
  if (wish.side == LoadSide::kServer) return Format(" on port {}", wish.listen_port);
  if (wish.destinations.empty()) return "";
  const std::string first = wish.destinations.front().Text();
  const std::size_t more = wish.destinations.size() - 1;
  return " to " + first + (more == 0 ? "" : Format(" and {} more", more));
}

std::string_view RateWords(const LoadWish& wish) {
  const bool one = wish.rate == 1;
  if (wish.keepalive) return one ? " request a second" : " requests a second";
  return one ? " new one a second" : " new ones a second";
}

std::string_view HowTheyEnd(const LoadWish& wish) {
  if (wish.keepalive) return "kept open";
  return wish.closes_first == LoadSide::kClient ? "one request each, closed by the client"
                                                : "one request each, closed by the server";
}

/// The setting of a key as the profile of --fix has it; nothing where it is not there.
std::optional<std::string> SettingIn(const Profile& profile, const std::string& key) {
  if (key == "nofile") {
    for (const LimitSetting& limit : profile.limits) {
      if (limit.item == key)
        return Format("nofile of logins = {} (from the next login on)", limit.soft);
    }
    return std::nullopt;
  }
  for (const Setting& setting : profile.settings) {
    if (setting.key.name() != key) continue;
    const std::string text = RequirementText(setting.want);
    const bool bound = text.find_first_of("<>*") != std::string::npos;
    return key + (bound ? " " : " = ") + text;
  }
  return std::nullopt;
}

class MendingBuilder {
 public:
  explicit MendingBuilder(const std::string& text) {
    if (text.empty()) return;
    auto parsed = ParseProfile({"ready", text});
    if (parsed) profile_ = *std::move(parsed);
  }

  void Add(const std::vector<ProfileLine>& lines) {
    for (const ProfileLine& line : lines) {
      if (!seen_.insert(line.key).second) continue;
      const auto setting = SettingIn(profile_, line.key);
      if (setting) lines_.push_back({*setting, line.why});
    }
  }

  std::vector<MendingLine>& lines() { return lines_; }

 private:
  Profile profile_;
  std::set<std::string> seen_;
  std::vector<MendingLine> lines_;
};

}  // namespace

std::string_view VerdictWord(Readiness readiness) {
  switch (readiness) {
    case Readiness::kReady:
      return "READY";
    case Readiness::kNotReady:
      return "NOT READY";
    case Readiness::kUnknown:
      return "UNKNOWN";
  }
  return "";
}

std::string ShownAmount(double amount, std::string_view unit) {
  if (!(amount < kNoLimit)) return "no limit";
  if (unit == "bytes") return FormatBytes(static_cast<std::uint64_t>(std::max(amount, 0.0)));
  if (unit == "bits_per_s") return ShownBits(amount);
  if (unit == "cpus") return Decimals(amount) + (amount == 1 ? " CPU" : " CPUs");
  return Decimals(amount);
}

std::string ShownHeadroom(const Wall& wall) {
  if (wall.need <= 0) return "";
  const double times = wall.have / wall.need;
  if (times < 1.1) return Format("{:.2f}x", FlooredTo(times, 0.01));
  if (times < 10) return Format("{:.1f}x", FlooredTo(times, 0.1));
  return times < 1000 ? Format("{:.0f}x", std::floor(times)) : ">999x";
}

std::string ShownLoad(const LoadWish& wish) {
  const bool flow = wish.connections == 0 && wish.rate <= 0;
  std::vector<std::string> parts{Amount(wish) + Where(wish)};
  if (wish.rate > 0) {
    parts.push_back(Decimals(wish.rate) + std::string(RateWords(wish)));
  }
  if (!flow) parts.emplace_back(HowTheyEnd(wish));
  if (wish.message_bytes > 0) parts.push_back(Format("{} B a message", wish.message_bytes));
  if (wish.rtt.count() > 0) parts.push_back("round trip " + FormatDuration(wish.rtt));
  if (wish.bandwidth_bits_per_s > 0)
    parts.push_back(ShownBits(static_cast<double>(wish.bandwidth_bits_per_s)));
  if (wish.threads > 1) parts.push_back(Format("{} threads", wish.threads));
  if (wish.duration.count() > 0) {
    parts.push_back("for " + FormatDuration(wish.duration));
  } else if (!flow) {
    parts.emplace_back("until it is stopped");
  }
  return Join(parts, ", ");
}

std::string LoadOptions(const LoadWish& wish) {
  std::string text;
  if (wish.side == LoadSide::kServer) text += Format(" --listen {}", wish.listen_port);
  for (const SocketAddress& to : wish.destinations) text += " --to " + to.Text();
  for (const std::string& source : wish.sources) text += " --bind " + Printable(ShellWord(source));
  if (wish.bind_takes_port) text += " --bind-takes-port";
  if (wish.connections > 0) text += Format(" --connections {}", wish.connections);
  if (wish.rate > 0) text += " --rate " + Decimals(wish.rate);
  if (wish.duration.count() > 0) text += " --duration " + OptionTime(wish.duration);
  // Without a rate they are kept anyway.
  if (wish.keepalive && wish.rate > 0) text += " --keepalive";
  if (wish.message_bytes > 0) text += Format(" --message {}", wish.message_bytes);
  if (wish.rtt.count() > 0) text += " --rtt " + OptionTime(wish.rtt);
  if (wish.bandwidth_bits_per_s > 0) text += Format(" --bandwidth {}", wish.bandwidth_bits_per_s);
  if (wish.backlog > 0) text += Format(" --backlog {}", wish.backlog);
  if (wish.threads > 1) text += Format(" --threads {}", wish.threads);
  if (wish.closes_first == LoadSide::kServer) text += " --closes-first server";
  return text;
}

bool AnyBroken(const CheckVerdict& verdict) { return std::ranges::any_of(verdict.walls, Breaks); }

std::vector<MendingLine> MendingOf(const CheckView& view) {
  MendingBuilder builder(view.profile);
  for (const Wall& wall : view.verdict.walls) {
    if (Breaks(wall)) builder.Add(wall.profile);
  }
  for (const CheckResult& check : view.verdict.checks) {
    if (check.state == CheckState::kBad) builder.Add(check.profile);
  }
  return std::move(builder.lines());
}

std::vector<std::string> HostMending(const CheckView& view) {
  std::vector<std::string> keys;
  for (const std::string& key : view.host_keys) {
    const auto names = [&key](const ProfileLine& line) { return line.key == key; };
    const auto bad = [&](const CheckResult& check) {
      return check.state == CheckState::kBad && std::ranges::any_of(check.profile, names);
    };
    const auto broken = [&](const Wall& wall) {
      return Breaks(wall) && std::ranges::any_of(wall.profile, names);
    };
    if (std::ranges::any_of(view.verdict.walls, broken) ||
        std::ranges::any_of(view.verdict.checks, bad))
      keys.push_back(key);
  }
  return keys;
}

std::string_view TitleOfCheck(const CheckResult& check) {
  const CheckEntry* entry = FindCheck(check.id);
  return entry == nullptr ? std::string_view(check.id) : entry->title;
}

std::string_view SectionOfCheck(const CheckResult& check) {
  const CheckEntry* entry = FindCheck(check.id);
  return entry == nullptr ? "other" : entry->section;
}

std::string AsSentence(std::string_view text) {
  std::string sentence(Trim(text));
  if (sentence.empty()) return sentence;
  if (sentence[0] >= 'a' && sentence[0] <= 'z') sentence[0] = static_cast<char>(sentence[0] - 32);
  if (!sentence.ends_with('.')) sentence += '.';
  return sentence;
}

}  // namespace tunewire
