// The three standard streams, the terminal behind them, and the wish to stop, behind a seam so that
// tests own them.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "tunewire/base/result.h"

namespace tunewire {

/// What the standard streams are.
struct TerminalFacts {
  bool input = false;     ///< standard input is a terminal
  bool output = false;    ///< standard output is one
  bool messages = false;  ///< standard error is one
  int columns = 0;  ///< width of the terminal behind output or messages, 0 where there is none
  int rows = 0;     ///< height of the terminal behind output, 0 where it is none or not told
};

enum class Stream { kOutput, kMessages };

enum class InputEvent {
  kLine,     ///< a whole line was read
  kEnd,      ///< end of input, or the terminal hung up
  kNothing,  ///< the time was up
  kStop,     ///< a signal asked for the end
};

class Terminal {
 public:
  virtual ~Terminal() = default;

  [[nodiscard]] virtual TerminalFacts Facts() const = 0;

  /// All of `text` in order. Errors: system errors of write(2), EPIPE among them.
  virtual Status Write(Stream stream, std::string_view text) = 0;

  /// Waits for a line of standard input, at most `patience`; `line` is without its newline.
  virtual InputEvent WaitForLine(std::chrono::milliseconds patience, std::string& line) = 0;

  /// Standard input up to its end. Errors: "too_large" (kInvalid) above `limit` bytes.
  virtual Result<std::string> ReadInput(std::size_t limit) = 0;

  /// From now on the first SIGINT or SIGTERM only raises a flag, SIGHUP is ignored, and a second
  /// SIGINT or SIGTERM prints `last_words` to standard error and ends the process with
  /// `exit_status` at once. `last_words` must stay valid.
  virtual void WatchForStop(std::string_view last_words, int exit_status) = 0;

  /// True once such a signal came.
  [[nodiscard]] virtual bool StopWanted() const = 0;

  /// Sleeps; ends early where a stop is wanted.
  virtual void Pause(std::chrono::milliseconds time) = 0;
};

/// Makes sure that descriptors 0 to 2 are open (a closed one would be given to the next file that
/// is opened) and ignores SIGPIPE.
std::unique_ptr<Terminal> LinuxTerminal();

}  // namespace tunewire
