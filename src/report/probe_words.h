// The sentences of a probe's report, said the same in text and on the page.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/style.h"
#include "tunewire/probe/experiment.h"

namespace tunewire {

struct ProbeWords {
  std::string_view word;  ///< "STALLS"
  Tone tone = Tone::kGood;
  std::string finding;  ///< "97.4 % of 10000 round trips wait 44.0 ms"
  std::string detail;   ///< "Nagle + delayed ACK, confirmed"
};
ProbeWords WordsOf(const ProbeResult& result);

/// "Nagle + delayed ACK"
std::string_view WordsOf(Cause cause);

/// "two_writes over loopback (MSS 32768): client 'w200 w1000 r100', server 'r1200 w100'"
std::string SubjectOf(const ProbeResult& result, const RunReport& asked);

/// "stalled: 31 of 34 (76.9 .. 97.0 %), from the 2nd on, every 3rd"; "" where none did.
std::string WhenWords(const StallSummary& stalls);

/// "its 44.5 ms: 44.4 ms held by Nagle while the ACK was delayed, 80 us programs"; the largest
/// parts first.
std::string ShareWords(const Attribution& parts);

/// One row of the comparison of runs.
struct ProofRow {
  std::string label;    ///< "TCP_NODELAY"
  std::string p50;      ///< "24.4 us"
  std::string change;   ///< "-99.9 %", "" for the traffic as asked
  std::string stalled;  ///< "0 of 4000"
};
struct ProofGroup {
  std::string title;  ///< "loopback's MSS", "MSS 1448"; may be empty
  std::vector<ProofRow> rows;
};
/// The runs at each MSS, as asked first; empty where nothing was varied.
std::vector<ProofGroup> ProofOf(const ProbeResult& result);

/// "set TCP_NODELAY on the client's socket (here: 24.4 us instead of 44.1 ms)"
std::string FixWords(const Fix& fix);

std::string NoiseWords(const Noise& noise);
std::vector<std::string> HostWords(const RunEvidence& run);
std::vector<std::string> CounterWords(const RunEvidence& run);

/// "probe --nodelay": what tells more. `arguments` name the traffic that was asked for.
std::string NextCommand(const ProbeResult& result, const std::string& arguments);

}  // namespace tunewire
