import Foundation
import Glibc
import TestSupport

/// Runs a program of the system to its end.
enum Program {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// Where it is; throws with the Debian package to install.
    static func find(_ name: String, package: String) throws -> URL {
        for folder in ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"] {
            let file = URL(filePath: folder).appending(path: name)
            if FileManager.default.isExecutableFile(atPath: file.path()) { return file }
        }
        throw Missing(description: "\(name) is missing: apt-get install \(package)")
    }

    static func run(_ program: URL, _ arguments: [String], in folder: URL) throws {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let log = folder.appending(path: "program.log")
        try Data().write(to: log)
        let handle = try FileHandle(forWritingTo: log)
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        try handle.close()
        guard process.terminationStatus == 0 else {
            let said = try String(contentsOf: log, encoding: .utf8)
            throw Failed(description: "\(program.path()) \(arguments.joined(separator: " ")): \(said)")
        }
    }
}

/// Keys and certificates, made by openssl for one run of the tests.
struct Certificates {
    /// Signs what is good here; `other.pem` signed nothing.
    let authorityFile: String
    let otherAuthorityFile: String

    private let folder: TestFolder
    private let openssl: URL

    init(in folder: TestFolder) throws {
        self.folder = folder
        openssl = try Program.find("openssl", package: "openssl")
        authorityFile = folder.path("authority.pem")
        otherAuthorityFile = folder.path("other.pem")
        try folder.write(
            "openssl.cnf",
            """
            [req]
            distinguished_name = name
            prompt = no
            [name]
            CN = Tollgate tests
            [authority]
            basicConstraints = critical, CA:TRUE
            keyUsage = critical, keyCertSign, cRLSign
            subjectKeyIdentifier = hash
            [here]
            subjectAltName = DNS:localhost, IP:127.0.0.1
            [elsewhere]
            subjectAltName = DNS:provider.example
            [ca]
            default_ca = signer
            [signer]
            database = index.txt
            serial = serial
            new_certs_dir = .
            default_md = sha256
            policy = anything
            unique_subject = no
            [anything]
            commonName = supplied
            """
        )
        try folder.write("index.txt", "")
        try folder.write("serial", "01\n")
        for name in ["authority", "other"] { try makeSelfSigned(name, extensions: "authority") }
        try makeSelfSigned("selfsigned", extensions: "here")
        try makeSigned("good", extensions: "here", from: "20200101000000Z", until: "20491231235959Z")
        try makeSigned(
            "elsewhere",
            extensions: "elsewhere",
            from: "20200101000000Z",
            until: "20491231235959Z"
        )
        try makeSigned("expired", extensions: "here", from: "20200101000000Z", until: "20200201000000Z")
        try makeSigned("early", extensions: "here", from: "20481231235959Z", until: "20491231235959Z")
    }

    private func makeSelfSigned(_ name: String, extensions: String) throws {
        try run(
            "req",
            "-x509",
            "-config",
            "openssl.cnf",
            "-extensions",
            extensions,
            "-days",
            "30",
            "-subj",
            "/CN=\(name)",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            "\(name).key",
            "-out",
            "\(name).pem"
        )
    }

    private func makeSigned(_ name: String, extensions: String, from: String, until: String) throws {
        try run(
            "req",
            "-new",
            "-config",
            "openssl.cnf",
            "-subj",
            "/CN=\(name)",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            "\(name).key",
            "-out",
            "\(name).csr"
        )
        try run(
            "ca",
            "-batch",
            "-notext",
            "-config",
            "openssl.cnf",
            "-extensions",
            extensions,
            "-startdate",
            from,
            "-enddate",
            until,
            "-cert",
            "authority.pem",
            "-keyfile",
            "authority.key",
            "-in",
            "\(name).csr",
            "-out",
            "\(name).pem"
        )
    }

    private func run(_ arguments: String...) throws {
        try Program.run(openssl, arguments, in: folder.url)
    }
}
