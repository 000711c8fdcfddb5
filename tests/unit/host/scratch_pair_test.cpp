#include "tunewire/host/scratch_pair.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <string>

using namespace tunewire;

namespace {

KeyText Write(const char* key, const char* text) {
  return {.key = *SysctlKey::Parse(key), .text = text};
}

int InChild(const std::function<int()>& work) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(work());
  int status = -1;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a scratch pair carries traffic under its own settings and leaves the host's alone") {
  const std::vector<KeyText> writes = {
      Write("net.ipv4.tcp_fin_timeout", "7"), Write("net.core.somaxconn", "3"),
      Write("fs.file-max", "100000"), Write("net.ipv4.tcp_fin_timeout", "none")};
  std::string before;
  std::ifstream("/proc/sys/net/ipv4/tcp_fin_timeout") >> before;
  // In a child: an ordinary user's process moves into a user namespace for good.
  const int status = InChild([&] {
    const Result<std::unique_ptr<ScratchPair>> pair = MakeScratchPair(writes);
    if (!pair) return 1;
    const auto& verdicts = (*pair)->writes();
    if (verdicts.size() != 4) return 2;
    if (verdicts[0].verdict != RehearsedWrite::Verdict::kAccepted) return 3;
    if (verdicts[0].stored != "7\n" || verdicts[1].stored != "3\n") return 4;
    if (verdicts[2].verdict != RehearsedWrite::Verdict::kNotPossible) return 5;
    if (verdicts[3].verdict != RehearsedWrite::Verdict::kRefused) return 6;
    TrafficWish wish;
    wish.kind = TrafficKind::kConnections;
    wish.duration = std::chrono::seconds(10);
    wish.most = 20;
    const Result<TrafficResult> result = (*pair)->Run(wish);
    if (!result) return 7;
    return result->done == 20 && result->failed == 0 ? 0 : 8;
  });
  std::string after;
  std::ifstream("/proc/sys/net/ipv4/tcp_fin_timeout") >> after;
  CHECK(status == 0);
  CHECK(before == after);
}
