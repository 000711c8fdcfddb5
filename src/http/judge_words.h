// The sentences of a verdict over an HTTP server, with their figures. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "http/stall_view.h"
#include "tunewire/http/verdict.h"

namespace tunewire {

/// What acknowledging at once does to a run.
struct HttpProof {
  Effect effect;             ///< waiting fraction without, with
  std::int64_t wait_ns = 0;  ///< how much longer a waiting answer takes, median
  bool holds = false;        ///< the interval leaves out 0, and at most a quarter still waits
  bool interleaved = false;
};

std::string NagleSentence(const HttpRun& run, const HttpRun* fresh, const HttpProof& proof,
                          const std::optional<Silence>& silence);
std::vector<std::string> NagleReasons(const HttpRun& run, const HttpProof& proof,
                                      const std::optional<Silence>& silence);
std::vector<HttpFix> NagleFixes();

std::string CorkSentence(const HttpRun& run);
std::vector<std::string> CorkReasons(const HttpRun& run, const HttpRun& fresh,
                                     const std::optional<Silence>& silence);
std::vector<HttpFix> CorkFixes();

/// `typical_ns`: of all answers where `usually`, of the late ones otherwise.
std::string SlowSentence(std::int64_t typical_ns, const StallSummary& slow, bool usually);
std::vector<std::string> SlowReasons(const HttpProof& proof, const std::optional<Silence>& silence,
                                     std::int64_t acked_median_ns);
std::string BehindItWords(const StallSummary& slow);
std::vector<HttpFix> SlowFixes();

std::string FineSentence(const HttpRun& run, const HttpRun* fresh);
std::string RareWords(const StallSummary& slow);
std::string UnprovenSentence(const StallSummary& slow);
std::string ReverseWords(const HttpProof& reverse);
std::string ErrorWords(const HttpRun& run);

}  // namespace tunewire
