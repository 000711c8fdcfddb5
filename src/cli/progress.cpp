#include "cli/progress.h"

#include "report/layout.h"

namespace tunewire {

void Progress::Show(const std::string& line) {
  constexpr std::chrono::milliseconds kUnseen(100);
  if (session_.machine().clock.SinceBoot() - started_ >= kUnseen) Announce(line);
}

void Progress::Announce(const std::string& line) {
  if (session_.json() || !session_.machine().terminal.Facts().messages) return;
  session_.Note("\r" + PadRight(line, drawn_));
  drawn_ = ShownWidth(line);
}

void Progress::Erase() {
  if (drawn_ == 0) return;
  session_.Note("\r" + std::string(static_cast<std::size_t>(drawn_), ' ') + "\r");
  drawn_ = 0;
}

}  // namespace tunewire
