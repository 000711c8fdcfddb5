#include "cli/sockets_watch.h"

#include <algorithm>

#include "base/format.h"
#include "cli/command_options.h"
#include "cli/sockets_replay.h"
#include "report/layout.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// A terminal that does not tell its height has at least so many rows.
constexpr int kRows = 24;

/// Cut to what the screen holds: what has scrolled away cannot be drawn over.
class Screen {
 public:
  explicit Screen(Session& session) : session_(session) {}

  /// False where nobody can see it any more: the terminal has gone.
  bool Draw(const std::string& text) {
    const TerminalFacts facts = session_.machine().terminal.Facts();
    const int columns = facts.columns > 0 ? facts.columns : session_.style().columns;
    const int rows = (facts.rows > 0 ? facts.rows : kRows) - 1;
    std::string picture = drawn_ > 0 ? Format("\033[{}A\r\033[J", drawn_) : std::string();
    drawn_ = 0;
    const std::vector<std::string> lines = Split(text, '\n');
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
      const int height = std::max((ShownWidth(lines[i]) + columns - 1) / columns, 1);
      const bool more = i + 2 < lines.size();
      if (drawn_ + height + (more ? 1 : 0) > rows) {
        picture +=
            Format("{} {} more lines\n", MarksOf(session_.style()).ellipsis, lines.size() - 1 - i);
        ++drawn_;
        break;
      }
      picture += lines[i] + "\n";
      drawn_ += height;
    }
    return session_.machine().terminal.Write(Stream::kOutput, picture).has_value();
  }

 private:
  Session& session_;
  int drawn_ = 0;
};

}  // namespace

std::optional<Error> UnfitForWatching(Session& session) {
  const Machine& machine = session.machine();
  if (machine.terminal.Facts().output && machine.environment.term != "dumb") return std::nullopt;
  return UsageError("not_a_terminal", "--watch draws on a terminal, and this is none",
                    "without --watch, --for TIME looks once; --json is for programs");
}

Answer Watched(Session& session, const std::function<Result<SocketsView>()>& look) {
  Screen screen(session);
  Answer answer;
  answer.status = ExitStatus::kInterrupted;
  while (true) {
    const Result<SocketsView> view = look();
    if (!view) return session.Refuse(view.error());
    if (view->stopped) break;
    Answer now = AnswerFrom(session, *view);
    answer.status = now.status;
    if (!screen.Draw(now.text) || session.machine().terminal.StopWanted()) break;
  }
  return answer;
}

}  // namespace tunewire
