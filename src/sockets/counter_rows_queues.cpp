// TcpExt: listeners, queues, buffers and memory.
#include <array>

#include "sockets/counter_rows.h"

namespace tunewire {
namespace {

using enum CounterWeight;

// clang-format off: one counter a row, its words below
constexpr std::array kRows{
    CounterWord{
        "TcpExt", "ListenOverflows", kTrouble, "handshakes",
        "an accept queue was full: the program accepts too slowly, or its backlog is small"},
    CounterWord{"TcpExt", "ListenDrops", kTrouble, "handshakes",
                "a listener threw SYNs or finished handshakes away, whatever the reason"},
    CounterWord{"TcpExt", "TCPReqQFullDrop", kTrouble, "SYNs",
                "the SYN queue was full and SYN cookies are off: thrown away"},
    CounterWord{"TcpExt", "TCPReqQFullDoCookies", kWorthALook, "SYNs",
                "the SYN queue was full: answered with a cookie instead of an entry"},
    CounterWord{"TcpExt", "SyncookiesSent", kWorthALook, "cookies",
                "SYNs answered with a cookie: a flood, or a backlog that is too small"},
    CounterWord{"TcpExt", "SyncookiesRecv", kWorthALook, "cookies",
                "connections made from a cookie; they may lack window scaling and SACK"},
    CounterWord{"TcpExt", "SyncookiesFailed", kWorthALook, "cookies",
                "acknowledgements without a connection whose cookie was wrong or too old"},
    CounterWord{"TcpExt", "EmbryonicRsts", kWorthALook, "resets",
                "handshakes that the client reset before they were finished"},
    CounterWord{"TcpExt", "TCPDeferAcceptDrop", kTraffic, "segments",
                "bare ACKs of TCP_DEFER_ACCEPT listeners, which wait for data"},
    CounterWord{"TcpExt", "TCPMigrateReqSuccess", kTraffic, "handshakes",
                "handshakes handed to another listener of a reuseport group that lost one"},
    CounterWord{"TcpExt", "TCPMigrateReqFailure", kTrouble, "handshakes",
                "handshakes lost with the listener of a reuseport group that closed"},
    CounterWord{"TcpExt", "TCPTimeWaitOverflow", kTrouble, "sockets",
                "no room for more TIME_WAIT sockets (tcp_max_tw_buckets): closed at once"},
    CounterWord{"TcpExt", "TW", kTraffic, "sockets", "TIME_WAIT sockets that ran their minute out"},
    CounterWord{"TcpExt", "TWRecycled", kTraffic, "sockets",
                "TIME_WAIT sockets taken over by a new connection (tcp_tw_reuse)"},
    CounterWord{"TcpExt", "TWKilled", kWorthALook, "sockets",
                "TIME_WAIT sockets ended early: a kernel that recycles them, or a reset"},

    CounterWord{"TcpExt", "PruneCalled", kTrouble, "times",
                "a receive buffer was full and had to be pressed together: nobody reads"},
    CounterWord{"TcpExt", "RcvPruned", kTrouble, "times",
                "data dropped though the receive buffer had been pressed together"},
    CounterWord{"TcpExt", "OfoPruned", kTrouble, "times",
                "out-of-order data dropped for lack of receive buffer: it comes again"},
    CounterWord{"TcpExt", "TCPRcvQDrop", kTrouble, "segments",
                "data dropped because the receive queue was full"},
    CounterWord{"TcpExt", "TCPOFODrop", kTrouble, "segments",
                "out-of-order data dropped because the receive buffer was full"},
    CounterWord{"TcpExt", "TCPBacklogDrop", kTrouble, "segments",
                "dropped because a program held its socket while too much arrived"},
    CounterWord{"TcpExt", "TCPZeroWindowDrop", kTrouble, "segments",
                "arrived though our window was closed: the reader sleeps, the peer goes on"},
    CounterWord{"TcpExt", "TCPToZeroWindowAdv", kWorthALook, "times",
                "our receive window closed: a program here does not read"},
    CounterWord{"TcpExt", "TCPFromZeroWindowAdv", kWorthALook, "times",
                "our receive window opened again after it had been closed"},
    CounterWord{"TcpExt", "TCPWantZeroWindowAdv", kWorthALook, "times",
                "our receive window should have closed, but may not shrink"},
    CounterWord{"TcpExt", "TCPWinProbe", kWorthALook, "probes",
                "asked a peer whose window is closed: its program does not read"},
    CounterWord{"TcpExt", "TCPRcvCollapsed", kWorthALook, "segments",
                "merged in a receive queue to save memory"},
    CounterWord{"TcpExt", "TCPMemoryPressures", kTrouble, "times",
                "all TCP sockets together passed tcp_mem's pressure mark: windows shrink"},
    CounterWord{"TcpExt", "TCPMemoryPressuresChrono", kTrouble, "ms",
                "spent under tcp_mem's pressure"},
    CounterWord{"TcpExt", "TCPAbortOnMemory", kTrouble, "connections",
                "reset because tcp_mem or the limit of orphans was used up"},
    CounterWord{"TcpExt", "PFMemallocDrop", kTrouble, "segments",
                "dropped because the host was out of memory"},
    CounterWord{"TcpExt", "TCPWqueueTooBig", kTrouble, "segments",
                "could not be split for sending: the send buffer is too small for it"},
    CounterWord{"TcpExt", "TCPRcvCoalesce", kTraffic, "segments",
                "joined with the one before in a receive queue"},
    CounterWord{"TcpExt", "TCPBacklogCoalesce", kTraffic, "segments",
                "joined while the program held its socket"},

    CounterWord{"TcpExt", "TCPAbortOnData", kWorthALook, "connections",
                "reset by a close with linger 0, or by data behind a close"},
    CounterWord{"TcpExt", "TCPAbortOnClose", kWorthALook, "connections",
                "reset because a program closed with data unread: the peer sees an error"},
    CounterWord{"TcpExt", "TCPAbortOnTimeout", kTrouble, "connections",
                "given up after too many retransmissions, probes or keep-alives"},
    CounterWord{"TcpExt", "TCPAbortOnLinger", kWorthALook, "connections",
                "dropped because their linger time in FIN_WAIT2 was over"},
    CounterWord{"TcpExt", "TCPAbortFailed", kWorthALook, "resets",
                "a reset could not be sent: no memory for it"},
};
// clang-format on

}  // namespace

std::span<const CounterWord> QueueCounters() { return kRows; }

}  // namespace tunewire
