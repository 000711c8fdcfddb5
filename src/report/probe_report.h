// What `tunewire probe` found, as text, JSON, CSV and HTML. Plain data in, text out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/assertion.h"
#include "report/style.h"
#include "report/target.h"
#include "tunewire/probe/experiment.h"

namespace tunewire {

struct ProbeView {
  enum class Refused { kNo, kYes };  ///< yes: nothing ran, the result is empty
  ProbeResult result;
  std::vector<AssertionOutcome> assertions;
  std::vector<std::string> written;  ///< files
  std::string arguments;             ///< as the user gave them, for the next command: " --mss 1460"
  std::string host_hash;  ///< of the client's host (check/snapshot.h); empty: not asked for
  Refused refused = Refused::kNo;
};

/// The traffic as asked, first of all; none where nothing ran.
const RunReport* AskedRun(const ProbeResult& result);

/// The run that the picture of an exchange is taken from: the asked one; none without time lines.
const Timeline* StalledTimeline(const RunReport& run);
const Timeline* CleanTimeline(const RunReport& run);

/// The timers' bands for a run's path and hosts.
std::vector<Band> BandsOf(const RunReport& run);

std::string ProbeText(const ProbeView& view, const Target& target, const Style& style);
/// The `result` object.
std::string ProbeJson(const ProbeView& view);
/// One self-contained page.
std::string ProbeHtml(const ProbeView& view);

/// The kept exchanges of every run: "run,mss,exchange,begin_us,intended_us,latency_us,stalled".
std::string ProbeExchangesCsv(const ProbeResult& result);
/// Cumulative distributions of every run: "run,mss,latency_us,fraction".
std::string ProbeCdfCsv(const ProbeResult& result);

struct ServeView {
  enum class Refused { kNo, kYes };
  std::string address;
  std::uint16_t port = 0;
  std::vector<std::string> notes;  ///< a line for each session, the newest thousand
  Refused refused = Refused::kNo;
};

/// "LISTENING  127.0.0.1:7411", once it does, with what to run on the other host.
std::string ServeReadyText(const ServeView& view, const Style& style);
std::string ServeJson(const ServeView& view);

struct SweepView {
  enum class Refused { kNo, kYes };
  SweepResult result;
  std::string host_hash;  ///< as a ProbeView's
  Refused refused = Refused::kNo;
};

std::string SweepText(const SweepView& view, const Target& target, const Style& style);
std::string SweepJson(const SweepView& view);

}  // namespace tunewire
