// What a reader of a verdict should know beside it. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "probe/effects.h"
#include "tunewire/probe/ends.h"
#include "tunewire/probe/verdict.h"

namespace tunewire {

/// Of one MSS's runs: options that do not last, hosts that differ.
std::vector<std::string> RunWarnings(const RunReport& asked, std::span<const AbTest> tests);

/// Of the traffic as asked at its own MSS and at another: a stall that only one of them shows.
std::vector<std::string> MssWarnings(const RunReport& asked, const RunReport& other);

/// Of the machine: a clock too coarse, pauses as long as what is to be measured.
std::vector<std::string> NoiseWarnings(const Noise& noise, const RunReport& asked);

}  // namespace tunewire
