// What `tunewire check` found on a made host, as its reports take it.
#pragma once

#include <optional>

#include "report/check_report.h"

namespace tunewire {

/// All of it as the command fills it in, without calibration and with no port in use.
CheckView CheckOf(const HostFacts& facts, const std::optional<LoadWish>& wish);

/// 200000 connections at 50000 a second to 192.0.2.9:80, one request each.
LoadWish HeavyLoad();

}  // namespace tunewire
