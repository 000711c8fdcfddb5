// The grammar of scripts: words apart by blanks, each one step.
#include <array>

#include "base/format.h"
#include "base/word_error.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"
#include "tunewire/probe/pattern.h"

namespace tunewire {
namespace {

constexpr std::string_view kGrammar =
    "steps: w200 m200 v200,1000 r100 s5ms a cork uncork nodelay nagle";

struct Keyword {
  std::string_view word;
  StepKind kind;
};

constexpr std::array<Keyword, 5> kKeywords{{{"cork", StepKind::kCork},
                                            {"uncork", StepKind::kUncork},
                                            {"nodelay", StepKind::kNoDelay},
                                            {"nagle", StepKind::kNagle},
                                            {"a", StepKind::kAwaitAck}}};

class Reader {
 public:
  Reader(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  Result<Script> Read() {
    Script script;
    for (std::size_t at = NextWord(0); at < text_.size(); at = NextWord(at + word_.size())) {
      word_ = text_.substr(at, WordLength(at));
      if (script.size() == kMostSteps)
        return Fail(Bad(word_, Format("more than {} steps", kMostSteps), "shorten the pattern"));
      Result<Step> step = ReadStep();
      if (!step) return Fail(std::move(step.error()));
      script.push_back(std::move(*step));
    }
    if (script.empty()) return Fail(Bad(text_, "an empty pattern", std::string(kGrammar)));
    return script;
  }

 private:
  static bool IsBlank(char letter) { return letter == ' ' || letter == '\t' || letter == '\n'; }

  [[nodiscard]] std::size_t NextWord(std::size_t at) const {
    while (at < text_.size() && IsBlank(text_[at])) ++at;
    return at;
  }

  [[nodiscard]] std::size_t WordLength(std::size_t at) const {
    std::size_t end = at;
    while (end < text_.size() && !IsBlank(text_[end])) ++end;
    return end - at;
  }

  /// `part` must be a view into text_: its place is the caret's.
  [[nodiscard]] Error Bad(std::string_view part, std::string message, std::string hint) const {
    return WordError("invalid_pattern", name_, text_, part, std::move(message), std::move(hint));
  }

  Result<Step> ReadStep() {
    for (const auto& [word, kind] : kKeywords) {
      if (word_ == word) return Step{kind, {}, {}};
    }
    switch (word_.front()) {
      case 'w':
        return Sized(StepKind::kWrite);
      case 'm':
        return Sized(StepKind::kMore);
      case 'r':
        return Sized(StepKind::kRead);
      case 'v':
        return Vector();
      case 's':
        return Sleep();
      default:
        return Fail(Unknown());
    }
  }

  [[nodiscard]] Error Unknown() const {
    std::vector<std::string> words;
    for (const Keyword& keyword : kKeywords) {
      if (keyword.word.size() > 1) words.emplace_back(keyword.word);
    }
    const std::vector<std::string> near = Nearest(word_, words, 1);
    return Bad(word_, Format("no step '{}'", Printable(word_)),
               near.empty() ? std::string(kGrammar) : Format("did you mean {}?", near.front()));
  }

  /// A letter that begins a step, but no number behind it: more likely a mistyped word.
  [[nodiscard]] bool LooksLikeWord() const {
    return word_.size() > 1 && word_.find_first_of("0123456789") == std::string_view::npos;
  }

  Result<std::uint32_t> Size(std::string_view number) {
    const std::optional<std::int64_t> size = ParseDecimal(number);
    if (size && *size >= 1 && *size <= kLargestPiece) return static_cast<std::uint32_t>(*size);
    return Fail(Bad(number.empty() ? word_ : number,
                    number.empty() ? Format("'{}': how many bytes?", Printable(word_))
                                   : Format("'{}' is not a size", Printable(number)),
                    Format("1 to {} bytes", kLargestPiece)));
  }

  Result<Step> Sized(StepKind kind) {
    if (LooksLikeWord()) return Fail(Unknown());
    const Result<std::uint32_t> size = Size(word_.substr(1));
    if (!size) return Fail(size.error());
    return Step{kind, {*size}, {}};
  }

  Result<Step> Vector() {
    if (LooksLikeWord()) return Fail(Unknown());
    Step step{StepKind::kWritev, {}, {}};
    std::string_view rest = word_.substr(1);
    std::uint64_t sum = 0;
    while (true) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const Result<std::uint32_t> size = Size(rest.substr(0, comma));
      if (!size) return Fail(size.error());
      step.sizes.push_back(*size);
      sum += *size;
      if (comma == rest.size()) break;
      rest.remove_prefix(comma + 1);
    }
    if (step.sizes.size() > kMostPieces)
      return Fail(Bad(word_, "too many pieces for one writev", Format("at most {}", kMostPieces)));
    if (sum > kLargestPiece)
      return Fail(
          Bad(word_, "too large for one writev", Format("at most {} bytes in all", kLargestPiece)));
    return step;
  }

  Result<Step> Sleep() {
    const std::string_view time = word_.substr(1);
    const Result<std::chrono::microseconds> pause = ParseDuration(time);
    if (!pause && LooksLikeWord()) return Fail(Unknown());
    if (!pause)
      return Fail(Bad(time.empty() ? word_ : time,
                      time.empty() ? "'s': how long?" : Format("'{}' is no time", Printable(time)),
                      "a number and a unit: s5ms, s200us"));
    if (*pause > kLongestPause)
      return Fail(Bad(time, Format("'{}' is too long a sleep", Printable(time)),
                      Format("at most {}", FormatDuration(kLongestPause))));
    return Step{StepKind::kSleep, {}, *pause};
  }

  std::string_view text_, name_, word_;
};

}  // namespace

Result<Script> ParseScript(std::string_view text, std::string_view name) {
  return Reader(text, name).Read();
}

}  // namespace tunewire
