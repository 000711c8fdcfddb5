#include "cli/consent.h"

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

Error NeedsYes(std::string_view what, std::string_view why, std::string_view otherwise) {
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = "needs_yes";
  error.message = Format("{} asks before it writes, and {}", what, why);
  error.hint = Format("--yes goes on without asking; {}", otherwise);
  return error;
}

}  // namespace

std::optional<Answer> RefuseUnaskable(Session& session, std::string_view what,
                                      std::string_view otherwise) {
  if (session.json()) return session.Refuse(NeedsYes(what, "--json cannot be asked", otherwise));
  if (!session.machine().terminal.Facts().input)
    return session.Refuse(NeedsYes(what, "standard input is no terminal", otherwise));
  return std::nullopt;
}

std::optional<Answer> AskConsent(Session& session, std::string_view question) {
  constexpr std::chrono::milliseconds kGlance(250);
  session.Note(question);
  Terminal& terminal = session.machine().terminal;
  std::string line;
  InputEvent event = InputEvent::kNothing;
  while (event == InputEvent::kNothing) event = terminal.WaitForLine(kGlance, line);
  const std::string_view word = Trim(line);
  if (event == InputEvent::kLine && (word == "y" || word == "Y" || word == "yes"))
    return std::nullopt;
  Answer answer = session.Refuse(std::vector<Error>());
  answer.status = event == InputEvent::kStop ? ExitStatus::kInterrupted : ExitStatus::kDone;
  answer.text = event == InputEvent::kLine ? "nothing was changed.\n" : "\nnothing was changed.\n";
  return answer;
}

}  // namespace tunewire
