// tunewire check for people: verdict, walls, what happens at them, what moves them, conditions.
#include <algorithm>

#include "base/format.h"
#include "report/check_list.h"
#include "report/check_walls.h"
#include "report/check_words.h"
#include "report/latency_text.h"
#include "report/layout.h"
#include "report/sockets_words.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::size_t kMostMending = 8;

Tone ToneOf(Readiness readiness) {
  if (readiness == Readiness::kReady) return Tone::kGood;
  return readiness == Readiness::kNotReady ? Tone::kBad : Tone::kWarn;
}

class Writer {
 public:
  Writer(const CheckView& view, const Target& target, const Style& style)
      : view_(view), target_(target), style_(style) {}

  std::string Text() {
    AddVerdict();
    if (style_.detail == Detail::kQuiet) return std::move(text_);
    AddWalls();
    AddPart(AnywayText(view_, style_));
    AddMending();
    AddChecks();
    if (view_.stopped) AddPart("stopped early: this is what was seen until then.\n");
    AddNext();
    return std::move(text_);
  }

 private:
  [[nodiscard]] bool Verbose() const { return style_.detail == Detail::kVerbose; }

  void AddPart(const std::string& part) {
    if (!part.empty()) text_ += "\n" + part;
  }

  void AddVerdict() {
    const Readiness readiness = view_.verdict.readiness;
    std::string sentence = Printable(view_.verdict.sentence);
    constexpr std::string_view kThisHost = "this host";
    if (target_.words != kThisHost) {
      const std::string words = Printable(target_.words);
      const bool host = sentence.starts_with(kThisHost);
      sentence = words + (host ? sentence.substr(kThisHost.size()) : ": " + sentence);
    }
    text_ +=
        Hanging(Paint(style_, ToneOf(readiness), VerdictWord(readiness)) + "  ", sentence, style_);
  }

  void AddWalls() {
    if (!view_.wish) return;
    text_ += Hanging("  load: ", Printable(ShownLoad(*view_.wish)), style_);
    AddPart(WallTable(view_, style_));
    if (Verbose()) AddCalibration();
  }

  void AddCalibration() {
    if (!view_.calibration) return;
    const Calibration& speed = *view_.calibration;
    text_ += Indented(
        Format("measured in {:.1f} s: one CPU does {} connections, {} exchanges or {} of data a "
               "second, both ends together",
               speed.seconds, ShownRate(speed.connections_per_s), ShownRate(speed.exchanges_per_s),
               ShownAmount(speed.bytes_per_s, "bytes")),
        2, style_);
  }

  void AddMending() {
    const std::vector<MendingLine> lines = MendingOf(view_);
    const std::vector<std::string> host_keys =
        Ready() ? std::vector<std::string>() : HostMending(view_);
    const bool elsewhere = !host_keys.empty();
    if (lines.empty() && !elsewhere) return;
    text_ += AnyBroken(view_.verdict) ? "\nwhat moves it:\n" : "\nwhat mends it:\n";
    const std::size_t most = Verbose() ? lines.size() : std::min(lines.size(), kMostMending);
    for (std::size_t i = 0; i < most; ++i)
      text_ += Indented(Printable(lines[i].setting), 2, style_) +
               Indented(Printable(lines[i].why), 6, style_);
    if (most < lines.size()) text_ += Format("  and {} more\n", lines.size() - most);
    if (elsewhere)
      text_ += Indented(
          "only from the host's own network namespace: " + Printable(Join(host_keys, ", ")), 2,
          style_);
  }

  [[nodiscard]] bool Ready() const { return view_.verdict.readiness == Readiness::kReady; }

  void AddChecks() {
    if (Verbose()) {
      AddPart(AllCheckLines(view_, style_));
      AddPart(Indented(Format("host {}; {}", view_.host_hash, Window()), 0, style_));
      return;
    }
    AddPart(TroubleBlocks(view_, style_));
    AddPart(RestLines(view_, style_));
  }

  [[nodiscard]] std::string Window() const {
    return view_.window_seconds > 0
               ? Format("counters were read twice, {:.1f} s apart", view_.window_seconds)
               : "counters are those since boot";
  }

  [[nodiscard]] std::string FixCommand() const {
    const std::string options = view_.wish ? LoadOptions(*view_.wish) : "";
    const auto command = [this](const std::string& words) {
      return CommandFor(target_, "check" + words) + " --fix | " + CommandFor(target_, "plan -");
    };
    return command(options);
  }

  void AddNext() {
    const std::string exit = Ready() || view_.stopped ? "" : "exit 1.";
    if (!view_.profile.empty()) {
      text_ += "\n" + NextLine(exit, FixCommand(), style_);
    } else if (!exit.empty()) {
      text_ += "\n" + exit + "\n";
    }
  }

  const CheckView& view_;
  const Target& target_;
  const Style& style_;
  std::string text_;
};

}  // namespace

std::string CheckText(const CheckView& view, const Target& target, const Style& style) {
  return Writer(view, target, style).Text();
}

}  // namespace tunewire
