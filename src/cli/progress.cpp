#include "cli/progress.h"

#include "report/layout.h"

namespace tunewire {

void Progress::Show(const std::string& line) {
  constexpr std::chrono::milliseconds kUnseen(100);
  Machine& machine = session_.machine();
  if (session_.json() || !machine.terminal.Facts().messages) return;
  if (machine.clock.SinceBoot() - started_ < kUnseen) return;
  session_.Note("\r" + PadRight(line, drawn_));
  drawn_ = ShownWidth(line);
}

void Progress::Erase() {
  if (drawn_ == 0) return;
  session_.Note("\r" + std::string(static_cast<std::size_t>(drawn_), ' ') + "\r");
  drawn_ = 0;
}

}  // namespace tunewire
