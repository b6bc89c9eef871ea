import Foundation
import Glibc
import TestSupport
import Testing

/// Debian's nginx on loopback with one port for each kind of certificate; a child process of the tests.
final class NginxServer: @unchecked Sendable {
    // Sendable because everything is written once, in init, and a TestFolder is only a path that deletes itself.
    enum Site: String, CaseIterable, Sendable {
        case good, elsewhere, expired, early, selfsigned
        /// A good certificate, but only TLS 1.0 and 1.1.
        case outdated
        /// A good certificate without HTTP/2.
        case plainVersion
    }

    /// The one of the running suite.
    @TaskLocal static var current: NginxServer?

    let certificates: Certificates
    let folder: TestFolder
    private let ports: [Site: UInt16]
    private let process: Process

    init() async throws {
        let nginx = try Program.find("nginx", package: "nginx-light")
        // A killed test run must not leave a server behind for ever.
        let timeout = try Program.find("timeout", package: "coreutils")
        folder = try TestFolder()
        certificates = try Certificates(in: folder)
        var ports: [Site: UInt16] = [:]
        for site in Site.allCases { ports[site] = try ScriptedServer.unusedPort() }
        self.ports = ports
        try folder.write("nginx.conf", Self.configuration(ports, folder: folder))
        process = Process()
        process.executableURL = timeout
        process.arguments = [
            "--signal=KILL", "300", nginx.path(), "-p", folder.url.path(), "-c", folder.path("nginx.conf"),
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let log = folder.path("error.log")
        let process = process
        let isUp = await eventually { [port = ports[.plainVersion] ?? 0] in
            !process.isRunning || Self.answers(port)
        }
        guard isUp, process.isRunning else {
            // Without a log the failure is told without its words.
            let said = try? String(contentsOfFile: log, encoding: .utf8)
            throw Program.Failed(description: "nginx did not start: \(said ?? "no log")")
        }
    }

    /// Returns when it is gone.
    func stop() {
        // With KILL, because both inherited the test thread's signal mask, in which TERM is blocked. Only nginx, so
        // that timeout takes its end and goes too; without its number the group of both.
        let written = try? String(contentsOfFile: folder.path("nginx.pid"), encoding: .utf8)
        let number = written.flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        kill(number ?? -process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    func url(_ site: Site, host: String = "127.0.0.1", path: String = "/") -> String {
        "https://\(host):\(ports[site] ?? 0)\(path)"
    }

    private static func configuration(_ ports: [Site: UInt16], folder: TestFolder) -> String {
        let sites = Site.allCases.map { site in
            let certificate = site == .outdated || site == .plainVersion ? "good" : site.rawValue
            // Without this OpenSSL 3 would not even offer the old versions.
            let protocols =
                site == .outdated
                ? "ssl_protocols TLSv1 TLSv1.1; ssl_ciphers DEFAULT@SECLEVEL=0;"
                : "ssl_protocols TLSv1.2 TLSv1.3;"
            return """
                server {
                    listen 127.0.0.1:\(ports[site] ?? 0) ssl\(site == .plainVersion ? "" : " http2");
                    ssl_certificate \(folder.path("\(certificate).pem"));
                    ssl_certificate_key \(folder.path("\(certificate).key"));
                    \(protocols)
                    location / { return 200 "$request_method $ssl_protocol $connection"; }
                    location /large { root \(folder.url.path()); }
                }
                """
        }
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { kind in
            "\(kind)_temp_path \(folder.path(kind));"
        }
        return """
            daemon off;
            master_process off;
            pid \(folder.path("nginx.pid"));
            error_log \(folder.path("error.log")) warn;
            events { worker_connections 128; }
            http {
                access_log off;
                \(temporary.joined(separator: "\n    "))
                \(sites.joined(separator: "\n"))
            }
            """
    }

    private static func answers(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// One nginx for all tests of a suite.
struct NginxTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        let server = try await NginxServer()
        defer { server.stop() }
        try await NginxServer.$current.withValue(server) { try await function() }
    }
}

extension Trait where Self == NginxTrait {
    static var nginx: Self { Self() }
}
