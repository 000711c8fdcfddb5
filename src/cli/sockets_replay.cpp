#include "cli/sockets_replay.h"

#include <algorithm>
#include <set>

#include "base/format.h"
#include "cli/look_log.h"
#include "cli/sockets_selection.h"
#include "tunewire/sockets/watch.h"

namespace tunewire {
namespace {

constexpr std::size_t kMostRead = (std::size_t{1} << 30) + 4096;

/// The processes that were chosen when it was made, and not gone before their looks.
std::vector<int> Known(const SocketSurroundings& around) {
  std::vector<int> pids;
  for (const Process& process : around.processes) {
    const int pid = process.id.pid;
    if (std::find(around.pids.begin(), around.pids.end(), pid) != around.pids.end())
      pids.push_back(pid);
  }
  return pids;
}

/// Listeners are always kept for what they tell of others; a choice of processes is not about them.
void KeepListenersOf(const std::vector<int>& pids, const SocketSurroundings& around,
                     Evidence& evidence) {
  std::set<std::uint64_t> theirs;
  for (const HeldSocket& held : around.held) {
    if (std::find(pids.begin(), pids.end(), held.pid) != pids.end()) theirs.insert(held.inode);
  }
  std::erase_if(evidence.listeners, [&theirs](const ListenerEvidence& listener) {
    return theirs.count(listener.last.inode) == 0;
  });
}

Error InFile(Error error, const std::string& path) {
  if (error.subject.empty()) error.subject = path;
  return error;
}

Result<SocketsView> Replay(Session& session, const SocketsArguments& arguments) {
  const Result<FileContent> file = session.machine().files.Read(arguments.replay, kMostRead);
  if (!file) return Fail(file.error());
  // Which processes there were stands behind the looks: once for them, once for the evidence.
  LookLog log;
  const Result<SocketSurroundings> around = PlayRecording(file->bytes, log);
  if (!around) return Fail(InFile(around.error(), arguments.replay));
  SocketsArguments choice = arguments;
  if (!ChoosesProcesses(arguments) && !arguments.all) choice.pids = Known(*around);
  std::vector<Process> chosen;
  if (ChoosesProcesses(choice)) {
    Result<std::vector<Process>> found = ChooseProcesses(choice, around->processes);
    if (!found) return Fail(found.error());
    chosen = *std::move(found);
  }
  EvidenceBuilder builder({PidsOf(chosen), FilterFrom(arguments)});
  if (const auto again = PlayRecording(file->bytes, builder); !again) return Fail(again.error());
  SocketsView view = Judged(arguments, PidsOf(chosen), builder.Finish(*around), *around);
  view.origin = SocketsView::Origin::kReplay;
  view.selection = SelectionWords(choice, chosen);
  view.looks = log.looks();
  return view;
}

}  // namespace

SocketsView Judged(const SocketsArguments& arguments, const std::vector<int>& pids,
                   Evidence evidence, const SocketSurroundings& around) {
  SocketsView view;
  if (!pids.empty()) KeepListenersOf(pids, around, evidence);
  view.show = arguments.listeners ? SocketsView::Show::kListeners : SocketsView::Show::kFindings;
  view.by_process = !pids.empty();
  view.options_asked = arguments.options;
  view.evidence = std::move(evidence);
  view.findings = JudgeSockets(view.evidence);
  for (const HeldSocket& held : around.held) ++view.holders[held.inode];
  return view;
}

Answer AnswerFrom(Session& session, const SocketsView& view) {
  Answer answer;
  answer.status = view.stopped       ? ExitStatus::kInterrupted
                  : AnyTrouble(view) ? ExitStatus::kFinding
                                     : ExitStatus::kDone;
  answer.text =
      session.json() ? SocketsJson(view) : SocketsText(view, session.target(), session.style());
  return answer;
}

Answer Replayed(Session& session, const SocketsArguments& arguments) {
  const Result<SocketsView> view = Replay(session, arguments);
  return view ? AnswerFrom(session, *view) : session.Refuse(view.error());
}

}  // namespace tunewire
