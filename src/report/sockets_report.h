// `tunewire sockets` as text and as the `result` object of JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/style.h"
#include "report/target.h"
#include "tunewire/sockets/evidence.h"
#include "tunewire/sockets/finding.h"

namespace tunewire {

/// One look's line of -v.
struct LookNote {
  std::int64_t at_ns = 0;  ///< since watching began
  std::size_t seen = 0;
  bool partial = false;
};

struct SocketsView {
  enum class Show { kFindings, kListeners };
  enum class Origin { kLive, kReplay };

  Show show = Show::kFindings;
  Origin origin = Origin::kLive;
  std::string selection;    ///< "python3 (pid 812), port 80", safe to print; empty: everything
  bool by_process = false;  ///< only sockets of chosen processes were asked for
  Evidence evidence;
  std::vector<Finding> findings;  ///< as JudgeSockets orders them
  std::vector<LookNote> looks;
  std::map<std::uint64_t, std::uint32_t> holders;  ///< processes by inode
  bool options_asked = false;
  std::size_t options_refused = 0;     ///< sockets whose options could not be read
  std::optional<Error> options_error;  ///< the first reason
  bool stopped = false;                ///< before its time was over
  std::chrono::milliseconds wanted{};  ///< to look for
  std::string recorded;                ///< the file that was written, empty where none was
};

/// A finding that an exit status tells of.
bool IsTrouble(const Finding& finding);
bool AnyTrouble(const SocketsView& view);

std::string SocketsText(const SocketsView& view, const Target& target, const Style& style);
std::string SocketsJson(const SocketsView& view);

}  // namespace tunewire
