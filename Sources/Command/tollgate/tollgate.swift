// Purpose:  words on the command line to one call.
// Owns:     standard input and output, exit codes.
// May import: API, BillingModel, CLinux, Cryptography, Database, Gateway, HTTPClient, HTTPServer, Inbox,
//           JSON, SandboxProvider, Telemetry, Threading, Timing, WebhookVerifier.
// Never:    business rules; anything that a library room could do.
// Start reading at: CommandLineTool.swift, then one of Commands/.
