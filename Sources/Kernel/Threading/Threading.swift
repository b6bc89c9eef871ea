// Purpose:  threads, the one lock, and the signal that wakes a thread.
// Owns:     eventfd descriptors.
// May import: CLinux.
// Never:    business words; tasks, actors or continuations.
// Start reading at: Lock.swift.
