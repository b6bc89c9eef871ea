// Purpose:  turns stored events into the visible state of each object, and lets go of what is old.
// Owns:     no table; it is the only room that writes those of Inbox, CustomerStore and Lanes together.
// May import: BillingModel, CustomerStore, Database, Inbox, JSON, Lanes, Outbox, Providers, Telemetry, Threading,
//           Timing.
// Never:    a network call; a comparison of two events, or of an event with the row, by time alone.
// Start reading at: Applying/ApplyLoop.swift, then Applying/ObjectWriter.swift, then Fold/Fold.swift; for reads
//           Observing/ReadRecorder.swift.
