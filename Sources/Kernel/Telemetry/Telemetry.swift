// Purpose:  what the gateway tells of itself: log lines, counters, latencies, and their text for Prometheus.
// Owns:     nothing; a logger writes to a descriptor that somebody else opened.
// May import: JSON, Threading, Timing.
// Never:    a body, a secret, a signature or an e-mail address in any of it.
// Start reading at: Logger.swift, then PrometheusText.swift.
