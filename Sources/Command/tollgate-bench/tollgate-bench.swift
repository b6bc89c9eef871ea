// Purpose:  measures the gateway from outside: intake, applying, killing, idling, mirroring, runs, beside the machine's raw costs.
// Owns:     child processes (servers, the load generator), temporary directories.
// May import: BillingModel, CCurl, CLinux, CSQLite, Cryptography, Database, DatabaseSQLite, HTTPServer, JSON, Lanes,
//           Outbox, Packing, Providers, Schema, Threading, Timing.
// Never:    a room that `tollgate serve` links importing this one; a limit on time that fails a run (a share of what a bare loop reaches may).
// Start reading at: CommandLine/BenchCommand.swift, then Runs/IntakeRun.swift, then Load/LoadGenerator.swift.
