#include "report/fix_words.h"

#include <algorithm>
#include <limits>

#include "base/format.h"
#include "report/latency_text.h"
#include "report/layout.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

bool Any(const FixPlan& plan, bool (*of)(const FixTarget&)) {
  return std::ranges::any_of(plan.targets, of);
}

bool Connection(const FixTarget& target) { return !target.listener; }
bool Pushed(const FixTarget& target) { return target.before == target.wanted; }
bool Rearmed(const FixTarget& target) { return target.which == SocketSwitch::kQuickAck; }
bool LeastDelay(const FixTarget& target) { return target.which == SocketSwitch::kDelackMax; }

std::string LastingFix(FixKind kind) {
  switch (kind) {
    case FixKind::kNodelay:
      return "new connections of the program begin without it: set TCP_NODELAY in the program, or "
             "send each message with one write";
    case FixKind::kQuickAck:
      return "new connections of the program begin without it; the writer's TCP_NODELAY, or one "
             "write a message, ends the wait for good";
    case FixKind::kUncork:
      return "the program corks again when it likes: it must clear TCP_CORK, or leave out "
             "MSG_MORE, at the end of each message";
  }
  return "";
}

}  // namespace

std::string_view OptionName(SocketSwitch which) {
  switch (which) {
    case SocketSwitch::kNodelay:
      return "TCP_NODELAY";
    case SocketSwitch::kCork:
      return "TCP_CORK";
    case SocketSwitch::kQuickAck:
      return "TCP_QUICKACK";
    case SocketSwitch::kDelackMax:
      return "TCP_DELACK_MAX_US";
  }
  return "TCP_NODELAY";
}

std::string OptionValue(SocketSwitch which, std::uint32_t value) {
  if (which == SocketSwitch::kDelackMax) return ShownTime(std::int64_t{value} * 1000);
  return value == 0 ? "off" : "on";
}

std::string HolderText(std::string_view command, int pid, std::string_view unit) {
  if (unit.empty()) return Format("{} (pid {})", Printable(command), pid);
  return Format("{} (pid {}, {})", Printable(command), pid, Printable(unit));
}

std::string EndsText(const std::string& local, const std::string& remote, bool listener) {
  if (listener) return Format("{} listening", Printable(local));
  return Format("{} <- {}", Printable(local), Printable(remote));
}

std::string ChangeText(const FixTarget& target, const Style& style) {
  if (Pushed(target) && !Rearmed(target)) return "push what MSG_MORE holds";
  return Format("{} {} {} {}", OptionName(target.which), OptionValue(target.which, target.before),
                MarksOf(style).arrow, OptionValue(target.which, target.wanted));
}

std::vector<std::string> FixWarnings(const FixView& view) {
  const FixPlan& plan = view.plan;
  std::vector<std::string> warnings;
  if (Any(plan, Rearmed))
    warnings.emplace_back(
        "the kernel leaves TCP_QUICKACK by itself: it is set again every few milliseconds for the "
        "time of --for, or until Ctrl-C, and nothing stays");
  if (Any(plan, LeastDelay))
    warnings.emplace_back(
        "a delayed ACK then waits for two ticks of the kernel instead of 40 ms: the wait gets "
        "shorter, it does not end");
  if (Any(plan, Pushed) && plan.kind == FixKind::kUncork)
    warnings.emplace_back(
        "MSG_MORE is an order of each write: what is held is pushed now and again for the time of "
        "--for, and nothing stays");
  const bool listeners = plan.listeners == WithListeners::kYes;
  if (plan.kind == FixKind::kUncork || (Any(plan, Connection) && !listeners))
    warnings.push_back(LastingFix(plan.kind) + (listeners || plan.kind == FixKind::kUncork
                                                    ? ""
                                                    : "; --listener hands it on until a restart"));
  if (listeners && plan.kind != FixKind::kUncork)
    warnings.emplace_back(
        "new connections inherit it from the listener until the program is restarted; those "
        "accepted meanwhile keep it when it is undone");
  return warnings;
}

std::size_t MostRows(const Style& style) {
  constexpr std::size_t kFew = 20;
  return style.detail == Detail::kVerbose ? std::numeric_limits<std::size_t>::max() : kFew;
}

}  // namespace tunewire
