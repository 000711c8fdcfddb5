// tunewire sockets for people: verdict, findings, what could not be seen, the next command.
#include <algorithm>
#include <set>

#include "base/format.h"
#include "report/layout.h"
#include "report/sockets_parts.h"
#include "report/sockets_words.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

Severity WorstOf(const SocketsView& view) {
  return view.findings.empty() ? Severity::kInfo : view.findings.front().severity;
}

std::string_view WordOf(const SocketsView& view) {
  switch (WorstOf(view)) {
    case Severity::kBad:
      return "HELD BACK";
    case Severity::kWarning:
      return "WARNING";
    case Severity::kInfo:
      return "OK";
  }
  return "OK";
}

Tone ToneOf(const SocketsView& view) {
  switch (WorstOf(view)) {
    case Severity::kBad:
      return Tone::kBad;
    case Severity::kWarning:
      return Tone::kWarn;
    case Severity::kInfo:
      return Tone::kGood;
  }
  return Tone::kGood;
}

/// Sockets in trouble: a process's one may break several rules, so its worst rule counts.
std::size_t TroubledSockets(const SocketsView& view, bool listeners) {
  std::map<std::pair<int, std::uint16_t>, std::size_t> worst;
  for (const Finding& finding : view.findings) {
    if (!IsTrouble(finding) || (finding.state == TcpState::kListen) != listeners) continue;
    const int pid = finding.process ? finding.process->id.pid : 0;
    std::size_t& most = worst[{pid, pid == 0 ? finding.local.port : std::uint16_t{0}}];
    most = std::max<std::size_t>(most, finding.connections);
  }
  std::size_t sum = 0;
  for (const auto& [whose, count] : worst) sum += count;
  return sum;
}

std::string Connections(const Evidence& evidence) {
  return Count(static_cast<long long>(evidence.connections.size() + evidence.left_out),
               "connection", "connections");
}

std::string Listeners(const Evidence& evidence) {
  return Count(static_cast<long long>(evidence.listeners.size()), "listener", "listeners");
}

/// "none of 212 connections", "no connection".
std::string NoneOf(const SocketsView& view) {
  const Evidence& evidence = view.evidence;
  if (view.show == SocketsView::Show::kListeners)
    return evidence.listeners.empty() ? "no listener" : "none of " + Listeners(evidence);
  return evidence.connections.empty() ? "no connection" : "none of " + Connections(evidence);
}

std::string Numbers(const SocketsView& view) {
  const Evidence& evidence = view.evidence;
  const std::string time = Format(" in {}", ShownSpan(evidence.span_ns));
  if (WorstOf(view) == Severity::kInfo) return NoneOf(view) + time;
  std::string text;
  const std::size_t held = TroubledSockets(view, false), queues = TroubledSockets(view, true);
  if (held > 0) text = Format("{} of {}", held, Connections(evidence));
  if (queues > 0)
    text += Format("{}{} of {}", text.empty() ? "" : ", ", queues, Listeners(evidence));
  return (text.empty() ? "the whole namespace" : text) + time;
}

std::string Subject(const SocketsView& view, const Target& target) {
  std::string subject = view.selection.empty() ? Printable(target.words) : view.selection;
  if (view.origin == SocketsView::Origin::kReplay && view.selection.empty()) subject = "recording";
  return subject;
}

void AddLine(std::vector<std::string>& lines, bool wanted, std::string line) {
  if (wanted) lines.push_back(std::move(line));
}

}  // namespace

bool IsTrouble(const Finding& finding) { return finding.severity != Severity::kInfo; }

bool AnyTrouble(const SocketsView& view) {
  return std::any_of(view.findings.begin(), view.findings.end(), IsTrouble);
}

std::string UnseenLines(const SocketsView& view, const Style& style) {
  const Evidence& evidence = view.evidence;
  std::vector<std::string> lines;
  AddLine(lines, view.stopped,
          Format("stopped after {} of {}", ShownSpan(evidence.span_ns),
                 ShownSpan(std::chrono::nanoseconds(view.wanted).count())));
  AddLine(lines, evidence.partial,
          "the table changed while it was read: sockets that came or went may be missing");
  AddLine(
      lines, evidence.unreadable > 0 && !view.by_process,
      Format("{} of other users: sockets of theirs have no owner here (CAP_SYS_PTRACE shows it)",
             Count(static_cast<long long>(evidence.unreadable), "process", "processes")));
  AddLine(lines, evidence.left_out > 0,
          Format("{} more connections: the most troubled ones were looked at", evidence.left_out));
  AddLine(lines, evidence.unreadable > 0 && view.options_asked,
          "socket options of other users' processes: that needs a debugger's rights over them");
  AddLine(
      lines, evidence.unreadable > 0 && view.by_process,
      Format(
          "{} chosen of other users: their sockets are not among these (CAP_SYS_PTRACE shows them)",
          Count(static_cast<long long>(evidence.unreadable), "process", "processes")));
  if (view.options_refused > 0 && view.options_error) {
    lines.push_back(Format(
        "options of {}: {}; that needs a debugger's rights over the process (root, CAP_SYS_PTRACE)",
        Count(static_cast<long long>(view.options_refused), "socket", "sockets"),
        Printable(view.options_error->message)));
  }
  std::string text;
  for (const std::string& line : lines)
    text += Hanging(text.empty() ? "not seen: " : "          ", line, style);
  return text;
}

std::string NextCommand(const SocketsView& view) {
  const bool live = view.origin == SocketsView::Origin::kLive;
  for (const Finding& finding : view.findings) {
    if (!live || !IsTrouble(finding)) break;
    if (finding.fix != LiveFix::kNone && finding.process) {
      const std::string_view fix = finding.fix == LiveFix::kNodelay    ? "nodelay"
                                   : finding.fix == LiveFix::kQuickAck ? "quickack"
                                                                       : "uncork";
      return Format("sockets --fix {} --pid {} --trial 5s", fix, finding.process->id.pid);
    }
    if (finding.state == TcpState::kListen && view.show != SocketsView::Show::kListeners)
      return "sockets --listeners";
    if (finding.connections == 0) return "counters";
    if (finding.process && !view.options_asked)
      return Format("sockets --pid {} --options", finding.process->id.pid);
  }
  return "";
}

std::string SocketsText(const SocketsView& view, const Target& target, const Style& style) {
  std::string text =
      VerdictLine(WordOf(view), ToneOf(view), Subject(view, target), Numbers(view), style);
  if (style.detail == Detail::kQuiet) return text + FindingBlocks(view, style);
  if (view.show == SocketsView::Show::kListeners) text += "\n" + ListenerTable(view, style);
  text += FindingBlocks(view, style);
  if (view.options_asked) text += OptionTable(view, style);
  if (style.detail == Detail::kVerbose)
    text += ConnectionTable(view, style) + LookTable(view, style);
  const std::string unseen = UnseenLines(view, style);
  if (!unseen.empty()) text += "\n" + unseen;
  if (!view.recorded.empty())
    text += Format("\nkept in {}; tunewire sockets --replay {} judges it again\n",
                   Printable(view.recorded), Printable(ShellWord(view.recorded)));
  if (!AnyTrouble(view)) return text;
  const std::string next = NextCommand(view);
  if (next.empty()) return text + (view.stopped ? "" : "exit 1.\n");
  return text + (unseen.empty() && view.recorded.empty() ? "\n" : "") +
         NextLine(view.stopped ? "" : "exit 1.", CommandFor(target, next), style);
}

}  // namespace tunewire
