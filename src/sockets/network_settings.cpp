#include "sockets/network_settings.h"

#include <algorithm>
#include <limits>

#include "tunewire/base/text.h"

namespace tunewire {
namespace {

class Reader {
 public:
  explicit Reader(const SysctlTree& tree) : tree_(tree) {}

  [[nodiscard]] std::optional<std::string> Text(std::string_view key) const {
    const Result<SysctlKey> parsed = SysctlKey::Parse(key);
    if (!parsed) return std::nullopt;
    const Result<std::string> text = tree_.Read(*parsed);
    return text ? std::optional(std::string(Trim(*text))) : std::nullopt;
  }

  [[nodiscard]] std::vector<std::int64_t> Numbers(std::string_view key) const {
    std::vector<std::int64_t> numbers;
    for (const std::string& word : SplitWords(Text(key).value_or(""))) {
      const std::optional<std::int64_t> number = ParseDecimal(word);
      if (!number || *number < 0) return {};
      numbers.push_back(*number);
    }
    return numbers;
  }

  [[nodiscard]] std::optional<std::uint32_t> Number(std::string_view key) const {
    const std::vector<std::int64_t> numbers = Numbers(key);
    if (numbers.size() != 1 || numbers[0] > std::numeric_limits<std::uint32_t>::max())
      return std::nullopt;
    return static_cast<std::uint32_t>(numbers[0]);
  }

  [[nodiscard]] std::optional<std::array<std::uint64_t, 3>> Three(std::string_view key) const {
    const std::vector<std::int64_t> numbers = Numbers(key);
    if (numbers.size() != 3) return std::nullopt;
    std::array<std::uint64_t, 3> three{};
    std::transform(numbers.begin(), numbers.end(), three.begin(),
                   [](std::int64_t number) { return static_cast<std::uint64_t>(number); });
    return three;
  }

 private:
  const SysctlTree& tree_;
};

/// "8080,9148-9200": how many of them lie within the range.
std::uint32_t CountReserved(std::string_view text, std::int64_t first, std::int64_t last) {
  std::int64_t count = 0;
  for (const std::string& part : Split(text, ',')) {
    const std::vector<std::string> ends = Split(Trim(part), '-');
    const std::optional<std::int64_t> from = ParseDecimal(ends.front());
    const std::optional<std::int64_t> to = ParseDecimal(ends.back());
    if (!from || !to) continue;
    count += std::max<std::int64_t>(std::min(*to, last) - std::max(*from, first) + 1, 0);
  }
  return static_cast<std::uint32_t>(count);
}

void ReadPorts(const Reader& read, NetworkSettings& settings) {
  const std::vector<std::int64_t> range = read.Numbers("net.ipv4.ip_local_port_range");
  if (range.size() != 2) return;
  settings.port_first = static_cast<std::uint32_t>(range[0]);
  settings.port_last = static_cast<std::uint32_t>(range[1]);
  if (const auto reserved = read.Text("net.ipv4.ip_local_reserved_ports"))
    settings.ports_reserved = CountReserved(*reserved, range[0], range[1]);
}

}  // namespace

NetworkSettings ReadNetworkSettings(const SysctlTree& tree, int hz) {
  const Reader read(tree);
  NetworkSettings settings;
  settings.somaxconn = read.Number("net.core.somaxconn");
  settings.max_syn_backlog = read.Number("net.ipv4.tcp_max_syn_backlog");
  settings.syncookies = read.Number("net.ipv4.tcp_syncookies");
  settings.slow_start_after_idle = read.Number("net.ipv4.tcp_slow_start_after_idle");
  settings.fin_timeout = read.Number("net.ipv4.tcp_fin_timeout");
  settings.keepalive_time = read.Number("net.ipv4.tcp_keepalive_time");
  settings.keepalive_intvl = read.Number("net.ipv4.tcp_keepalive_intvl");
  settings.keepalive_probes = read.Number("net.ipv4.tcp_keepalive_probes");
  settings.tw_reuse = read.Number("net.ipv4.tcp_tw_reuse");
  settings.max_tw_buckets = read.Number("net.ipv4.tcp_max_tw_buckets");
  settings.rmem_max = read.Number("net.core.rmem_max");
  settings.wmem_max = read.Number("net.core.wmem_max");
  settings.abort_on_overflow = read.Number("net.ipv4.tcp_abort_on_overflow");
  settings.conntrack_established_s =
      read.Number("net.netfilter.nf_conntrack_tcp_timeout_established");
  settings.tcp_rmem = read.Three("net.ipv4.tcp_rmem");
  settings.tcp_wmem = read.Three("net.ipv4.tcp_wmem");
  settings.tcp_mem = read.Three("net.ipv4.tcp_mem");
  settings.congestion_control = read.Text("net.ipv4.tcp_congestion_control");
  ReadPorts(read, settings);
  if (hz > 0) settings.hz = hz;
  return settings;
}

}  // namespace tunewire
