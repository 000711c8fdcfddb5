// TuneD's ${variables} and ${f:functions}, as far as they can be known without running anything.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tunewire {

struct TunedExpansion {
  std::string text;
  std::string problem;  ///< not empty: what could not be expanded, and why
};

class TunedExpander {
 public:
  /// `cpuinfo` is /proc/cpuinfo, empty where it is not known: virt_check and cpuinfo_check ask it.
  explicit TunedExpander(std::string cpuinfo) : cpuinfo_(std::move(cpuinfo)) {}

  /// Expands `value` with the variables there are and keeps the result under `name`.
  void Define(const std::string& name, std::string_view value);
  [[nodiscard]] TunedExpansion Expand(std::string_view text) const;

 private:
  [[nodiscard]] TunedExpansion ExpandVariables(std::string_view text) const;
  [[nodiscard]] TunedExpansion Call(const std::string& function,
                                    const std::vector<std::string>& arguments) const;
  [[nodiscard]] TunedExpansion CheckVirtual(const std::vector<std::string>& arguments) const;
  [[nodiscard]] TunedExpansion CheckCpu(const std::vector<std::string>& arguments) const;

  std::string cpuinfo_;
  std::map<std::string, TunedExpansion, std::less<>> variables_;
};

}  // namespace tunewire
