// Words and figures of tunewire check.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/check_report.h"

namespace tunewire {

std::string_view VerdictWord(Readiness readiness);  ///< "READY", "NOT READY", "UNKNOWN"

/// Does any wall break?
bool AnyBroken(const CheckVerdict& verdict);

/// "28232", "3.1 GiB", "10 Gbit/s", "2.5 CPUs", "no limit".
std::string ShownAmount(double amount, std::string_view unit);

/// How many times the need there is, never rounded up: "1.04x", "1.3x", "12x", ">999x".
std::string ShownHeadroom(const Wall& wall);

/// "200000 connections to 10.0.0.9:80, 50000 new ones a second, ...": the load as it was
/// understood.
std::string ShownLoad(const LoadWish& wish);

/// The options of `tunewire check` that ask for this load: " --to 10.0.0.9:80 --connections 2000".
std::string LoadOptions(const LoadWish& wish);

/// A line that the profile of --fix holds.
struct MendingLine {
  std::string setting;  ///< "net.core.somaxconn >= 8192"
  std::string why;
};

/// What moves the broken walls and mends the bad checks, each key once, as the view's profile has
/// it.
std::vector<MendingLine> MendingOf(const CheckView& view);
/// Of the keys that only the host's own network namespace sets those that would do the same.
std::vector<std::string> HostMending(const CheckView& view);

/// A check's title and section; its id where it is not of the table.
std::string_view TitleOfCheck(const CheckResult& check);
std::string_view SectionOfCheck(const CheckResult& check);

/// "Results differ." of "results differ".
std::string AsSentence(std::string_view text);

}  // namespace tunewire
