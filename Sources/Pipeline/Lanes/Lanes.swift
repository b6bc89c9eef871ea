// Purpose:  at most one provider call in flight per object, and what a read of it may be believed to say.
// Owns:     tables logical_clock and lane_objects.
// May import: BillingModel, Database, Timing.
// Never:    JSON, HTTP, or what a provider's object means.
// Start reading at: LaneState.swift (the rules, pure), LanesTable.swift (rows), LaneReadsTable.swift (reads).
