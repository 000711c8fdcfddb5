#include "report/socket_options_list.h"

namespace tunewire {
namespace {

enum class Place { kPlain, kVerbose };

class List {
 public:
  void Flag(const char* name, const std::optional<bool>& value, Place place) {
    if (value) Add(name, *value, place);
  }
  template <class T>
  void Number(const char* name, const std::optional<T>& value, Place place) {
    if (value) Add(name, std::uint64_t{*value}, place);
  }
  void Text(const char* name, const std::optional<std::string>& value, Place place) {
    if (value && !value->empty()) Add(name, *value, place);
  }

  std::vector<NamedOption> Take() { return std::move(options_); }

 private:
  void Add(const char* name, std::variant<bool, std::uint64_t, std::string> value, Place place) {
    options_.push_back({name, std::move(value), place == Place::kPlain});
  }

  std::vector<NamedOption> options_;
};

}  // namespace

std::vector<NamedOption> NamedOptions(const SocketOptions& options) {
  List list;
  list.Flag("nodelay", options.nodelay, Place::kPlain);
  list.Flag("cork", options.cork, Place::kPlain);
  list.Flag("quickack", options.quickack, Place::kPlain);
  list.Number("delack_max_us", options.delack_max_us, Place::kVerbose);
  list.Flag("keepalive", options.keepalive, Place::kPlain);
  list.Number("keepalive_idle_s", options.keepalive_idle_s, Place::kVerbose);
  list.Number("keepalive_interval_s", options.keepalive_interval_s, Place::kVerbose);
  list.Number("keepalive_count", options.keepalive_count, Place::kVerbose);
  list.Number("user_timeout_ms", options.user_timeout_ms, Place::kVerbose);
  list.Number("linger_s", options.linger_s, Place::kPlain);
  list.Number("sndbuf_bytes", options.sndbuf, Place::kPlain);
  list.Flag("sndbuf_locked", options.sndbuf_locked, Place::kVerbose);
  list.Number("rcvbuf_bytes", options.rcvbuf, Place::kPlain);
  list.Flag("rcvbuf_locked", options.rcvbuf_locked, Place::kVerbose);
  list.Number("rcvlowat_bytes", options.rcvlowat, Place::kVerbose);
  list.Number("notsent_lowat_bytes", options.notsent_lowat, Place::kVerbose);
  list.Number("window_clamp_bytes", options.window_clamp, Place::kVerbose);
  list.Number("maxseg_bytes", options.maxseg, Place::kVerbose);
  list.Number("max_pacing_rate_bytes_per_s", options.max_pacing_rate, Place::kPlain);
  list.Text("congestion_control", options.congestion_control, Place::kPlain);
  list.Text("ulp", options.ulp, Place::kPlain);
  list.Number("rto_max_ms", options.rto_max_ms, Place::kVerbose);
  list.Number("rto_min_us", options.rto_min_us, Place::kVerbose);
  list.Number("defer_accept_s", options.defer_accept_s, Place::kVerbose);
  list.Number("fastopen", options.fastopen, Place::kVerbose);
  list.Flag("reuseaddr", options.reuseaddr, Place::kVerbose);
  list.Flag("reuseport", options.reuseport, Place::kVerbose);
  list.Flag("nonblocking", options.nonblocking, Place::kVerbose);
  list.Flag("zerocopy", options.zerocopy, Place::kVerbose);
  list.Flag("incoming_cpu_set", options.incoming_cpu_set, Place::kVerbose);
  list.Number("priority", options.priority, Place::kVerbose);
  list.Number("mark", options.mark, Place::kVerbose);
  list.Number("tos", options.tos, Place::kVerbose);
  list.Number("busy_poll_us", options.busy_poll_us, Place::kVerbose);
  list.Text("bound_device", options.bound_device, Place::kVerbose);
  return list.Take();
}

}  // namespace tunewire
