// What several reports of a probe say in the same words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/probe/verdict.h"

namespace tunewire {

std::string_view NameOf(Writer writer);      ///< "client", "server", "both"
std::string_view NameOf(QuickAck quickack);  ///< "off", "once", "always"

/// A write in any form: its bytes go to the peer.
bool Sends(StepKind kind);

/// Options of the traffic's writing and reading ends; the client's where both do.
const EndOptions& WriterOptions(const Traffic& traffic);
const EndOptions& ReaderOptions(const Traffic& traffic);

/// The pieces that the writing end sends, in order.
std::vector<std::uint32_t> WriteSizes(const Traffic& traffic);

/// "writes 200, 1000, reads 100", of the client; a script as it is.
std::string TrafficWordsOf(const Traffic& traffic);

/// The MSS that was set, or else the one the kernel told; 0 unknown.
std::uint32_t MssOf(const RunEvidence& run);

/// "loopback's MSS", "MSS 1448"; empty for a path's own that is no loopback's.
std::string MssWords(const RunEvidence& run);

/// By the rule of FindStalls, with the run's own undisturbed median.
bool IsStalled(const RunReport& run, const Exchange& exchange);

/// Exchanges a second; 0 where no time went by.
double RateOf(const RunEvidence& run);

}  // namespace tunewire
