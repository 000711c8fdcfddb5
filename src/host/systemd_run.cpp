#include "host/systemd_run.h"

#include "base/format.h"

namespace tunewire {

std::optional<std::vector<std::string>> SystemdRunCall(const std::string& systemd_run,
                                                       const std::string& program,
                                                       const DetachedCommand& command) {
  std::vector<std::string> words{systemd_run,
                                 "--quiet",
                                 "--collect",
                                 "--no-ask-password",
                                 "--unit=" + command.unit,
                                 Format("--on-active={}s", command.delay.count()),
                                 "--timer-property=AccuracySec=100ms",
                                 "--",
                                 program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  for (const std::string& word : words) {
    if (word.find_first_of("$%") != std::string::npos) return std::nullopt;
  }
  return words;
}

}  // namespace tunewire
