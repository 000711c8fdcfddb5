// Is a text well-formed, as far as browsers and XML readers care: tags close in order, attributes
// are quoted and unique, nothing stands unescaped.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tunewire {

class MarkupCheck {
 public:
  /// The first fault, none for a well-formed text.
  static std::optional<std::string> Fault(std::string_view text) {
    MarkupCheck check(text);
    while (check.fault_.empty() && !check.rest_.empty()) check.Step();
    if (check.fault_.empty() && !check.open_.empty()) check.fault_ = "open: " + check.open_.back();
    return check.fault_.empty() ? std::nullopt : std::optional(check.fault_);
  }

 private:
  explicit MarkupCheck(std::string_view text) : rest_(text) {}

  void Step() {
    const std::size_t next = rest_.find('<');
    CheckText(rest_.substr(0, next));
    if (next == std::string_view::npos) {
      rest_ = {};
      return;
    }
    const std::size_t end = rest_.find('>', next);
    if (end == std::string_view::npos) {
      fault_ = "a tag without an end";
      return;
    }
    Tag(rest_.substr(next + 1, end - next - 1));
    rest_.remove_prefix(end + 1);
    if (!open_.empty() && open_.back() == "style") rest_.remove_prefix(rest_.find("</style>"));
  }

  void CheckText(std::string_view text) {
    if (text.find('>') != std::string_view::npos) fault_ = "a bare >";
    for (std::size_t at = text.find('&'); at != std::string_view::npos;
         at = text.find('&', at + 1)) {
      bool known = false;
      for (const std::string_view entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"}) {
        known = known || text.substr(at).starts_with(entity);
      }
      if (!known) fault_ = "a bare &";
    }
    for (const char c : text) {
      if (static_cast<unsigned char>(c) < 0x20 && c != '\n') fault_ = "a control byte";
    }
  }

  void Tag(std::string_view tag) {
    if (tag.starts_with("!DOCTYPE")) return;
    if (tag.starts_with("/")) {
      if (open_.empty() || open_.back() != tag.substr(1)) {
        fault_ = "closed out of order: " + std::string(tag);
      } else {
        open_.pop_back();
      }
      return;
    }
    const bool empty = tag.ends_with("/");
    if (empty) tag.remove_suffix(1);
    const std::string name(tag.substr(0, tag.find(' ')));
    Attributes(tag.substr(name.size()));
    if (!empty && name != "meta") open_.push_back(name);
  }

  void Attributes(std::string_view text) {
    std::set<std::string> seen;
    while (!text.empty() && fault_.empty()) {
      const std::size_t equals = text.find("=\"");
      if (text.front() != ' ' || equals == std::string_view::npos) {
        fault_ = "an attribute without quotes: " + std::string(text);
        return;
      }
      const std::string name(text.substr(1, equals - 1));
      if (!seen.insert(name).second) fault_ = "twice: " + name;
      if (name.starts_with("on") || name == "href" || name == "src") fault_ = "active: " + name;
      text.remove_prefix(equals + 2);
      const std::size_t end = text.find('"');
      if (end == std::string_view::npos) {
        fault_ = "an open quote";
        return;
      }
      CheckText(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
  }

  std::string_view rest_;
  std::vector<std::string> open_;
  std::string fault_;
};

}  // namespace tunewire
