#include "cli/sockets_replay.h"

#include <algorithm>

#include "base/format.h"
#include "cli/look_log.h"
#include "cli/sockets_selection.h"
#include "tunewire/sockets/watch.h"

namespace tunewire {
namespace {

constexpr std::size_t kMostRead = (std::size_t{1} << 30) + 4096;

/// For what stands around the sockets, which comes last in a recording.
class NoSink : public LookSink {
  void Begin(LookHead /*head*/) override {}
  void Socket(std::span<const std::byte> /*raw*/) override {}
  void End(const SocketDump& /*dump*/) override {}
};

std::optional<std::vector<std::uint64_t>> InodesOf(const std::vector<Process>& chosen,
                                                   const SocketSurroundings& around) {
  std::vector<std::uint64_t> inodes;
  for (const HeldSocket& held : around.held) {
    const bool wanted = std::any_of(chosen.begin(), chosen.end(), [&held](const Process& process) {
      return process.id.pid == held.pid;
    });
    if (wanted) inodes.push_back(held.inode);
  }
  return inodes;
}

Result<SocketsView> Replay(Session& session, const SocketsArguments& arguments) {
  const Result<FileContent> file = session.machine().files.Read(arguments.replay, kMostRead);
  if (!file) return Fail(file.error());
  NoSink none;
  const Result<SocketSurroundings> around = PlayRecording(file->bytes, none);
  if (!around) {
    Error error = around.error();
    if (error.subject.empty()) error.subject = arguments.replay;
    return Fail(std::move(error));
  }
  std::vector<Process> chosen;
  std::optional<std::vector<std::uint64_t>> wanted;
  if (ChoosesProcesses(arguments)) {
    Result<std::vector<Process>> found = ChooseProcesses(arguments, around->processes);
    if (!found) return Fail(found.error());
    chosen = *std::move(found);
    wanted = InodesOf(chosen, *around);
  }
  EvidenceBuilder builder(FilterFrom(arguments), std::move(wanted));
  LookLog log;
  // Played whole once already: it cannot fail now.
  (void)PlayRecording(file->bytes, builder);
  (void)PlayRecording(file->bytes, log);
  SocketsView view = Judged(arguments, builder.Finish(*around), *around);
  view.origin = SocketsView::Origin::kReplay;
  view.selection = SelectionWords(arguments, chosen);
  view.looks = log.looks();
  return view;
}

}  // namespace

SocketsView Judged(const SocketsArguments& arguments, Evidence evidence,
                   const SocketSurroundings& around) {
  SocketsView view;
  view.show = arguments.listeners ? SocketsView::Show::kListeners : SocketsView::Show::kFindings;
  view.by_process = ChoosesProcesses(arguments);
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
