// Runs one command with its output thrown away and prints "NANOSECONDS PEAK_KIB STATUS".
//
// Its own program, small and static, because the kernel carries a parent's peak memory over into a
// child it has just forked: measured from an interpreter, every command would seem to need as much
// as the interpreter.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

extern char** environ;

namespace {

long long Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace

int main(int, char** arguments) {
  char** command = arguments + 1;
  if (*command == nullptr) return 2;

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);

  const long long start = Now();
  pid_t child = 0;
  if (posix_spawn(&child, *command, &actions, nullptr, command, environ) != 0) return 2;
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child) return 2;
  const long long end = Now();

  std::printf("%lld %ld %d\n", end - start, usage.ru_maxrss,
              WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 0;
}
