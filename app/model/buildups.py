"""What a buildup of sockets in one TCP state usually tells, and where to look first."""

from __future__ import annotations

from sockscope.app.model.states import (
    BOUND,
    CLOSE,
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT1,
    FIN_WAIT2,
    LAST_ACK,
    LISTEN,
    SYN_RECV,
    SYN_SENT,
    TIME_WAIT,
)

BUILDUPS = {
    ESTABLISHED: (
        "More clients, or clients that never leave: look at who opens them (group by remote address) and how "
        "long they are idle. Those without an owner wait in a listener's accept queue: the program accepts "
        "too slowly."
    ),
    SYN_SENT: (
        "Something out there does not answer: a host that is down, or a firewall that drops. Many to one "
        "address name the culprit; a service that is merely stopped answers with a reset and leaves nothing "
        "here."
    ),
    SYN_RECV: (
        "Handshakes that are not finished. Many different sources that never finish: a SYN flood, and "
        "cookies should be on. Few and real clients: the way back to them is broken, or the accept queue is "
        "full and their last ACK is thrown away."
    ),
    FIN_WAIT1: (
        "Peers that vanished, or do not take our last data (a closed window). The kernel gives up after "
        "tcp_orphan_retries; until then each may hold up to 64 kB of memory."
    ),
    FIN_WAIT2: (
        "We closed, the peers do not. Without an owner they end after tcp_fin_timeout; with one, the program "
        "holds connections half closed, for ever if it likes."
    ),
    TIME_WAIT: (
        "This side closes first, often. Harmless by itself: each lasts 60 seconds, whatever the settings. It "
        "hurts when all go to one address and port (then local ports run out: reuse connections, use a pool) "
        "or when tcp_max_tw_buckets is near."
    ),
    CLOSE: "Sockets that are neither connected nor listening cost little; many of one program are a leak.",
    CLOSE_WAIT: (
        "A fault in the program that owns them: its peers have closed, and it never does. No setting of the "
        "kernel helps; it runs out of descriptors in the end. Only a restart frees them."
    ),
    LAST_ACK: (
        "Peers that closed and vanished before our own close reached them; they end with tcp_orphan_retries. "
        "Many at once: a client, a load balancer or a link has gone away."
    ),
    LISTEN: "Many listeners are many services or many workers of one; a number that grows is a leak.",
    CLOSING: "Both sides closed at once and something on the way loses packets. More than a few are rare.",
    BOUND: (
        "A port that is taken though nothing listens at it: the reason for 'address already in use' with "
        "nothing to see in netstat."
    ),
}
"""One text a state (RFC 9293; ip-sysctl.rst of the kernel)."""
