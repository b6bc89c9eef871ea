import Foundation

@testable import Gateway

/// A good configuration, small enough to break in one place at a time.
enum ConfigurationSamples {
    static let good = """
        {
          "database": "sqlite:/tmp/tollgate-never-made.db",
          "connections": [{"name": "shop", "mode": "test", "provider": "stripe"}],
          "endpoints": [
            {"name": "stripe", "connection": "shop", "profile": "stripe", "secrets": [{"env": "SECRET"}]}
          ]
        }
        """

    /// Of the length that Stripe hands out; must never be seen in a problem.
    static let canary = "whsec_canary4Tq8ZkY2mVb6Nc1Xw9"

    static let sources = ConfigurationSources(
        environment: { name in
            switch name {
            case "SECRET": canary
            case "EMPTY": ""
            case "SHORT": "whsec_short"
            case "SPACED": " \(canary)"
            default: nil
            }
        },
        file: { path, bytesMax in
            switch path {
            case "/secrets/good": .success(Array("\(canary)\r\n".utf8))
            case "/secrets/empty": .success(Array("\n".utf8))
            case "/secrets/binary": .success([0xFF, 0xFE, 0x00])
            case "/secrets/long": .failure(.longer(thanBytes: bytesMax))
            case "/certificates/good": .success(Array("-----BEGIN CERTIFICATE-----\n".utf8))
            case "/certificates/none": .success(Array("hello".utf8))
            default: .failure(.unreadable("No such file or directory"))
            }
        }
    )

    static func decode(_ text: String) -> ConfigurationOutcome {
        ConfigurationDecoder(sources: sources).decode(Array(text.utf8))
    }

    /// The good one with a piece of it replaced.
    static func decode(replacing piece: String, by other: String) -> ConfigurationOutcome {
        precondition(good.contains(piece), "the sample holds the piece that a test replaces")
        return decode(good.replacingOccurrences(of: piece, with: other))
    }

    /// The repository's top folder.
    static let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func repositoryFile(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: top.appending(path: path)))
    }
}
