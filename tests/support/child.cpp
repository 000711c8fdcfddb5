#include "support/child.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace tunewire {
namespace {

[[noreturn]] void Live(int ready, const std::string& name, const std::function<void()>& first) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, name.c_str());
  first();
  const char done = '.';
  if (::write(ready, &done, 1) != 1) ::_exit(1);
  for (;;) ::pause();
}

struct ReadyPipe {
  ReadyPipe() {
    if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
  }
  ~ReadyPipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  void Await() {
    ::close(std::exchange(ends[1], -1));
    char done = 0;
    if (::read(ends[0], &done, 1) != 1) throw std::runtime_error("the child has ended");
  }
  std::array<int, 2> ends{};
};

}  // namespace

Child::Child(const std::string& name, const std::function<void()>& first) {
  ReadyPipe ready;
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) Live(ready.ends[1], name, first);
  ready.Await();
}

Child::Child(int pid, const std::string& name) {
  ReadyPipe ready;
  const pid_t wanted = pid;
  clone_args args{};
  args.exit_signal = SIGCHLD;
  args.set_tid = reinterpret_cast<std::uintptr_t>(&wanted);
  args.set_tid_size = 1;
  pid_ = static_cast<int>(::syscall(SYS_clone3, &args, sizeof args));
  if (pid_ < 0) return;
  if (pid_ == 0) Live(ready.ends[1], name, [] {});
  ready.Await();
}

void Child::Kill() const {
  ::kill(pid_, SIGKILL);
  siginfo_t ended{};
  ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT);
}

void Child::End() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace tunewire
