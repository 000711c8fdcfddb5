// What routes change for the connections that take them: RTA_METRICS.
#include "base/format.h"
#include "check/check_parts.h"
#include "check/looks.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// A metric on a route, as `ip route` writes it; empty: the kernel's default.
using MetricWords = std::string (*)(const RouteFacts& route);

bool Concerns(const RouteFacts& route, const CheckWish& wish) {
  return wish.interface.empty() || route.interface == wish.interface;
}

/// The chosen one alone where a destination was asked for.
std::vector<const RouteFacts*> RoutesOf(const std::vector<RouteFacts>& all, const CheckWish& wish) {
  std::vector<const RouteFacts*> chosen, others;
  for (const RouteFacts& route : all) {
    if (route.chosen) chosen.push_back(&route);
    if (Concerns(route, wish)) others.push_back(&route);
  }
  return chosen.empty() ? others : chosen;
}

struct MetricCheck {
  MetricWords words;
  const char* want;
  const char* why;
  const char* fix;
};

CheckResult LookAtMetric(const HostFacts& facts, const CheckWish& wish, const MetricCheck& check) {
  if (!facts.routes) return UnknownCheck(facts.routes.why());
  const std::vector<const RouteFacts*> routes = RoutesOf(*facts.routes, wish);
  if (routes.empty()) return UnknownCheck("there is no route to look at");
  std::vector<std::string> set;
  for (const RouteFacts* route : routes) {
    const std::string words = check.words(*route);
    if (!words.empty()) set.push_back(Format("{}: {}", route->destination, words));
  }
  return JudgedCheck(
      set.empty() ? CheckState::kOk : CheckState::kWarn,
      {set.empty() ? "not set" : Join(set, "; "), check.want,
       Format("RTM_GETROUTE, RTA_METRICS: {} looked at", Count(routes.size(), "route", "routes")),
       check.why},
      {check.fix, {}});
}

void Add(std::string& all, const char* name, const std::optional<std::uint32_t>& value) {
  if (!value) return;
  if (!all.empty()) all += ' ';
  all += Format("{} {}", name, *value);
}

std::string QuickackWords(const RouteFacts& route) {
  return route.quickack.value_or(0) != 0 ? Format("quickack {}", *route.quickack) : "";
}

/// 10 is the kernel's own initcwnd; other values are somebody's choice.
std::string WindowWords(const RouteFacts& route) {
  std::string all;
  if (route.initcwnd && *route.initcwnd != 10) Add(all, "initcwnd", route.initcwnd);
  Add(all, "initrwnd", route.initrwnd);
  Add(all, "cwnd", route.cwnd);
  Add(all, "window", route.window);
  Add(all, "advmss", route.advmss);
  return all;
}

std::string TimeoutWords(const RouteFacts& route) {
  return route.rto_min_ms ? Format("rto_min {} ms", *route.rto_min_ms) : "";
}

std::string CongestionWords(const RouteFacts& route) {
  return route.congestion_control ? Format("congctl {}", Printable(*route.congestion_control)) : "";
}

}  // namespace

CheckResult LookAtRouteToTarget(const HostFacts& facts, const CheckWish&) {
  const CheckWords words{"", "a route", "RTM_GETROUTE",
                         "without one connect(2) fails at once, whatever the load"};
  if (!facts.no_route.empty()) {
    return JudgedCheck(CheckState::kBad,
                       {Printable(facts.no_route), words.want, words.evidence, words.why},
                       {"ip route add ..., or bring the interface up that leads there", {}});
  }
  if (!facts.routes) return UnknownCheck(facts.routes.why());
  if (const RouteFacts* route = ChosenRoute(facts)) {
    return JudgedCheck(CheckState::kOk,
                       {Format("{}, {}", route->interface, route->destination), words.want,
                        words.evidence, words.why},
                       {});
  }
  return JudgedCheck(CheckState::kOk, {"no target named", "", words.evidence, words.why}, {});
}

CheckResult LookAtRouteQuickack(const HostFacts& facts, const CheckWish& wish) {
  return LookAtMetric(facts, wish,
                      {QuickackWords, "not set",
                       "every segment is acknowledged at once: it hides Nagle stalls that users "
                       "without this route have",
                       "ip route change ... quickack 0, unless production has it too"});
}

CheckResult LookAtRouteWindows(const HostFacts& facts, const CheckWish& wish) {
  return LookAtMetric(facts, wish,
                      {WindowWords, "the kernel's own (initcwnd 10)",
                       "how much goes out before the first acknowledgement, or at most: short "
                       "transfers take more or fewer round trips than elsewhere",
                       "ip route change ... without the metric, unless production has it too"});
}

CheckResult LookAtRouteTimeout(const HostFacts& facts, const CheckWish& wish) {
  return LookAtMetric(facts, wish,
                      {TimeoutWords, "not set (200 ms)",
                       "changes how long a lost last segment and a delayed acknowledgement wait: "
                       "the tail of every latency figure",
                       "ip route change ... without rto_min, unless production has it too"});
}

CheckResult LookAtRouteCongestion(const HostFacts& facts, const CheckWish& wish) {
  return LookAtMetric(facts, wish,
                      {CongestionWords, "not set",
                       "the route overrules net.ipv4.tcp_congestion_control: what is measured is "
                       "not what the tunable says",
                       "ip route change ... without congctl, unless it is what you measure"});
}

}  // namespace tunewire
