#include "unit/probe/timeline_builder.h"

#include <sstream>

#include "probe/track.h"

namespace tunewire {
namespace {

StepKind KindOf(char letter) {
  switch (letter) {
    case 'w':
      return StepKind::kWrite;
    case 'm':
      return StepKind::kMore;
    case 'v':
      return StepKind::kWritev;
    case 'r':
      return StepKind::kRead;
    case 's':
      return StepKind::kSleep;
    default:
      return StepKind::kAwaitAck;
  }
}

Step ShortStep(const std::string& word) {
  if (word == "cork") return {StepKind::kCork, {}, {}};
  if (word == "uncork") return {StepKind::kUncork, {}, {}};
  if (word == "nodelay") return {StepKind::kNoDelay, {}, {}};
  if (word == "nagle") return {StepKind::kNagle, {}, {}};
  Step step{KindOf(word[0]), {}, {}};
  if (step.kind == StepKind::kAwaitAck) return step;
  const auto number = static_cast<std::uint32_t>(std::stoul(word.substr(1)));
  if (step.kind == StepKind::kSleep) {
    step.pause = std::chrono::milliseconds(number);
  } else {
    step.sizes = {number};
  }
  return step;
}

}  // namespace

Script ShortScript(const std::string& text) {
  Script script;
  std::istringstream words(text);
  for (std::string word; words >> word;) script.push_back(ShortStep(word));
  return script;
}

RunBuilder::RunBuilder(const std::string& client, const std::string& server) {
  run_.spec.traffic.client = ShortScript(client);
  run_.spec.traffic.server = ShortScript(server);
  run_.spec.stamping = Stamping::kOn;
  run_.client.facts = {250, 3, "cubic", "6.18.44", 1};
  run_.server.emplace();
  run_.server->facts = run_.client.facts;
  run_.client.tcp.min_rtt_ns = Nanos(20);
}

RunBuilder& RunBuilder::Exchange(Micros begin, Micros end) {
  exchange_ = static_cast<std::uint32_t>(run_.exchanges.size());
  run_.exchanges.push_back({Nanos(begin), Nanos(begin), Nanos(end)});
  run_.latency.Record(Nanos(end) - Nanos(begin));
  return *this;
}

RunBuilder& RunBuilder::Step(std::vector<Event>& events, const Script& script, Micros begin,
                             Micros end) {
  std::uint32_t step = 0;
  for (const Event& event : events) step += event.exchange == exchange_ ? 1 : 0;
  Event event;
  event.kind = script.at(step).kind;
  event.exchange = exchange_;
  event.step = step;
  for (const std::uint32_t size : script.at(step).sizes) event.bytes += size;
  event.begin_ns = Nanos(begin);
  event.end_ns = Nanos(end);
  events.push_back(event);
  last_ = &events.back();
  return *this;
}

RunBuilder& RunBuilder::Client(Micros begin, Micros end) {
  return Step(run_.client.events, run_.spec.traffic.client, begin, end);
}

RunBuilder& RunBuilder::Server(Micros begin, Micros end) {
  return Step(run_.server->events, run_.spec.traffic.server, begin, end);
}

RunBuilder& RunBuilder::Left(Micros at) { return Left(at, at + 1); }

RunBuilder& RunBuilder::Left(Micros sched, Micros sent) {
  last_->sched_ns = Nanos(sched);
  last_->sent_ns = Nanos(sent);
  return *this;
}

RunBuilder& RunBuilder::Acked(Micros at) {
  last_->acked_ns = Nanos(at);
  return *this;
}

RunBuilder& RunBuilder::Arrived(Micros at) {
  last_->arrived_ns = Nanos(at);
  return *this;
}

RunBuilder& RunBuilder::Queue(std::uint32_t unacked, std::uint32_t notsent) {
  last_->unacked_segments = unacked;
  last_->notsent_bytes = notsent;
  return *this;
}

RunBuilder& RunBuilder::Repeat(std::uint32_t times, Micros later) {
  const std::uint32_t model = exchange_;
  const auto again = [&](std::vector<Event>& events, std::uint32_t turn) {
    for (std::size_t i = 0, size = events.size(); i < size; ++i) {
      if (events[i].exchange != model) continue;
      Event event = events[i];
      event.exchange = model + turn;
      Shift(event, Nanos(later) * turn);
      events.push_back(event);
    }
  };
  for (std::uint32_t turn = 1; turn < times; ++turn) {
    const tunewire::Exchange one = run_.exchanges[model];
    const std::int64_t by = Nanos(later) * turn;
    run_.exchanges.push_back({one.intended_ns + by, one.begin_ns + by, one.end_ns + by});
    run_.latency.Record(one.end_ns - one.begin_ns);
    again(run_.client.events, turn);
    again(run_.server->events, turn);
  }
  exchange_ = model + times - 1;
  return *this;
}

RunEvidence RunBuilder::ServerAhead(Micros us) const {
  RunEvidence run = run_;
  for (Event& event : run.server->events) Shift(event, Nanos(us));
  return run;
}

RunEvidence RunBuilder::WithoutServer() const {
  RunEvidence run = run_;
  run.server.reset();
  return run;
}

RunEvidence RunBuilder::WithoutStamps() const {
  RunEvidence run = run_;
  run.spec.stamping = Stamping::kOff;
  run.client.events.clear();
  if (run.server) run.server->events.clear();
  return run;
}

}  // namespace tunewire
