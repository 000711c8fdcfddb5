#include "cli/sockets_selection.h"

#include <algorithm>

#include "base/format.h"
#include "cli/peer_word.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

bool IsCalled(const Process& process, const std::string& name) {
  return name.empty() || process.command == name || process.executable == name;
}

/// "nginx" means nginx.service.
bool IsOfUnit(const Process& process, const std::string& unit) {
  return unit.empty() || process.unit == unit || process.unit == unit + ".service";
}

bool IsChosen(const Process& process, const SocketsArguments& arguments) {
  const std::vector<int>& pids = arguments.pids;
  const bool by_pid =
      pids.empty() || std::find(pids.begin(), pids.end(), process.id.pid) != pids.end();
  return by_pid && IsCalled(process, arguments.command) && IsOfUnit(process, arguments.unit);
}

Error NoSuchProcess(std::string message, std::string hint) {
  Error error;
  error.kind = ErrorKind::kNotFound;
  error.code = "no_such_process";
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

std::string DidYouMean(const std::string& wanted, std::span<const Process> running,
                       const std::string Process::*name) {
  std::vector<std::string> names;
  for (const Process& process : running) {
    if (!(process.*name).empty()) names.push_back(process.*name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const std::vector<std::string> near = Nearest(wanted, names, 1);
  return near.empty() ? "" : Format("did you mean {}?", Printable(near.front()));
}

/// Which part of the choice nothing holds for.
Error Nobody(const SocketsArguments& arguments, std::span<const Process> running) {
  for (const int pid : arguments.pids) {
    const bool runs = std::any_of(running.begin(), running.end(),
                                  [pid](const Process& process) { return process.id.pid == pid; });
    if (!runs) return NoSuchProcess(Format("no process has the number {}", pid), "");
  }
  const auto any = [&running](auto holds) {
    return std::any_of(running.begin(), running.end(), holds);
  };
  if (!any([&](const Process& process) { return IsCalled(process, arguments.command); }))
    return NoSuchProcess(Format("no process is called '{}'", Printable(arguments.command)),
                         DidYouMean(arguments.command, running, &Process::command));
  if (!any([&](const Process& process) { return IsOfUnit(process, arguments.unit); }))
    return NoSuchProcess(Format("no process runs in unit '{}'", Printable(arguments.unit)),
                         DidYouMean(arguments.unit, running, &Process::unit));
  return NoSuchProcess("no process fits all of the choice", "each option narrows it");
}

std::string ProcessWords(const SocketsArguments& arguments, std::span<const Process> chosen) {
  if (chosen.size() == 1)
    return Format("{} (pid {})", Printable(chosen[0].command), chosen[0].id.pid);
  const std::string name = !arguments.command.empty() ? Printable(arguments.command)
                           : !arguments.unit.empty()  ? Printable(arguments.unit)
                                                      : std::string();
  return name.empty() ? Format("{} processes", chosen.size())
                      : Format("{} ({} processes)", name, chosen.size());
}

}  // namespace

bool ChoosesProcesses(const SocketsArguments& arguments) {
  return !arguments.pids.empty() || !arguments.command.empty() || !arguments.unit.empty();
}

Result<std::vector<Process>> ChooseProcesses(const SocketsArguments& arguments,
                                             std::span<const Process> running) {
  std::vector<Process> chosen;
  for (const Process& process : running) {
    if (IsChosen(process, arguments)) chosen.push_back(process);
  }
  for (const int pid : arguments.pids) {
    const bool runs = std::any_of(running.begin(), running.end(),
                                  [pid](const Process& process) { return process.id.pid == pid; });
    if (!runs) return Fail(Nobody(arguments, running));
  }
  if (chosen.empty()) return Fail(Nobody(arguments, running));
  return chosen;
}

std::vector<int> PidsOf(std::span<const Process> processes) {
  std::vector<int> pids;
  for (const Process& process : processes) pids.push_back(process.id.pid);
  return pids;
}

SocketFilter FilterFrom(const SocketsArguments& arguments) {
  SocketFilter filter;
  if (arguments.listeners) filter.states = kListenOnly;
  filter.port = arguments.port;
  if (!arguments.peer.empty()) {
    if (const Result<PeerWord> peer = ParsePeer(arguments.peer)) {
      filter.peer = peer->end;
      filter.peer_prefix = peer->prefix;
    }
  }
  return filter;
}

std::string SelectionWords(const SocketsArguments& arguments, std::span<const Process> chosen) {
  std::vector<std::string> words;
  if (ChoosesProcesses(arguments)) words.push_back(ProcessWords(arguments, chosen));
  if (arguments.port) words.push_back(Format("port {}", *arguments.port));
  if (!arguments.peer.empty()) words.push_back("peer " + Printable(arguments.peer));
  return Join(words, ", ");
}

}  // namespace tunewire
