// "writing 12 of 300" for the patient: only on a terminal, only after a while, gone at the end.
#pragma once

#include <chrono>
#include <string>

#include "cli/session.h"

namespace tunewire {

class Progress {
 public:
  explicit Progress(Session& session)
      : session_(session), started_(session.machine().clock.SinceBoot()) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { Erase(); }

  void Show(const std::string& line);
  /// At once: for what is known to take longer, and cannot be asked how far it is.
  void Announce(const std::string& line);
  void Erase();

 private:
  Session& session_;
  std::chrono::nanoseconds started_;
  int drawn_ = 0;
};

}  // namespace tunewire
