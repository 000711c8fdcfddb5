#include "tunewire/probe/pattern.h"

#include <algorithm>
#include <numeric>

#include "base/format.h"

namespace tunewire {
namespace {

bool Writes(const Step& step) {
  return step.kind == StepKind::kWrite || step.kind == StepKind::kMore ||
         step.kind == StepKind::kWritev;
}

std::uint64_t Bytes(const Step& step) {
  return std::accumulate(step.sizes.begin(), step.sizes.end(), std::uint64_t{0});
}

/// The shortest text that ParseDuration reads back as the same.
std::string ExactDuration(std::chrono::microseconds time) {
  const auto count = time.count();
  if (count % 1'000'000 == 0 && count != 0) return Format("{}s", count / 1'000'000);
  if (count % 1'000 == 0 && count != 0) return Format("{}ms", count / 1'000);
  return Format("{}us", count);
}

std::string Sizes(const Step& step) {
  std::string text;
  for (const std::uint32_t size : step.sizes)
    text += (text.empty() ? "" : ",") + std::to_string(size);
  return text;
}

std::string FormatStep(const Step& step) {
  switch (step.kind) {
    case StepKind::kWrite:
      return "w" + Sizes(step);
    case StepKind::kMore:
      return "m" + Sizes(step);
    case StepKind::kWritev:
      return "v" + Sizes(step);
    case StepKind::kRead:
      return "r" + Sizes(step);
    case StepKind::kSleep:
      return "s" + ExactDuration(step.pause);
    case StepKind::kCork:
      return "cork";
    case StepKind::kUncork:
      return "uncork";
    case StepKind::kNoDelay:
      return "nodelay";
    case StepKind::kNagle:
      return "nagle";
    case StepKind::kAwaitAck:
      return "a";
  }
  return "";
}

/// As few reads as the largest piece allows.
void AppendReads(Script& script, std::uint64_t bytes) {
  while (bytes > 0) {
    const auto piece = static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, kLargestPiece));
    script.push_back({StepKind::kRead, {piece}, {}});
    bytes -= piece;
  }
}

}  // namespace

std::string FormatScript(const Script& script) {
  std::string text;
  for (const Step& step : script) text += (text.empty() ? "" : " ") + FormatStep(step);
  return text;
}

std::uint64_t BytesWritten(const Script& script) {
  std::uint64_t sum = 0;
  for (const Step& step : script) sum += Writes(step) ? Bytes(step) : 0;
  return sum;
}

std::uint64_t BytesRead(const Script& script) {
  std::uint64_t sum = 0;
  for (const Step& step : script) sum += step.kind == StepKind::kRead ? Bytes(step) : 0;
  return sum;
}

std::chrono::microseconds ScriptedPauses(const Script& script) {
  std::chrono::microseconds sum{};
  for (const Step& step : script) sum += step.pause;
  return sum;
}

Result<Script> Answering(const Script& script) {
  Script answer;
  std::uint64_t unread = 0;
  for (const Step& step : script) {
    if (Writes(step)) unread += Bytes(step);
    if (step.kind != StepKind::kRead) continue;
    AppendReads(answer, unread);
    unread = 0;
    answer.push_back({StepKind::kWrite, step.sizes, {}});
  }
  AppendReads(answer, unread);
  if (!answer.empty()) return answer;
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = "invalid_pattern";
  error.subject = FormatScript(script);
  error.message = "the pattern neither writes nor reads";
  error.hint = "w200 writes 200 bytes, r100 reads 100";
  return Fail(std::move(error));
}

}  // namespace tunewire
