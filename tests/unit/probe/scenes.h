// The labelled cases as time lines made by hand, with the counters that go with them. The last
// exchanges of each show the case.
#pragma once

#include "unit/probe/timeline_builder.h"

namespace tunewire::scenes {

RunBuilder Clean();                ///< one write, nothing waits
RunBuilder NagleStall();           ///< client's second write behind a delayed ACK, 44 ms
RunBuilder ServerNagleStall();     ///< the same on the server's side
RunBuilder TwoSided();             ///< both, 88 ms
RunBuilder HoldUnderThink();       ///< server thinks 50 ms over the head, the body waits meanwhile
RunBuilder ServerThink();          ///< the stall, and 5 ms of the server's on top
RunBuilder SlowApplication();      ///< client sleeps 44 ms, then one write
RunBuilder SlowBody();             ///< head, 44 ms, body, TCP_NODELAY; DelayedACKs as in a stall
RunBuilder CorkLeftOpen();         ///< 208 ms, nothing unacknowledged
RunBuilder CorkClosed();           ///< cork, two writes, uncork
RunBuilder MoreLeftOpenNoDelay();  ///< MSG_MORE and TCP_NODELAY, 208 ms
RunBuilder TailLoss();             ///< client's lone segment lost, 205 ms by a loss probe
RunBuilder HoleFilledLate();       ///< both segments lost; the last came first, read 20 ms later
RunBuilder ReplyLoss();            ///< the server's, by a timeout
RunBuilder LongPath();             ///< RTT 220 ms: one-way, two writes, then the ACK awaited
RunBuilder AwaitedAck();           ///< one write, its ACK delayed 40 ms, awaited
RunBuilder Pacing();               ///< bbr holds a write 15 ms... with TCP_NODELAY
RunBuilder Hiccup();               ///< server stopped for 40 ms with its data there
RunBuilder ZeroWindow();           ///< 300 ms without window

}  // namespace tunewire::scenes
