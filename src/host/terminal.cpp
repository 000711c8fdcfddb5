#include "tunewire/host/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace tunewire {
namespace {

// Signal handlers can reach nothing but file-scope state.
volatile std::sig_atomic_t g_stop_wanted = 0;
volatile std::sig_atomic_t g_exit_status = 1;
const char* volatile g_last_words = nullptr;
volatile std::size_t g_last_words_size = 0;

extern "C" void OnStopSignal(int /*signal*/) {
  const int saved = errno;
  if (g_stop_wanted != 0) {
    if (g_last_words != nullptr) {
      [[maybe_unused]] const ssize_t written =
          ::write(STDERR_FILENO, g_last_words, g_last_words_size);
    }
    ::_exit(g_exit_status);
  }
  g_stop_wanted = 1;
  errno = saved;
}

void Handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

/// A closed standard stream is opened on /dev/null in the direction that makes its use fail.
void FillStandardStreams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is given out, which is `fd`: all lower ones are open by now.
    [[maybe_unused]] const int opened =
        ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

struct winsize SizeOf(int fd) {
  struct winsize size {};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 ? size : winsize{};
}

class LinuxTerminalImpl final : public Terminal {
 public:
  TerminalFacts Facts() const override {
    TerminalFacts facts;
    facts.input = ::isatty(STDIN_FILENO) == 1;
    facts.output = ::isatty(STDOUT_FILENO) == 1;
    facts.messages = ::isatty(STDERR_FILENO) == 1;
    if (facts.output) {
      const struct winsize size = SizeOf(STDOUT_FILENO);
      facts.columns = size.ws_col;
      facts.rows = size.ws_row;
    }
    if (facts.columns == 0 && facts.messages) facts.columns = SizeOf(STDERR_FILENO).ws_col;
    return facts;
  }

  Status Write(Stream stream, std::string_view text) override {
    const int fd = stream == Stream::kOutput ? STDOUT_FILENO : STDERR_FILENO;
    while (!text.empty()) {
      const ssize_t written = ::write(fd, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0)
        return Fail(SystemError(
            "write", stream == Stream::kOutput ? "standard output" : "standard error", errno));
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  InputEvent WaitForLine(std::chrono::milliseconds patience, std::string& line) override {
    if (TakeLine(line)) return InputEvent::kLine;
    struct pollfd wait {
      STDIN_FILENO, POLLIN, 0
    };
    const int ready = ::poll(&wait, 1, static_cast<int>(patience.count()));
    if (StopWanted()) return InputEvent::kStop;
    if (ready <= 0) return InputEvent::kNothing;
    std::array<char, 512> bytes{};
    const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return InputEvent::kNothing;
    if (got <= 0) return InputEvent::kEnd;
    pending_.append(bytes.data(), static_cast<std::size_t>(got));
    if (pending_.size() > kLongestLine) return InputEvent::kEnd;
    return TakeLine(line) ? InputEvent::kLine : InputEvent::kNothing;
  }

  Result<std::string> ReadInput(std::size_t limit) override {
    std::string text = std::move(pending_);
    pending_.clear();
    std::array<char, 16384> bytes{};
    while (text.size() <= limit) {
      const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Fail(SystemError("read", "standard input", errno));
      if (got == 0) return text;
      text.append(bytes.data(), static_cast<std::size_t>(got));
    }
    Error error;
    error.kind = ErrorKind::kInvalid;
    error.code = "too_large";
    error.message = "standard input is too large";
    error.subject = "standard input";
    return Fail(std::move(error));
  }

  void WatchForStop(std::string_view last_words, int exit_status) override {
    g_last_words = last_words.data();
    g_last_words_size = last_words.size();
    g_exit_status = exit_status;
    Handle(SIGHUP, SIG_IGN);
    Handle(SIGINT, OnStopSignal);
    Handle(SIGTERM, OnStopSignal);
  }

  bool StopWanted() const override { return g_stop_wanted != 0; }

  void Pause(std::chrono::milliseconds time) override {
    // A signal ends poll(2) early, which is all the waking that is needed.
    if (!StopWanted()) ::poll(nullptr, 0, static_cast<int>(time.count()));
  }

 private:
  static constexpr std::size_t kLongestLine = 4096;

  bool TakeLine(std::string& line) {
    const std::size_t end = pending_.find('\n');
    if (end == std::string::npos) return false;
    line = pending_.substr(0, end);
    pending_.erase(0, end + 1);
    return true;
  }

  std::string pending_;
};

}  // namespace

std::unique_ptr<Terminal> LinuxTerminal() {
  FillStandardStreams();
  Handle(SIGPIPE, SIG_IGN);
  return std::make_unique<LinuxTerminalImpl>();
}

}  // namespace tunewire
