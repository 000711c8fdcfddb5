// Runs made by hand: exchanges of two scripts, each step with its times, in microseconds of the
// run. Times of the server may be shifted, as on another host.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tunewire/probe/evidence.h"

namespace tunewire {

using Micros = double;

inline std::int64_t Nanos(Micros us) { return static_cast<std::int64_t>(us * 1000); }

/// A script in short: "w200 m1000 r100 s44ms a cork uncork nodelay nagle"; no check of errors.
Script ShortScript(const std::string& text);

class RunBuilder {
 public:
  RunBuilder(const std::string& client, const std::string& server);

  /// The exchange that the next steps belong to.
  RunBuilder& Exchange(Micros begin, Micros end);

  /// Each adds the end's next step of its script.
  RunBuilder& Client(Micros begin, Micros end);
  RunBuilder& Server(Micros begin, Micros end);

  /// Of the step added last.
  RunBuilder& Left(Micros at);  ///< SCHED, and SND 1 us later
  RunBuilder& Left(Micros sched, Micros sent);
  RunBuilder& Acked(Micros at);
  RunBuilder& Arrived(Micros at);
  RunBuilder& Queue(std::uint32_t unacked, std::uint32_t notsent);

  /// The whole exchange again and again, each so much later, until there are `times`.
  RunBuilder& Repeat(std::uint32_t times, Micros later);

  RunEvidence& evidence() { return run_; }
  RunEvidence ServerAhead(Micros us) const;  ///< with the server's clock shifted
  RunEvidence WithoutServer() const;
  RunEvidence WithoutStamps() const;  ///< neither stamps nor events

 private:
  RunBuilder& Step(std::vector<Event>& events, const Script& script, Micros begin, Micros end);

  RunEvidence run_;
  std::uint32_t exchange_ = 0;
  Event* last_ = nullptr;
};

}  // namespace tunewire
