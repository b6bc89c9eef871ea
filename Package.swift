// swift-tools-version: 6.2
import PackageDescription

// No package dependency, ever. C libraries come from Debian's -dev packages through the rooms in Sources/System.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// One room of the house: a library target on a floor, importing only what is listed.
func room(_ name: String, floor: String, imports: [String] = []) -> Target {
    .target(
        name: name,
        dependencies: imports.map { .byName(name: $0) },
        path: "Sources/\(floor)/\(name)",
        swiftSettings: strict
    )
}

func system(_ name: String, debian package: String) -> Target {
    .systemLibrary(name: name, path: "Sources/System/\(name)", providers: [.apt([package])])
}

func command(_ name: String, imports: [String]) -> Target {
    .executableTarget(
        name: name,
        dependencies: imports.map { .byName(name: $0) },
        path: "Sources/Command/\(name)",
        swiftSettings: strict,
        // For `GnuTLSAtStart`: only what a program exports can a library find in it.
        linkerSettings: [.unsafeFlags(["-Xlinker", "--export-dynamic-symbol=_gnutls_global_init_skip"])]
    )
}

func tests(_ room: String, also imports: [String] = [], exclude files: [String] = []) -> Target {
    .testTarget(
        name: "\(room)Tests",
        dependencies: ([room] + imports).map { .byName(name: $0) },
        path: "Tests/\(room)Tests",
        exclude: files,
        swiftSettings: strict
    )
}

let package = Package(
    name: "tollgate",
    products: [
        .executable(name: "tollgate", targets: ["tollgate"])
    ],
    targets: [
        system("CSQLite", debian: "libsqlite3-dev"),
        system("CCrypto", debian: "libssl-dev"),
        system("CLinux", debian: "libc6-dev"),
        system("CCurl", debian: "libcurl4-openssl-dev"),
        system("CLZ4", debian: "liblz4-dev"),

        room("Threading", floor: "Kernel", imports: ["CLinux"]),
        room("Timing", floor: "Kernel", imports: ["CLinux", "Threading"]),
        room("Telemetry", floor: "Kernel", imports: ["JSON", "Threading", "Timing"]),
        room("JSON", floor: "Kernel"),
        room("BillingModel", floor: "Kernel", imports: ["Timing"]),

        room("Cryptography", floor: "Platform", imports: ["CCrypto"]),
        room("Database", floor: "Platform", imports: ["Threading"]),
        room(
            "DatabaseSQLite",
            floor: "Platform",
            imports: ["CSQLite", "Database", "Threading", "Timing"]
        ),
        room("Packing", floor: "Platform", imports: ["CLZ4", "Database"]),
        room("HTTPServer", floor: "Platform", imports: ["CLinux", "Threading", "Timing"]),
        room("HTTPClient", floor: "Platform", imports: ["CCurl", "Threading", "Timing"]),

        room("Schema", floor: "Pipeline", imports: ["Database"]),
        room("WebhookVerifier", floor: "Pipeline", imports: ["Cryptography", "JSON", "Timing"]),
        room(
            "Inbox",
            floor: "Pipeline",
            imports: ["BillingModel", "Database", "Packing", "Telemetry", "Threading", "Timing"]
        ),
        room(
            "Providers",
            floor: "Pipeline",
            imports: ["BillingModel", "Cryptography", "JSON", "Telemetry", "Timing"]
        ),
        room("Lanes", floor: "Pipeline", imports: ["BillingModel", "Database", "Timing"]),
        room(
            "Outbox",
            floor: "Pipeline",
            imports: ["BillingModel", "Database", "JSON", "Lanes", "Providers", "Timing"]
        ),
        room(
            "CustomerStore",
            floor: "Pipeline",
            imports: [
                "BillingModel", "Database", "JSON", "Lanes", "Outbox", "Packing", "Providers", "Timing",
            ]
        ),
        room(
            "WebhookListener",
            floor: "Pipeline",
            imports: [
                "BillingModel", "Cryptography", "HTTPServer", "Inbox", "JSON", "Providers", "Telemetry",
                "Threading", "Timing",
                "WebhookVerifier",
            ]
        ),
        room(
            "Reconciler",
            floor: "Pipeline",
            imports: [
                "BillingModel", "CustomerStore", "Database", "Inbox", "JSON", "Lanes", "Outbox", "Providers",
                "Telemetry", "Threading", "Timing",
            ]
        ),

        room(
            "Mirror",
            floor: "Pipeline",
            imports: [
                "BillingModel", "Cryptography", "Database", "HTTPClient", "JSON", "Lanes", "Outbox",
                "Providers",
                "Telemetry", "Threading", "Timing",
            ]
        ),

        room(
            "API",
            floor: "Operations",
            imports: [
                "BillingModel", "Cryptography", "CustomerStore", "Database", "HTTPServer", "Inbox", "JSON",
                "Lanes",
                "Outbox", "Providers", "Reconciler", "Telemetry", "Threading", "Timing",
            ]
        ),
        room(
            "Gateway",
            floor: "Operations",
            imports: [
                "API", "BillingModel", "Cryptography", "CustomerStore", "Database",
                "DatabaseSQLite", "HTTPClient",
                "HTTPServer", "Inbox", "JSON", "Lanes", "Mirror", "Outbox", "Providers", "Reconciler",
                "Schema",
                "Telemetry",
                "Threading", "Timing",
                "WebhookListener", "WebhookVerifier",
            ]
        ),

        room(
            "SandboxProvider",
            floor: "Operations",
            imports: ["Cryptography", "HTTPClient", "HTTPServer", "JSON", "Threading", "Timing"]
        ),

        command(
            "tollgate",
            imports: [
                "API", "BillingModel", "CLinux", "Cryptography", "Database",
                "Gateway",
                "HTTPClient", "HTTPServer", "Inbox", "JSON", "SandboxProvider", "Telemetry", "Threading",
                "Timing",
                "WebhookVerifier",
            ]
        ),
        command(
            "tollgate-bench",
            imports: [
                "BillingModel", "CCurl", "CLinux", "Cryptography", "CSQLite", "Database", "DatabaseSQLite",
                "HTTPServer", "JSON", "Lanes", "Outbox", "Packing", "Providers", "Schema", "Threading",
                "Timing",
            ]
        ),

        tests(
            "Reconciler",
            also: [
                "BillingModel", "CustomerStore", "Database", "DatabaseSQLite", "Inbox", "JSON", "Lanes",
                "Outbox", "Providers", "Schema", "Telemetry", "TestSupport", "Threading", "Timing",
            ]
        ),
        tests(
            "Inbox",
            also: [
                "BillingModel", "Database", "DatabaseSQLite", "Schema", "TestSupport", "Threading", "Timing",
            ]
        ),
        tests(
            "WebhookListener",
            also: [
                "BillingModel", "Cryptography", "HTTPServer", "Inbox", "Packing", "Telemetry", "Threading",
                "Timing",
                "WebhookVerifier",
            ]
        ),
        tests(
            "Lanes",
            also: ["BillingModel", "Database", "DatabaseSQLite", "Schema", "TestSupport", "Timing"]
        ),
        tests(
            "Outbox",
            also: [
                "BillingModel", "Database", "DatabaseSQLite", "Lanes", "Providers", "Schema", "TestSupport",
                "Timing",
            ]
        ),
        tests("Cryptography", also: ["TestSupport"]),
        tests("Packing", also: ["Cryptography", "Database", "DatabaseSQLite", "TestSupport"]),
        tests(
            "WebhookVerifier",
            also: ["Cryptography", "JSON", "TestSupport", "Timing"],
            exclude: ["make_vectors.py", "own_vectors.json"]
        ),
        .testTarget(
            name: "ReplayTests",
            dependencies: [
                "tollgate", "Cryptography", "HTTPServer", "Threading", "Timing", "WebhookListener",
                "WebhookVerifier",
            ],
            path: "Tests/ReplayTests",
            swiftSettings: strict
        ),
        tests("JSON"),
        tests("Telemetry", also: ["JSON", "Threading", "Timing"]),
        .target(
            name: "TestSupport",
            dependencies: ["Database", "DatabaseSQLite", "Threading", "Timing"],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        tests(
            "API",
            also: [
                "BillingModel", "Cryptography", "CustomerStore", "Database", "DatabaseSQLite", "HTTPServer",
                "JSON", "Lanes", "Outbox", "Providers", "Reconciler", "Schema", "Telemetry", "TestSupport",
                "Threading",
                "Timing",
            ]
        ),
        tests("BillingModel", also: ["Timing"]),
        tests(
            "Mirror",
            also: [
                "BillingModel", "Cryptography", "CustomerStore", "Database", "DatabaseSQLite", "HTTPClient",
                "Inbox", "JSON", "Lanes", "Outbox", "Providers", "Reconciler", "Schema", "Telemetry",
                "TestSupport", "Threading", "Timing",
            ]
        ),
        tests(
            "Providers",
            also: ["BillingModel", "Cryptography", "JSON", "Timing"],
            exclude: ["check_with_stripe.py", "form_encoding.json", "form_encoding.md"]
        ),
        tests(
            "CustomerStore",
            also: [
                "BillingModel", "Database", "DatabaseSQLite", "JSON", "Lanes", "Outbox", "Providers",
                "Schema",
                "TestSupport", "Timing",
            ]
        ),
        tests("Schema", also: ["Database", "DatabaseSQLite", "TestSupport"]),
        tests("DatabaseSQLite", also: ["CSQLite", "Database", "TestSupport", "Threading", "Timing"]),

        tests("HTTPServer", also: ["CLinux", "Threading", "Timing"]),
        tests("HTTPClient", also: ["CLinux", "HTTPServer", "TestSupport", "Threading", "Timing"]),
        tests(
            "Gateway",
            also: [
                "BillingModel", "Cryptography", "CustomerStore", "Database", "DatabaseSQLite", "HTTPServer",
                "Lanes", "Reconciler", "Schema", "Telemetry", "TestSupport", "Threading", "Timing",
                "WebhookVerifier",
            ]
        ),
        tests(
            "SandboxProvider",
            also: [
                "BillingModel", "Cryptography", "HTTPClient", "HTTPServer", "JSON", "Providers",
                "TestSupport",
                "Threading", "Timing", "tollgate",
            ],
            exclude: ["sdk_check.py"]
        ),
        .testTarget(
            name: "CommandLineTests",
            dependencies: ["tollgate", "JSON", "TestSupport", "Timing"],
            path: "Tests/CommandLineTests",
            swiftSettings: strict
        ),
        .testTarget(
            name: "BenchTests",
            dependencies: ["tollgate-bench", "Cryptography", "JSON", "Packing", "Timing"],
            path: "Tests/BenchTests",
            swiftSettings: strict
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["tollgate", "Cryptography", "CSQLite", "Packing", "TestSupport", "Threading"],
            path: "Tests/EndToEndTests",
            swiftSettings: strict
        ),
        .testTarget(
            name: "HouseRulesTests",
            dependencies: ["Gateway"],
            path: "Tests/HouseRulesTests",
            swiftSettings: strict
        ),
    ]
)

// Fuzz programs, only with TOLLGATE_FUZZ=1: the first lines of each Tests/Fuzz/*/main.swift say how to run it.
if Context.environment["TOLLGATE_FUZZ"] == "1" {
    let sanitize = ["-sanitize=fuzzer,address"]
    package.targets.append(.systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"))
    for (program, room) in [("FuzzHTTP", "HTTPServer"), ("FuzzJSON", "JSON")] {
        for target in package.targets where target.name == room {
            target.swiftSettings?.append(.unsafeFlags(sanitize))
        }
        package.targets.append(
            .executableTarget(
                name: program,
                dependencies: ["CFuzzer", .byName(name: room)],
                path: "Tests/Fuzz/\(program)",
                swiftSettings: strict,
                linkerSettings: [.unsafeFlags(sanitize)]
            )
        )
    }
}
