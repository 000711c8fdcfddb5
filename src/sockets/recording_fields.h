// Every field of what a recording keeps as JSON, once for both directions.
#pragma once

#include "tunewire/sockets/evidence.h"

namespace tunewire::recording {

// A new field belongs into the list.
static_assert(sizeof(SocketOptions) == 320);
static_assert(sizeof(NetworkSettings) == 280);

template <class Options, class Visit>
void EachOption(Options& options, const Visit& visit) {
#define TUNEWIRE_VISIT(field) visit(#field, options.field)
  TUNEWIRE_VISIT(nodelay);
  TUNEWIRE_VISIT(cork);
  TUNEWIRE_VISIT(quickack);
  TUNEWIRE_VISIT(keepalive);
  TUNEWIRE_VISIT(reuseaddr);
  TUNEWIRE_VISIT(reuseport);
  TUNEWIRE_VISIT(nonblocking);
  TUNEWIRE_VISIT(zerocopy);
  TUNEWIRE_VISIT(incoming_cpu_set);
  TUNEWIRE_VISIT(keepalive_idle_s);
  TUNEWIRE_VISIT(keepalive_interval_s);
  TUNEWIRE_VISIT(keepalive_count);
  TUNEWIRE_VISIT(user_timeout_ms);
  TUNEWIRE_VISIT(delack_max_us);
  TUNEWIRE_VISIT(rto_max_ms);
  TUNEWIRE_VISIT(rto_min_us);
  TUNEWIRE_VISIT(maxseg);
  TUNEWIRE_VISIT(notsent_lowat);
  TUNEWIRE_VISIT(rcvlowat);
  TUNEWIRE_VISIT(window_clamp);
  TUNEWIRE_VISIT(defer_accept_s);
  TUNEWIRE_VISIT(rcvbuf);
  TUNEWIRE_VISIT(sndbuf);
  TUNEWIRE_VISIT(rcvbuf_locked);
  TUNEWIRE_VISIT(sndbuf_locked);
  TUNEWIRE_VISIT(priority);
  TUNEWIRE_VISIT(mark);
  TUNEWIRE_VISIT(tos);
  TUNEWIRE_VISIT(busy_poll_us);
  TUNEWIRE_VISIT(fastopen);
  TUNEWIRE_VISIT(max_pacing_rate);
  TUNEWIRE_VISIT(linger_s);
  TUNEWIRE_VISIT(congestion_control);
  TUNEWIRE_VISIT(ulp);
  TUNEWIRE_VISIT(bound_device);
#undef TUNEWIRE_VISIT
}

template <class Settings, class Visit>
void EachSetting(Settings& settings, const Visit& visit) {
#define TUNEWIRE_VISIT(field) visit(#field, settings.field)
  TUNEWIRE_VISIT(somaxconn);
  TUNEWIRE_VISIT(max_syn_backlog);
  TUNEWIRE_VISIT(syncookies);
  TUNEWIRE_VISIT(slow_start_after_idle);
  TUNEWIRE_VISIT(fin_timeout);
  TUNEWIRE_VISIT(keepalive_time);
  TUNEWIRE_VISIT(keepalive_intvl);
  TUNEWIRE_VISIT(keepalive_probes);
  TUNEWIRE_VISIT(port_first);
  TUNEWIRE_VISIT(port_last);
  TUNEWIRE_VISIT(ports_reserved);
  TUNEWIRE_VISIT(tw_reuse);
  TUNEWIRE_VISIT(max_tw_buckets);
  TUNEWIRE_VISIT(rmem_max);
  TUNEWIRE_VISIT(wmem_max);
  TUNEWIRE_VISIT(abort_on_overflow);
  TUNEWIRE_VISIT(conntrack_established_s);
  TUNEWIRE_VISIT(tcp_rmem);
  TUNEWIRE_VISIT(tcp_wmem);
  TUNEWIRE_VISIT(tcp_mem);
  TUNEWIRE_VISIT(congestion_control);
  TUNEWIRE_VISIT(hz);
#undef TUNEWIRE_VISIT
}

}  // namespace tunewire::recording
