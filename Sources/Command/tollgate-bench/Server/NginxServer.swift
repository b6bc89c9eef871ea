import Glibc

/// nginx with a static 200 and one worker, if it is installed: the yardstick that everybody knows.
struct NginxServer {
    static let programs = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"]

    static var program: String? {
        programs.first { TextFile.exists($0) }
    }

    /// Starts it in the foreground as a child; it shall be stopped with SIGTERM.
    static func start(
        program: String,
        port: UInt16,
        directory: String,
        keeper: ChildKeeper
    ) throws(BenchError) -> ChildProcess {
        let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(directory)/nginx-\($0);" }
            .joined(separator: " ")
        let configuration = """
            worker_processes 1;
            daemon off;
            pid \(directory)/nginx.pid;
            error_log \(directory)/nginx.log;
            events { worker_connections 20000; }
            http {
                access_log off;
                keepalive_requests 1000000000;
                client_max_body_size 2m;
                client_body_buffer_size 64k;
                \(places)
                server {
                    listen 127.0.0.1:\(port);
                    location / { return 200 "{\\"received\\":true,\\"duplicate\\":false}"; }
                }
            }
            """
        let path = directory + "/nginx.conf"
        try TextFile.write(Array(configuration.utf8), to: path)
        return try ChildProcess(
            program,
            ["-c", path, "-e", directory + "/nginx.log"],
            streams: .log(path: directory + "/nginx.log"),
            keeper: keeper
        )
    }
}
