/**
 * The states of a stream (RFC 9113, section 5.1), as a server that never pushes sees them.
 *
 *                                    idle
 *                                      │ HEADERS received
 *              with END_STREAM ┌───────┴───────┐ without
 *                              │               ▼
 *                              │  ┌────────── open ──────────┐
 *                              │  │ END_STREAM    END_STREAM │
 *                              ▼  ▼ received            sent ▼
 *                half-closed (remote)              half-closed (local)
 *                              │                             │ RST_STREAM (NO_ERROR)
 *              END_STREAM sent │                             │ sent (section 8.1)
 *                              └──────────► closed ◄─────────┘
 *
 * RST_STREAM, sent or received, and the loss of the connection lead to `closed` from everywhere.
 * Two states have no member here: StreamTable knows idle streams by their id, and half-closed
 * (local) is left at once, because a server that ends first resets the stream so that the client
 * stops sending.
 */
export type StreamState = 'open' | 'half-closed-remote' | 'closed';
