import Foundation
import Glibc
import TestSupport

/// Debian's nginx as TLS in front of a sandbox provider: one port under an address, one under a name.
final class TLSFront {
    /// The name in the certificate; nothing resolves it (RFC 6761 §6.4).
    static let name = "provider.invalid"

    let addressPort: Int
    let namePort: Int
    /// Certificates to be trusted: the good one.
    var authorityFile: String { folder.path("good.pem") }
    private let folder: TestFolder
    private let sandboxPort: Int
    private var process: Process?

    init(to sandbox: RunningSandbox) throws {
        folder = try TestFolder()
        sandboxPort = sandbox.port
        (addressPort, namePort) = (try FreePort.find(), try FreePort.find())
        for name in ["good", "stranger"] {
            try Self.run(
                "/usr/bin/openssl",
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=\(name) "
                    + "-addext subjectAltName=DNS:\(Self.name),IP:127.0.0.1 -keyout \(name).key -out \(name).pem",
                in: folder
            )
        }
    }

    deinit {
        stop()
    }

    /// - Parameter certificate: `good` or `stranger`, shown at the address; the name always shows the good one.
    func start(showing certificate: String) async throws {
        stop()
        let sites = [(addressPort, certificate), (namePort, "good")].map { port, certificate in
            """
            server {
                listen 127.0.0.1:\(port) ssl;
                ssl_certificate \(certificate).pem;
                ssl_certificate_key \(certificate).key;
                location / { proxy_pass http://127.0.0.1:\(sandboxPort); proxy_http_version 1.1; }
            }
            """
        }
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { kind in
            "\(kind)_temp_path \(folder.path(kind));"
        }
        try folder.write(
            "nginx.conf",
            """
            daemon off;
            master_process off;
            pid \(folder.path("nginx.pid"));
            error_log \(folder.path("error.log")) warn;
            events { worker_connections 128; }
            http { access_log off; \(temporary.joined(separator: " ")) \(sites.joined(separator: "\n")) }
            """
        )
        let process = Process()
        process.executableURL = URL(filePath: "/usr/sbin/nginx")
        process.arguments = ["-p", folder.url.path(), "-c", folder.path("nginx.conf")]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        // Refused until it listens.
        while (try? RawConnection(port: namePort)) == nil {
            guard process.isRunning else {
                let log = try String(contentsOfFile: folder.path("error.log"), encoding: .utf8)
                throw StoreFile.Failure(message: "nginx did not start (apt-get install nginx-light): \(log)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func stop() {
        guard let process else { return }
        // TERM may be blocked in the thread that started it.
        Glibc.kill(process.processIdentifier, SIGKILL)
        self.process = nil
        // Its ports are wanted again.
        for _ in 1...1_000 where process.isRunning { Pause.milliseconds(5) }
    }

    private static func run(_ program: String, _ words: String, in folder: TestFolder) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = words.split(separator: " ").map(String.init)
        process.currentDirectoryURL = folder.url
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw StoreFile.Failure(message: "\(program) \(words)") }
    }
}

/// A view of the files by which names are resolved that only one process and its children have.
struct OwnNames {
    private let folder: TestFolder

    /// Nil where mounts of one's own are not allowed: they take the rights of root.
    init?() throws {
        folder = try TestFolder()
        let trial = Process()
        trial.executableURL = URL(filePath: "/usr/bin/unshare")
        trial.arguments = ["--mount", "true"]
        trial.standardError = FileHandle.nullDevice
        try trial.run()
        trial.waitUntilExit()
        guard trial.terminationStatus == 0 else { return nil }
        try folder.write("hosts", "127.0.0.1 localhost\n")
        try folder.write("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
    }

    var launcher: [String] {
        let script = """
            mount --bind '\(folder.path("hosts"))' /etc/hosts \
            && mount --bind '\(folder.path("nsswitch.conf"))' /etc/nsswitch.conf && exec "$@"
            """
        return ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", script, "sh"]
    }

    func resolve(_ name: String) throws {
        // The same file, because that is what is mounted.
        try folder.write("hosts", "127.0.0.1 localhost \(name)\n")
    }
}
