// Purpose:  every source of time and chance, as values.
// Owns:     nothing.
// May import: CLinux, Threading.
// Never:    anything that waits for more than a clock.
// Start reading at: Timestamp.swift.
