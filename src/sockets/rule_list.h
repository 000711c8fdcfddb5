// Every rule's function, in the files of their sections; rules.cpp has the table.
#pragma once

#include <vector>

#include "tunewire/sockets/finding.h"

namespace tunewire {

using Findings = std::vector<Finding>;

// rule_stalls.cpp: bytes that wait for a timer
Findings HeldByNagle(const Evidence& evidence);
Findings AckDelayedHere(const Evidence& evidence);
Findings Corked(const Evidence& evidence);
// rule_nodelay.cpp
Findings NodelayMissing(const Evidence& evidence);

// rule_senders.cpp: what a sender may not send
Findings PeerWindowZero(const Evidence& evidence);
Findings WriterBlocked(const Evidence& evidence);
Findings ReceiveWindowLimited(const Evidence& evidence);
Findings SendBufferLimited(const Evidence& evidence);
Findings PacingLimited(const Evidence& evidence);

// rule_readers.cpp: what a receiver does not take
Findings ReaderNotReading(const Evidence& evidence);
Findings ReaderSlow(const Evidence& evidence);
Findings SmallReceiveBuffer(const Evidence& evidence);

// rule_loss.cpp: what the path loses, repeats or turns around
Findings Retransmissions(const Evidence& evidence);
Findings PeerSilent(const Evidence& evidence);
Findings SpuriousRetransmissions(const Evidence& evidence);
Findings Reordering(const Evidence& evidence);
Findings IdleCollapse(const Evidence& evidence);

// rule_listen.cpp: connections on their way in
Findings AcceptQueueFull(const Evidence& evidence);
Findings AcceptQueueOverflow(const Evidence& evidence);
Findings SynBacklog(const Evidence& evidence);

// rule_lifecycle.cpp: connections that begin or end badly
Findings ConnectUnanswered(const Evidence& evidence);
Findings CloseWaitLeak(const Evidence& evidence);
Findings FinWaitPile(const Evidence& evidence);
// rule_ports.cpp
Findings SourcePorts(const Evidence& evidence);
Findings TimeWaitOverflow(const Evidence& evidence);
// rule_idle.cpp
Findings KeepaliveUnanswered(const Evidence& evidence);
Findings IdleCut(const Evidence& evidence);

// rule_settings.cpp: what was set, and what memory there is
Findings BufferClamped(const Evidence& evidence);
Findings CongestionControlDiffers(const Evidence& evidence);
Findings MemoryPressure(const Evidence& evidence);
Findings ReceiveDrops(const Evidence& evidence);

}  // namespace tunewire
