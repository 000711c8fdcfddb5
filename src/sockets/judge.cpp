// Every rule over the evidence; equal findings of a process become one, worst first.
#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include "tunewire/sockets/finding.h"

namespace tunewire {
namespace {

bool IsWorse(const Finding& a, const Finding& b) {
  const auto rank = [](const Finding& f) {
    return std::tuple(-static_cast<int>(f.severity), -static_cast<int>(f.confidence), -f.share,
                      -f.cost_us);
  };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  // Equal in all that matters: an order that does not change from one watch to the next.
  const auto place = [](const Finding& f) {
    return std::tuple(f.rule, f.process ? f.process->id.pid : 0, f.local, f.remote, f.cookie);
  };
  return place(a) < place(b);
}

/// Who is troubled. A listening socket and a destination are subjects of their own; sockets whose
/// process is not known are told apart by their service, which is the end with the lower port.
struct Subject {
  std::string rule;
  ProcessId process;
  SocketEnd local, remote;

  auto operator<=>(const Subject&) const = default;
};

Subject SubjectOf(const Finding& finding) {
  Subject subject{.rule = finding.rule};
  if (finding.process) subject.process = finding.process->id;
  const bool connection = finding.cookie != 0 && finding.state != TcpState::kListen;
  if (connection && finding.process) return subject;
  subject.local = finding.local;
  subject.remote = finding.remote;
  if (!connection) return subject;
  const bool served = finding.local.port < finding.remote.port;
  (served ? subject.remote : subject.local) = {};
  return subject;
}

/// `worst` speaks for both.
void Join(Finding& worst, const Finding& other) {
  worst.connections += other.connections;
  worst.since_ns = std::min(worst.since_ns, other.since_ns);
  worst.until_ns = std::max(worst.until_ns, other.until_ns);
}

std::vector<Finding> Grouped(std::vector<Finding> sorted) {
  std::vector<Finding> grouped;
  std::map<Subject, std::size_t> places;
  for (Finding& finding : sorted) {
    const auto [at, first] = places.emplace(SubjectOf(finding), grouped.size());
    if (first) {
      grouped.push_back(std::move(finding));
    } else {
      Join(grouped[at->second], finding);
    }
  }
  return grouped;
}

}  // namespace

std::string_view NameOf(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kWarning:
      return "warning";
    case Severity::kBad:
      return "bad";
  }
  return "unknown";
}

std::vector<Finding> JudgeSockets(const Evidence& evidence) {
  std::vector<Finding> all;
  for (const Rule& rule : AllRules()) {
    auto found = rule.judge(evidence);
    std::move(found.begin(), found.end(), std::back_inserter(all));
  }
  std::sort(all.begin(), all.end(), IsWorse);
  return Grouped(std::move(all));
}

}  // namespace tunewire
