import Glibc
import HTTPServer

/// `tollgate-bench static --port N`: our listener with the static handler, until standard input ends.
enum StaticCommand {
    static func run(_ arguments: [String]) throws(BenchError) {
        var reader = OptionReader(arguments)
        let port = try reader.integer("port", default: 0, in: 0...65_535)
        try reader.finish()
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: UInt16(port))),
            handler: StaticHandler()
        )
        do {
            try server.start()
        } catch {
            throw BenchError("\(error)")
        }
        if port == 0 { Progress.say("listening on \(server.boundPort)") }
        var byte: UInt8 = 0
        while read(0, &byte, 1) > 0 {}
        server.drain(deadline: .seconds(1))
    }
}
