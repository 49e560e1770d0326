"""Protocol numbers of table `sockets` that the socket module does not name everywhere."""

IPPROTO_SCTP = 132
IPPROTO_UDPLITE = 136
IPPROTO_MPTCP = 262
