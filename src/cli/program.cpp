#include "cli/program.h"

#include <cerrno>

#include "base/format.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/empty_result.h"
#include "report/envelope.h"
#include "report/error_text.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// A reader that went away is no news; any other refused write is said once. Neither changes what
/// the command did, so its exit status stays.
void Print(Machine& machine, std::string_view text) {
  if (text.empty()) return;
  const Status written = machine.terminal.Write(Stream::kOutput, text);
  if (written || written.error().os_error == EPIPE) return;
  (void)machine.terminal.Write(Stream::kMessages,
                               Format("error: {}\n", Printable(written.error().message)));
}

EnvelopeHead HeadFor(Session& session) {
  EnvelopeHead head;
  head.command = session.invocation().command.empty() ? "error" : session.invocation().command;
  head.version = ProgramVersion();
  if (const Result<const HostInfo*> info = session.Info()) {
    head.kernel = (*info)->kernel_release;
    head.boot_id = (*info)->boot_id;
    head.netns = (*info)->netns_inode;
  }
  return head;
}

ExitStatus Deliver(Session& session, const Answer& answer) {
  Machine& machine = session.machine();
  if (session.json()) {
    Print(machine, EnvelopeJson(HeadFor(session), answer.text, answer.errors));
    return answer.status;
  }
  Print(machine, answer.text);
  const std::string errors = ErrorsText(answer.errors, answer.touched, session.message_style());
  if (!errors.empty()) (void)machine.terminal.Write(Stream::kMessages, errors);
  return answer.status;
}

bool ChangesState(const std::string& command) {
  return command == "apply" || command == "rollback" || command == "recover" ||
         command == "confirm";
}

}  // namespace

ExitStatus RunProgram(Machine& machine, std::span<const char* const> words) {
  const ParsedLine line = ParseCommandLine(words);
  if (line.kind == ParsedLine::Kind::kPrint) {
    Print(machine, line.text);
    return ExitStatus::kDone;
  }
  Session session(machine, line.invocation);
  Answer answer;
  if (line.kind == ParsedLine::Kind::kRefused) {
    answer = session.Refuse(line.errors);
  } else {
    answer = std::visit([&session](const auto& arguments) { return Run(session, arguments); },
                        line.invocation.arguments);
  }
  // "nothing was changed." answers a fear that only these commands raise.
  if (answer.touched == HostTouched::kNo && !ChangesState(line.invocation.command))
    answer.touched = HostTouched::kNotConcerned;
  return Deliver(session, answer);
}

ExitStatus ReportThrown(Machine& machine, std::string_view what) {
  (void)machine.terminal.Write(
      Stream::kMessages,
      Format("error: unexpected: {}\n  hint: tunewire recover finishes what may be unfinished\n",
             Printable(what)));
  return ExitStatus::kNotRestored;
}

}  // namespace tunewire
