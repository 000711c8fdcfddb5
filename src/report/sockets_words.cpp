#include "report/sockets_words.h"

#include "base/format.h"
#include "report/layout.h"
#include "tunewire/base/text.h"

namespace tunewire {

std::string ShownProcess(const Process& process) {
  const std::string unit = process.unit.empty() ? "" : ", " + Printable(process.unit);
  return Format("{} (pid {}{})", Printable(process.command), process.id.pid, unit);
}

std::string ShownOwner(const Evidence& evidence, const std::optional<std::size_t>& owner) {
  if (!owner || *owner >= evidence.processes.size()) return "-";
  return ShownProcess(evidence.processes[*owner]);
}

std::string ShownEnds(const SocketEnd& local, const SocketEnd& remote, const Style& style) {
  if (remote.port == 0) return local.Text();
  return Format("{} {} {}", local.Text(), MarksOf(style).arrow, remote.Text());
}

std::string ShownSpan(std::int64_t ns) {
  const double ms = static_cast<double>(ns) / 1e6;
  return ms < 1000 ? Format("{:.0f} ms", ms) : Format("{:.1f} s", ms / 1000);
}

std::string ShownNumber(double number) {
  if (number < 10 && number != static_cast<double>(static_cast<int>(number)))
    return Format("{:.1f}", number);
  if (number < 10'000) return Format("{:.0f}", number);
  if (number < 1e6) return Format("{:.1f}k", number / 1e3);
  if (number < 1e9) return Format("{:.1f}M", number / 1e6);
  return Format("{:.1f}G", number / 1e9);
}

std::string Hanging(const std::string& first, std::string_view text, const Style& style) {
  const int indent = ShownWidth(first);
  std::string block;
  for (const std::string& line : Wrap(text, style.columns - indent)) {
    block += block.empty() ? first : std::string(static_cast<std::size_t>(indent), ' ');
    block += line + "\n";
  }
  return block;
}

}  // namespace tunewire
