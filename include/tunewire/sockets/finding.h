// Rules over evidence: which connections are held back, by whom, and what to do.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tunewire/base/confidence.h"
#include "tunewire/sockets/evidence.h"

namespace tunewire {

/// kInfo is worth knowing and nobody's fault; kWarning and kBad are what an exit status tells of.
enum class Severity { kInfo, kWarning, kBad };

std::string_view NameOf(Severity severity);  ///< "info", "warning", "bad"

/// A measured fact: its JSON name with the unit in it ("notsent_bytes"), and its value.
struct EvidenceItem {
  std::string name;
  std::variant<std::int64_t, std::string> value;

  bool operator==(const EvidenceItem&) const = default;
};

/// The live fix that would help, as the word after --fix.
enum class LiveFix { kNone, kNodelay, kQuickAck, kUncork };

struct Finding {
  std::string rule;  ///< "held_by_nagle"
  Severity severity = Severity::kInfo;
  Confidence confidence = Confidence::kLikely;  ///< confirmed only where the evidence proves it
  std::optional<Process> process;
  SocketEnd local, remote;  ///< of the worst connection; `remote` is empty for a listener
  TcpState state = TcpState::kUnknown;
  std::uint64_t inode = 0, cookie = 0;
  std::uint32_t connections = 1;  ///< of this process that show the same; 0: of the namespace
  double share = 0;               ///< of the looks that showed it, 0..1, of the worst connection
  std::int64_t since_ns = 0, until_ns = 0;  ///< first and last look that showed it
  std::int64_t cost_us = 0;                 ///< what it costs each time, 0 where it is not known
  std::vector<EvidenceItem> evidence;
  std::string summary;  ///< one sentence: what is seen, with its number
  std::string advice;   ///< the lasting fix
  LiveFix fix = LiveFix::kNone;

  bool operator==(const Finding&) const = default;
};

struct Rule {
  std::string_view id;
  std::string_view sentence;  ///< what it means, for people who meet it the first time
  std::string_view fields;    ///< the kernel's fields it reads: "tcpi_notsent_bytes, tcpi_unacked"
  std::vector<Finding> (*judge)(const Evidence& evidence) = nullptr;
};

/// All of them, in the order of their sections. Pure functions.
std::span<const Rule> AllRules();

/// Every rule's findings, equal ones of a process grouped, worst first: severity, confidence,
/// share, cost.
std::vector<Finding> JudgeSockets(const Evidence& evidence);

}  // namespace tunewire
